import type { Reading, Verdict } from '../band.js';
import { LEAST_POINTS, PATIENCE_MS } from './usual.js';

/** What an objection rests on, as `contributions` name it. */
export const OBJECTIONS = { level: 'usual these days', day: 'usual at this time of day', week: 'usual at this time of the week', course: 'usual of this series' } as const;

/** A point and what is said of it. */
export interface Heard {
  readonly reading: Reading;
  readonly verdict: Verdict;
}

/** What is this far inside calms faster. */
const WELL_INSIDE = 0.6;
const CALMING = 4;
/** Times what it took to object that an objection which lasts takes to calm: the edge of a band is no place to change one's mind at. */
const FIRMNESS = 3;

/** How long a series has been outside what is usual, on one side. */
export interface Insistence {
  points: number;
  side: number;
  objecting: boolean;
}

export const createInsistence = (): Insistence => ({ points: 0, side: 0, objecting: false });

/** Feeds one point. Where the judge of the course is `seconding`, it takes no patience to object. */
export function insist(insistence: Insistence, { reading, verdict }: Heard, paceMs: number, seconding: boolean): void {
  const needed = Math.max(LEAST_POINTS, PATIENCE_MS / paceMs);
  const side = Math.sign(reading.value - verdict.expected);
  const outside = verdict.score > 1;
  if (outside && insistence.points === 0) insistence.side = side;
  const step = outside && side === insistence.side ? 1 : verdict.score > WELL_INSIDE ? -1 : -CALMING;
  insistence.points = Math.max(outside && seconding ? needed : 0, Math.min(FIRMNESS * needed, insistence.points + step));
  if (insistence.points >= needed) insistence.objecting = true;
  if (insistence.points === 0) insistence.objecting = false;
}

/** `verdict` as it is where the like is seen at this time again and again: what goes no further than it went before is no news. `reached` says how far that was, on the side of 1 or -1. */
export function calm(verdict: Verdict, value: number, reached: (side: 1 | -1) => number): Verdict {
  const { expected, score } = verdict;
  if (score <= 1) return verdict;
  const side = value > expected ? 1 : -1;
  const half = Math.abs(value - expected) / score;
  const base = reached(side);
  // What stayed within the band is no precedent for what leaves it.
  if (!((base - expected) * side > half)) return verdict;
  const rest = Math.max(0, (value - base) * side) / half;
  if (rest >= score) return verdict;
  return { ...verdict, score: rest, ...(side === 1 ? { upper: base + half } : { lower: base - half }) };
}
