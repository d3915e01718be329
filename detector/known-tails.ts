import { createTail, type Tail } from './calibration.js';
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

/** Tails by the ids of their series, of those in a share. */
export function knownTails(calibration: string, tails: Iterable<readonly [id: string, tail: Tail]>, share?: number): KnownTails {
  const [series, thresholds, excesses, counts]: [string[], number[], number[], number[]] = [[], [], [], []];
  for (const [id, { threshold, excess, count }] of tails) {
    if (share !== undefined && shareOf(id) !== share) continue;
    series.push(id);
    thresholds.push(Math.fround(threshold));
    excesses.push(Math.fround(excess));
    counts.push(count);
  }
  return { calibration, series, thresholds, excesses, counts };
}

/** What is known of the errors of models that judge, of the series in a share. */
export function tailsOf({ blocks }: Pick<Rows, 'blocks'>, members: readonly Member[], share: number): KnownTails[] {
  return members.map(({ calibration }) => knownTails(calibration, learned(blocks, calibration, share)));
}

/** One object for all of them. */
function* learned(blocks: Rows['blocks'], calibration: string, share: number): Generator<readonly [id: string, tail: Tail]> {
  const tail = createTail();
  for (const { block } of blocks) {
    const tails = block.tails(calibration);
    for (let row = 0; row < block.series.length; row += 1) {
      const id = block.series[row]?.id;
      if (id === undefined || shareOf(id) !== share) continue;
      tails.load(row, tail);
      if (tail.count === 0) continue;
      yield [id, tail];
    }
  }
}

/** Takes up what was known, of series that are watched, where no more is known of them by now. */
export function restoreTails({ find, blockOf }: Pick<Rows, 'find' | 'blockOf'>, known: KnownTails): void {
  const own = createTail();
  for (const [id, tail] of eachTail(known)) {
    const row = find(id);
    if (row === undefined) continue;
    const tails = blockOf(row).block.tails(known.calibration);
    tails.load(row % BLOCK_ROWS, own);
    if (tail.count >= own.count) tails.save(row % BLOCK_ROWS, tail);
  }
}

/** What is damaged is learned anew; the excess of a model that errs by nearly the same in every step may be below 0. */
export function* eachTail({ series, thresholds, excesses, counts }: KnownTails): Generator<readonly [id: string, tail: Tail]> {
  for (const [index, id] of series.entries()) {
    const [threshold, excess, count] = [thresholds[index], excesses[index], counts[index]];
    if (!isKnown(threshold) || !isKnown(excess) || !isKnown(count) || threshold < 0 || count < 0) continue;
    yield [id, { threshold, excess, count }];
  }
}

const isKnown = (value: number | undefined): value is number => Number.isFinite(value);
