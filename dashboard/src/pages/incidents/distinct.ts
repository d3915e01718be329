import type { ApiLog } from '#core/api.js';

/** One record per wording, the newest of each, most frequent first. Wordings are the same when only numbers, ids and quoted parts differ. */
export function distinct(records: readonly ApiLog[]): readonly { readonly record: ApiLog; readonly count: number }[] {
  const found = new Map<string, { record: ApiLog; count: number }>();
  for (const record of records) {
    const key = wording(record.body);
    const known = found.get(key);
    if (known) known.count += 1;
    else found.set(key, { record, count: 1 });
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count);
}

function wording(body: string): string {
  return body.replace(/"[^"]*"|'[^']*'/g, '*').replace(/\b[0-9a-f]{8,}\b/gi, '*').replace(/\d+([.:]\d+)*/g, '*');
}
