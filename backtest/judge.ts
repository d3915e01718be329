import { judgeAtOnce } from '../detector/long/recording.js';
import { NOTHING, plus, summaryOf } from './summary.js';
import type { Table } from './table.js';
import type { Result } from './write.js';

/** Judges each table on its own; the columns of one belong together. */
export function judgeTables(tables: readonly Table[]): Result {
  let summary = NOTHING;
  const judged = tables.map((table) => {
    const began = performance.now();
    const said = judgeAtOnce(table);
    summary = plus(summary, summaryOf(table, said, (performance.now() - began) / 1000));
    return [table, said] as const;
  });
  return { judged, summary };
}
