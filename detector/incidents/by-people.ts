import type { ExpectedWindow, Lesson, Mute } from '#core/feedback.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** Tables of what people write down. */
interface Written {
  readonly expected_windows: ExpectedWindow;
  readonly lessons: Lesson;
  readonly mutes: Mute;
}

/** Everything people wrote down in a table, but what they removed. */
export async function loadWritten<Table extends keyof Written>(store: Store, table: Table): Promise<Written[Table][]> {
  const rows = await store.query<{ document: string; removed: number; version: string }>(`SELECT document, removed, version FROM ${table} FINAL`);
  // What was written while the clock was ahead is older all the same.
  for (const row of rows) last = Math.max(last, Number(row.version));
  return rows.filter((row) => row.removed === 0).map(({ document }) => JSON.parse(document) as Written[Table]);
}

/** Writes a new version, which wins over those before it. */
export async function saveWritten<Table extends keyof Written>(store: Store, table: Table, document: Written[Table], now: UnixMs, removed = false): Promise<void> {
  await store.insert(table, [{ id: document.id, removed: Number(removed), version: version(now), document: JSON.stringify(document) }]);
}

let last = 0;
/** Later than every one before, also within a millisecond. */
function version(now: UnixMs): number {
  last = Math.max(now, last + 1);
  return last;
}
