import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

type Table = 'mutes' | 'expected_windows' | 'lessons';

/** Everything people wrote down in a table, but what they removed. */
export async function loadDocuments<T>(store: Store, table: Table): Promise<T[]> {
  const rows = await store.query<{ document: string; removed: number; version: string }>(`SELECT document, removed, version FROM ${table} FINAL`);
  // What was written while the clock was ahead is older all the same.
  for (const row of rows) last = Math.max(last, Number(row.version));
  return rows.filter((row) => row.removed === 0).map(({ document }) => JSON.parse(document) as T);
}

/** Writes a new version, which wins over those before it. */
export async function saveDocument(store: Store, table: Table, document: { readonly id: string }, now: UnixMs, removed = false): Promise<void> {
  await store.insert(table, [{ id: document.id, removed: Number(removed), version: version(now), document: JSON.stringify(document) }]);
}

let last = 0;
/** Later than every one before, also within a millisecond. */
function version(now: UnixMs): number {
  last = Math.max(now, last + 1);
  return last;
}
