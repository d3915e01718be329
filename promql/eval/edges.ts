import type { Edges } from '../ast.js';
import { isReset, scale } from '../histogram/arithmetic.js';
import type { Histogram } from '../histogram/histogram.js';
import { difference, sum, type Notes } from './histogram-gain.js';
import type { Window } from './ranges.js';

/** The range (start, end] that a window was widened from. */
type Range = Pick<Window, 'start' | 'end'>;

/** First and last sample, of those in [from, to) of `times`, that tell what the range's edges are. undefined when they say nothing about it. */
export function extent(times: Float64Array, from: number, to: number, { start, end }: Range, smoothed: boolean): { first: number; last: number } | undefined {
  let first = from;
  let last = to - 1;
  if (last < from) return undefined;
  while (first < last && (times[first] ?? 0) <= start) first += 1;
  first = Math.max(from, first - 1);
  if (smoothed) while (last > from && (times[last - 1] ?? 0) >= end) last -= 1;
  const nothing = (times[last] ?? 0) <= start || (smoothed && (times[first] ?? 0) > end);
  return nothing ? undefined : { first, last };
}

/** The value at `time` on the line between two samples; a counter that was reset began at nothing. */
export function interpolate(times: Float64Array, values: Float64Array, at: number, time: number, counter: boolean): number {
  const [from = 0, to = 0] = [times[at], times[at + 1]];
  const [before = Number.NaN, after = Number.NaN] = [values[at], values[at + 1]];
  const base = counter && after < before ? 0 : before;
  return base + ((after - base) * (time - from)) / (to - from);
}

/** The same of histograms; undefined when one has exponential and the other custom buckets. */
export function interpolateHistograms(times: Float64Array, histograms: readonly Histogram[], at: number, time: number, counter: boolean, notes: Notes): Histogram | undefined {
  const [from = 0, to = 0] = [times[at], times[at + 1]];
  const [before, after] = [histograms[at], histograms[at + 1]];
  if (!before || !after || time === from) return before;
  if (time === to) return after;
  const share = (time - from) / (to - from);
  if (counter && isReset(after, before)) return scale(after, share);
  const change = difference(after, before, notes);
  return change && sum(scale(change, share), before, notes);
}

/** What a range of floats is at its edges. */
export function edgeValues({ times, values, start, end }: Window, { first, last }: { first: number; last: number }, smoothed: boolean, counter: boolean): { left: number; right: number } {
  const left = smoothed && (times[first] ?? 0) < start ? interpolate(times, values, first, start, counter) : (values[first] ?? Number.NaN);
  const right = smoothed && last > 0 && (times[last] ?? 0) > end ? interpolate(times, values, last - 1, end, counter) : (values[last] ?? Number.NaN);
  return { left, right };
}

/** The samples of a range of floats with one at each edge. */
export function withEdges(window: Window, edges: Edges): { times: Float64Array; values: Float64Array } | undefined {
  const { times, values, from, to, start, end } = window;
  const found = extent(times, from, to, window, edges === 'smoothed');
  if (!found) return undefined;
  const { left, right } = edgeValues(window, found, edges === 'smoothed', false);
  const first = (times[found.first] ?? 0) <= start ? found.first + 1 : found.first;
  const last = (times[found.last] ?? 0) >= end ? found.last - 1 : found.last;
  const inside = { times: times.subarray(first, last + 1), values: values.subarray(first, last + 1) };
  return { times: Float64Array.of(start, ...inside.times, end), values: Float64Array.of(left, ...inside.values, right) };
}
