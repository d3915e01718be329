import { RANKS, WINDOW } from './shape.js';

const HALF = WINDOW / 2;
/** Distances from the median that are not among the largest 15 %. */
const USUAL = WINDOW - Math.floor(WINDOW * 0.15);

/**
 * Writes as row `row` of `ranks` what is in the middle of a window: its two middle points, the two middle ones of the distances from their mean, and the distance that a seventh of the points exceed; `(value - centre) * factor`.
 * `places` from `begin` on says where, from `base` on, the points lie in ascending order: the nearest `count` of them are neighbours, so a binary search finds how far they reach, and most of a window is never looked at.
 */
export function writeRanks(points: Float32Array, base: number, places: Uint8Array, begin: number, centre: number, factor: number, ranks: Float32Array, row: number): void {
  const lower = points[base + (places[begin + HALF - 1] ?? 0)] ?? 0;
  const upper = points[base + (places[begin + HALF] ?? 0)] ?? 0;
  const median = lower + (upper - lower) / 2;
  const to = row * RANKS;
  ranks[to] = (lower - centre) * factor;
  ranks[to + 1] = (upper - centre) * factor;
  ranks[to + 2] = reach(points, base, places, begin, median, HALF) * factor;
  ranks[to + 3] = reach(points, base, places, begin, median, HALF + 1) * factor;
  ranks[to + 4] = reach(points, base, places, begin, median, USUAL) * factor;
}

/** How far the `count` points that are nearest to `median` are from it. */
function reach(points: Float32Array, base: number, places: Uint8Array, begin: number, median: number, count: number): number {
  let first = 0;
  for (let last = WINDOW - count; first < last; ) {
    const middle = (first + last) >> 1;
    if (median - (points[base + (places[begin + middle] ?? 0)] ?? 0) > (points[base + (places[begin + middle + count] ?? 0)] ?? 0) - median) first = middle + 1;
    else last = middle;
  }
  return Math.max(median - (points[base + (places[begin + first] ?? 0)] ?? 0), (points[base + (places[begin + first + count - 1] ?? 0)] ?? 0) - median);
}

const ASCENDING = Uint8Array.from({ length: WINDOW }, (_, index) => index);

/** The same of windows back to back, in their own unit. */
export function ranksOf(windows: Float32Array): Float32Array {
  const ranks = new Float32Array((windows.length / WINDOW) * RANKS);
  for (let row = 0; row * WINDOW < windows.length; row += 1) writeRanks(windows.slice(row * WINDOW, (row + 1) * WINDOW).sort(), 0, ASCENDING, 0, 0, 1, ranks, row);
  return ranks;
}
