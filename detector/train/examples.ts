import { SEASON, WINDOW } from '../models/shape.js';
import { measure, writeSeason, writeUnknownSeason, writeWindow, type Norm } from '../window.js';
import { createRandom, type Random } from './random.js';
import { createSeries } from './synthetic.js';

/** Windows with the point that followed, normalised as the detector does it. Row-major: `windows` [rows, 120], `seasons` [rows, 61], `targets` [rows]. */
export interface Examples {
  readonly rows: number;
  readonly windows: Float32Array;
  readonly seasons: Float32Array;
  readonly targets: Float32Array;
}

/** The windows of a series that is young are repeated; so some of these are. */
const YOUNG_SHARE = 0.1;
/** The least that the detector judges, `detector.min_points`, by default. */
const LEAST_POINTS = 30;
/** Points beyond it are so far off that no forecast could have known; in units of the normalised window. */
const FURTHEST = 1_000;
/** What is larger is taken for a gap: its square would be beyond double precision. */
const LARGEST = 1e100;
export const isUsable = (value: number | null): value is number => value !== null && Math.abs(value) <= LARGEST;

export const createExamples = (rows: number): Examples => ({ rows, windows: new Float32Array(rows * WINDOW), seasons: new Float32Array(rows * SEASON), targets: new Float32Array(rows) });

/** Writes the `length` points before `at` as row `row`, and the point at `at` as its target. `perDay`: points of a day, when the day before is to be given. */
export function putExample(into: Examples, row: number, points: Float64Array, at: number, length = WINDOW, perDay?: number): void {
  const norm: Norm = { centre: 0, spread: 1 };
  measure(points, at - length, length, norm);
  writeWindow(points, at - length, 0, length, norm, into.windows, row);
  const begin = perDay === undefined ? -1 : at - perDay - (SEASON - 1);
  if (begin >= 0 && !points.subarray(begin, begin + SEASON).some(Number.isNaN)) writeSeason(points, begin, 0, norm, into.seasons, row);
  else writeUnknownSeason(into.seasons, row);
  into.targets[row] = Math.max(-FURTHEST, Math.min(FURTHEST, ((points[at] ?? 0) - norm.centre) / norm.spread));
}

/** A source of rows for training: fills row `row`. */
export type Draw = (random: Random, into: Examples, row: number) => void;

/** Draws from series as from one long one: each window as likely as any other. */
export function drawFrom(all: readonly Float64Array[]): Draw {
  const long = all.filter((points) => points.length > WINDOW);
  const ends: number[] = [];
  for (const points of long) ends.push((ends.at(-1) ?? 0) + points.length - WINDOW);
  return (random, into, row) => {
    const place = random.below(ends.at(-1) ?? 0);
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place < (ends[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    const points = long[low];
    if (!points) return;
    const length = random.chance(YOUNG_SHARE) ? LEAST_POINTS + random.below(WINDOW - LEAST_POINTS) : WINDOW;
    putExample(into, row, points, WINDOW + place - (ends[low - 1] ?? 0), length);
  };
}

const POINTS_PER_SERIES = 1_024;

export function syntheticSeries(seed: number, count: number): Float64Array[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => createSeries(random, POINTS_PER_SERIES));
}

/** Rows that are always the same, to measure on. */
export function drawExamples(draw: Draw, rows: number, seed: number): Examples {
  const random = createRandom(seed);
  const examples = createExamples(rows);
  for (let row = 0; row < rows; row += 1) draw(random, examples, row);
  return examples;
}
