import type { ApiLogs } from '#core/api/logs.js';
import type { UnixMs } from '#core/types.js';
import { LEVELS, type Level } from './record.js';

export interface Bar {
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly total: number;
  /** From the axis up, worst first; only those that occur. */
  readonly parts: readonly { readonly level: Level; readonly count: number; readonly below: number }[];
}

/** One bar for each slot of the server's histogram. */
export function barsOf({ times, counts }: ApiLogs['histogram']): readonly Bar[] {
  const width = (times[1] ?? 0) - (times[0] ?? 0);
  return times.map((from, slot) => {
    let below = 0;
    const parts = LEVELS.flatMap((level) => {
      const count = counts[level]?.[slot] ?? 0;
      if (count === 0) return [];
      below += count;
      return [{ level, count, below: below - count }];
    });
    return { from, to: from + width, total: below, parts };
  });
}

/** Records of each level over the range. */
export function totalsOf({ counts }: ApiLogs['histogram']): Readonly<Record<Level, number>> {
  const sum = (level: Level): number => (counts[level] ?? []).reduce((all, count) => all + count, 0);
  return { error: sum('error'), warn: sum('warn'), info: sum('info'), debug: sum('debug'), unset: sum('unset') };
}
