import type { Edges, MatrixSelector, Subquery } from '../ast.js';
import type { Histogram } from '../histogram/histogram.js';
import type { LabelSet } from '../labels.js';
import { FLOAT, HISTOGRAM, type SeriesData } from '../source.js';
import { lookAt, positiveMs, subqueryGrid, timeAt, timesOf, type Context, type Grid } from './context.js';
import { TURN_SAMPLES, type Evaluation, type Turns } from './turns.js';
import type { VectorSeries } from './value.js';

/** The samples of one series that windows slide over: floats and histograms apart, times ascending. */
export interface RangeSeries {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histogramTimes: Float64Array;
  readonly histograms: readonly Histogram[];
  /** Start times of the floats and of the histograms, where there are any. */
  readonly starts: Float64Array | undefined;
  readonly histogramStarts: Float64Array | undefined;
}

/** The window (end - rangeMs, end] at each step. */
export interface Windows {
  readonly rangeMs: number;
  /** The window's end for an evaluation time. */
  readonly end: (time: number) => number;
  /** How much farther than the window samples are taken from. */
  readonly reach: Reach;
}

interface Reach {
  readonly backMs: number;
  readonly aheadMs: number;
}

/** A range argument: its series and windows. */
export interface Ranges extends Windows {
  readonly series: readonly RangeSeries[];
  readonly edges: Edges | undefined;
}

export const NO_REACH: Reach = { backMs: 0, aheadMs: 0 };

/** What lies around a range tells its edges. */
export function reachOf(edges: Edges | undefined, lookbackMs: number): Reach {
  return edges ? { backMs: lookbackMs, aheadMs: edges === 'smoothed' ? lookbackMs : 0 } : NO_REACH;
}

const NO_TIMES = new Float64Array(0);

export function selectRanges(matrix: MatrixSelector, context: Context): Ranges {
  const { edges } = matrix.selector;
  const series = (context.data.get(matrix.selector) ?? []).map(split);
  return { series, rangeMs: positiveMs(matrix.range, context), end: lookAt(matrix.selector, context), edges, reach: reachOf(edges, context.lookbackMs) };
}

export function* subqueryRanges(subquery: Subquery, grid: Grid, context: Context, evaluate: (grid: Grid) => Evaluation<readonly VectorSeries[]>): Evaluation<Ranges> {
  const inner = subqueryGrid(subquery, grid, context);
  const found = inner.steps === 0 ? [] : yield* evaluate(inner);
  const times = timesOf(inner);
  // What a histogram says about the sample before it does not hold between the steps of a subquery.
  const series = found.map((one) => {
    const samples = split({ ...one, times });
    return { ...samples, histograms: samples.histograms.map((histogram): Histogram => (histogram.hint === 'gauge' ? histogram : { ...histogram, hint: 'unknown' })), dropName: one.dropName };
  });
  return { series, rangeMs: positiveMs(subquery.range, context), end: lookAt(subquery, context), edges: undefined, reach: NO_REACH };
}

/** Floats apart from histograms, without stale and absent entries. The columns are shared when there is nothing to leave out. */
export function split(data: SeriesData): RangeSeries {
  const { kinds, times, labels, starts } = data;
  const floatsAlone = { labels, dropName: false, times, values: data.values, histogramTimes: NO_TIMES, histograms: [], starts, histogramStarts: undefined };
  if (data.plain) return floatsAlone;
  let floats = 0;
  let histograms = 0;
  for (const kind of kinds) {
    if (kind === FLOAT) floats += 1;
    else if (kind === HISTOGRAM) histograms += 1;
  }
  if (floats === kinds.length) return floatsAlone;
  const out = { labels, dropName: false, times: new Float64Array(floats), values: new Float64Array(floats), histogramTimes: new Float64Array(histograms), histograms: [] as Histogram[], starts: starts && new Float64Array(floats), histogramStarts: starts && new Float64Array(histograms) };
  let to = 0;
  for (let at = 0; at < kinds.length; at += 1) {
    const time = times[at] ?? Number.NaN;
    if (kinds[at] === FLOAT) {
      out.times[to] = time;
      out.values[to] = data.values[at] ?? Number.NaN;
      if (starts && out.starts) out.starts[to] = starts[at] ?? 0;
      to += 1;
    } else if (kinds[at] === HISTOGRAM) {
      const histogram = data.histograms?.[at];
      out.histogramTimes[out.histograms.length] = time;
      if (starts && out.histogramStarts) out.histogramStarts[out.histograms.length] = starts[at] ?? 0;
      if (histogram) out.histograms.push(histogram);
    }
  }
  return out;
}

/** The samples of one series at one step: floats [from, to) and histograms [histogramFrom, histogramTo). Reused from step to step. */
export interface Window extends RangeSeries {
  from: number;
  to: number;
  histogramFrom: number;
  histogramTo: number;
  /** Bounds of the window, epoch milliseconds: samples are in (start, end], or as much farther as the windows reach. */
  start: number;
  end: number;
  /** The evaluation time, which `@` and `offset` move the window away from. */
  time: number;
}

/** Calls `visit` for every step at which the window holds a sample. */
export function* slide(series: RangeSeries, windows: Windows, grid: Grid, turns: Turns, visit: (window: Window, step: number) => void): Evaluation<void> {
  const window: Window = { ...series, from: 0, to: 0, histogramFrom: 0, histogramTo: 0, start: 0, end: 0, time: 0 };
  for (let step = 0; step < grid.steps; ) {
    step = slideFrom(step, window, windows, grid, visit);
    if (turns.checkTime()) yield;
  }
}

/** From step `first` on, some TURN_SAMPLES far. Returns the step after. */
function slideFrom(first: number, window: Window, { rangeMs, end, reach }: Windows, grid: Grid, visit: (window: Window, step: number) => void): number {
  const { times, histogramTimes } = window;
  let step = first;
  for (let looked = 0; step < grid.steps && looked < TURN_SAMPLES; step += 1) {
    window.time = timeAt(grid, step);
    window.end = end(window.time);
    window.start = window.end - rangeMs;
    const after = window.start - reach.backMs;
    const last = window.end + reach.aheadMs;
    while (window.to < times.length && (times[window.to] ?? Infinity) <= last) window.to += 1;
    while (window.from < window.to && (times[window.from] ?? Infinity) <= after) window.from += 1;
    while (window.histogramTo < histogramTimes.length && (histogramTimes[window.histogramTo] ?? Infinity) <= last) window.histogramTo += 1;
    while (window.histogramFrom < window.histogramTo && (histogramTimes[window.histogramFrom] ?? Infinity) <= after) window.histogramFrom += 1;
    const inside = window.to - window.from + window.histogramTo - window.histogramFrom;
    if (inside > 0) visit(window, step);
    looked += inside;
  }
  return step;
}
