import type { Grid } from '../eval/context.js';
import { timeAt } from '../eval/context.js';
import type { Ranges, RangeSeries } from '../eval/ranges.js';
import type { VectorSeries } from '../eval/value.js';
import { TURN_SAMPLES } from '../eval/turns.js';
import { FLOAT } from '../source.js';
import type { Place } from './frame.js';

export interface RateOptions {
  readonly counter: boolean;
  readonly perSecond: boolean;
}

const THRESHOLD = 1.1;

/** The samples of one window of a series of floats: [from, to) of its columns, in the window (start, end]. */
export interface FloatWindow {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** What a counter or gauge gained over a window of two samples or more, extrapolated to its edges; per second when `rangeSeconds` is given. `steady`: it never falls in the whole series. */
export function extrapolatedGain({ times, values, from, to, start, end }: FloatWindow, counter: boolean, steady: boolean, rangeSeconds: number | undefined): number {
  const first = values[from] ?? Number.NaN;
  const firstTime = times[from] ?? Number.NaN;
  const lastTime = times[to - 1] ?? Number.NaN;
  const gained = (values[to - 1] ?? Number.NaN) - first + (counter && !steady ? lostToResets(values, from, to) : 0);
  return gained * edgeFactor({ firstTime, lastTime, start, end, samples: to - from, first, gained, counter, rangeSeconds, since: undefined });
}

export interface Edges {
  readonly firstTime: number;
  readonly lastTime: number;
  readonly start: number;
  readonly end: number;
  readonly samples: number;
  readonly first: number;
  readonly gained: number;
  readonly counter: boolean;
  readonly rangeSeconds: number | undefined;
  /** When the counter was at nothing, if that is known and within the window. */
  readonly since: number | undefined;
}

/** How much longer the window is than what was sampled of it, by Prometheus' rules for its edges. */
export function edgeFactor({ firstTime, lastTime, start, end, samples, first, gained, counter, rangeSeconds, since }: Edges): number {
  const sampled = (lastTime - firstTime) / 1000;
  const meanInterval = samples > 1 ? sampled / (samples - 1) : 0;
  const threshold = meanInterval * THRESHOLD;
  let before = (firstTime - start) / 1000;
  let after = (end - lastTime) / 1000;
  if (before >= threshold) before = meanInterval / 2;
  if (counter && gained > 0 && first >= 0) before = Math.min(before, sampled * (first / gained));
  if (after >= threshold) after = meanInterval / 2;
  const known = since === undefined ? sampled : (lastTime - since) / 1000;
  const factor = (known + (since === undefined ? before : 0) + after) / known;
  return rangeSeconds === undefined ? factor : factor / rangeSeconds;
}

/** The value before each reset of a counter. */
function lostToResets(values: Float64Array, from: number, to: number): number {
  let lost = 0;
  let previous = values[from] ?? Number.NaN;
  for (let at = from + 1; at < to; at += 1) {
    const value = values[at] ?? Number.NaN;
    if (value < previous) lost += previous;
    previous = value;
  }
  return lost;
}

function neverFalls(values: Float64Array): boolean {
  for (let at = 1; at < values.length; at += 1) if ((values[at] ?? 0) < (values[at - 1] ?? 0)) return false;
  return true;
}

/** rate, increase or delta of a series of floats at every step from `place` on, into `result`, without a call per step; some TURN_SAMPLES far. */
export function floatRates(series: RangeSeries, ranges: Pick<Ranges, 'rangeMs' | 'end'>, grid: Grid, { counter, perSecond }: RateOptions, result: VectorSeries, place: Place): void {
  const { times, values } = series;
  const steady = counter && neverFalls(values);
  const rangeSeconds = perSecond ? ranges.rangeMs / 1000 : undefined;
  const window = { times, values, from: place.from, to: place.to, start: 0, end: 0 };
  let { step, any } = place;
  for (let looked = 0; step < grid.steps && looked < TURN_SAMPLES; step += 1) {
    window.end = ranges.end(timeAt(grid, step));
    window.start = window.end - ranges.rangeMs;
    while (window.to < times.length && (times[window.to] ?? Infinity) <= window.end) window.to += 1;
    while (window.from < window.to && (times[window.from] ?? Infinity) <= window.start) window.from += 1;
    if (window.to - window.from < 2) continue;
    if (!steady) looked += window.to - window.from;
    result.values[step] = extrapolatedGain(window, counter, steady, rangeSeconds);
    result.kinds[step] = FLOAT;
    any = true;
  }
  place.step = step;
  place.from = window.from;
  place.to = window.to;
  place.any = any;
}
