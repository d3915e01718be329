import { createTail } from './calibration.js';
import type { Member } from './members.js';
import { BLOCK_ROWS } from './rings.js';
import type { Rows } from './rows.js';

/** How far one model errs on many series, as columns. */
export interface KnownTails {
  readonly calibration: string;
  readonly series: readonly string[];
  readonly thresholds: readonly number[];
  readonly excesses: readonly number[];
  readonly counts: readonly number[];
}

/** Parts that series are told in, by the last digit of their id: about as many in each, and the same over a restart. */
export const SHARES = 16;
const shareOf = (id: string): number => Number.parseInt(id.slice(-1), SHARES) || 0;

/** What is known of the errors of models that judge, of the series in a share. */
export function tailsOf({ blocks }: Pick<Rows, 'blocks'>, members: readonly Member[], share: number): KnownTails[] {
  const tail = createTail();
  return members.map(({ calibration }) => {
    const [series, thresholds, excesses, counts]: [string[], number[], number[], number[]] = [[], [], [], []];
    for (const { block } of blocks) {
      const tails = block.tails(calibration);
      for (let row = 0; row < block.series.length; row += 1) {
        const id = block.series[row]?.id;
        if (id === undefined || shareOf(id) !== share) continue;
        tails.load(row, tail);
        if (tail.count === 0) continue;
        series.push(id);
        thresholds.push(Math.fround(tail.threshold));
        excesses.push(Math.fround(tail.excess));
        counts.push(tail.count);
      }
    }
    return { calibration, series, thresholds, excesses, counts };
  });
}

/** Takes up what was known, of models that judge and series that are watched. What is damaged is learned anew. */
export function restoreTails({ find, blockOf }: Pick<Rows, 'find' | 'blockOf'>, members: readonly Member[], { calibration, series, thresholds, excesses, counts }: KnownTails): void {
  if (!members.some((member) => member.calibration === calibration)) return;
  for (const [index, id] of series.entries()) {
    const row = find(id);
    const [threshold, excess, count] = [thresholds[index], excesses[index], counts[index]];
    if (row === undefined || !isKnown(threshold) || !isKnown(excess) || !isKnown(count)) continue;
    blockOf(row).block.tails(calibration).save(row % BLOCK_ROWS, { threshold, excess, count });
  }
}

const isKnown = (value: number | undefined): value is number => Number.isFinite(value) && (value ?? -1) >= 0;
