import { unwrap, type Edges, type Expr } from '../ast.js';
import { forMetric } from '../eval/annotations.js';
import { sum } from '../eval/histogram-gain.js';
import type { Window } from '../eval/ranges.js';
import { isReset, scale } from '../histogram/arithmetic.js';
import { equalHistograms, type Histogram } from '../histogram/histogram.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import { floatCount, histogramCount, ofEachWindow, overWindows, type FunctionTable, type PromFunction, type WindowFrame } from './frame.js';
import { extendedGain } from './extended-rate.js';
import { edgeFactor, floatRates, type RateOptions } from './float-rate.js';
import { histogramIncrease, lastHistograms } from './histogram-rate.js';
import { anyOverlap, beganAnew, startWithin } from './start-times.js';

const COUNTER_NAME = /(_total|_sum|_count|_bucket)$/;

/**
 * Increase over the window, extrapolated to its edges when the first or last sample is within 1.1 mean intervals of them, by half an interval otherwise; a counter never below zero.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
 */
function extrapolated({ counter, perSecond }: RateOptions) {
  return (window: Window, frame: WindowFrame): number | Histogram | undefined => {
    const floats = floatCount(window);
    const histograms = histogramCount(window);
    const name = labelOf(window.labels, METRIC_NAME);
    const at = frame.call.args[0] ?? frame.call;
    if (floats > 0 && histograms > 0) {
      frame.context.annotations.warn(forMetric('encountered a mix of histograms and floats', name), at);
      return undefined;
    }
    const times = floats > 0 ? window.times : window.histogramTimes;
    const from = floats > 0 ? window.from : window.histogramFrom;
    const to = floats > 0 ? window.to : window.histogramTo;
    const firstTime = times[from] ?? Number.NaN;
    const lastTime = times[to - 1] ?? Number.NaN;
    const starts = counter ? (floats > 0 ? window.starts : window.histogramStarts) : undefined;
    // A counter that began within the window has a sample of nothing there.
    const since = startWithin(starts, times, from, window.start);
    if (to - from < 2 && since === undefined) return undefined;
    if (anyOverlap(starts, times, from, to)) frame.context.annotations.warn(`sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(name)}`, at);
    let first: number;
    let gained: number;
    let histogram: Histogram | undefined;
    if (floats > 0) {
      first = window.values[from] ?? Number.NaN;
      gained = floatIncrease(window, counter) + (since === undefined ? 0 : first);
      if (counter) noteName(name, frame);
    } else {
      const notes = { annotations: frame.context.annotations, at };
      const [one] = window.histograms.slice(from, from + 1);
      histogram = to - from < 2 ? undefined : histogramIncrease(window, counter, notes);
      if (since !== undefined && one) histogram = to - from < 2 ? one : sum(histogram, one, notes);
      if (!histogram) return undefined;
      first = window.histograms[from]?.count ?? Number.NaN;
      gained = histogram.count;
    }
    const factor = edgeFactor({ firstTime, lastTime, start: window.start, end: window.end, samples: to - from, first, gained, counter, rangeSeconds: perSecond ? frame.range.rangeMs / 1000 : undefined, since });
    return histogram ? scale(histogram, factor) : gained * factor;
  };
}

/** Last minus first, with the value before each reset of a counter added back. */
function floatIncrease({ times, values, starts, from, to }: Window, counter: boolean): number {
  let gained = (values[to - 1] ?? Number.NaN) - (values[from] ?? Number.NaN);
  if (!counter) return gained;
  let previous = values[from] ?? Number.NaN;
  for (let at = from + 1; at < to; at += 1) {
    const value = values[at] ?? Number.NaN;
    if (value < previous || beganAnew(starts, times, at)) gained += previous;
    previous = value;
  }
  return gained;
}

/** The change between the last two samples. */
function instantaneous({ counter, perSecond }: RateOptions) {
  return (window: Window, frame: WindowFrame): number | Histogram | undefined => {
    const { times, values, histogramTimes } = window;
    const at = frame.call.args[0] ?? frame.call;
    // The last two samples of either kind must be alike.
    const floats = floatCount(window);
    const histograms = histogramCount(window);
    if (floats + histograms < 2) return undefined;
    const lastFloat = floats > 0 ? (times[window.to - 1] ?? 0) : -Infinity;
    const lastHistogram = histograms > 0 ? (histogramTimes[window.histogramTo - 1] ?? 0) : -Infinity;
    const isFloat = lastFloat > lastHistogram;
    const second = isFloat ? (floats > 1 ? (times[window.to - 2] ?? 0) : -Infinity) : histograms > 1 ? (histogramTimes[window.histogramTo - 2] ?? 0) : -Infinity;
    if (second < (isFloat ? lastHistogram : lastFloat) || second === -Infinity) {
      frame.context.annotations.warn(forMetric('encountered a mix of histograms and floats', labelOf(window.labels, METRIC_NAME)), at);
      return undefined;
    }
    const seconds = ((isFloat ? lastFloat : lastHistogram) - second) / 1000;
    if (seconds === 0) return undefined;
    if (!isFloat) {
      const histogram = lastHistograms(window, counter, { annotations: frame.context.annotations, at });
      return histogram && perSecond ? scale(histogram, 1 / seconds) : histogram;
    }
    const last = values[window.to - 1] ?? Number.NaN;
    const previous = values[window.to - 2] ?? Number.NaN;
    const reset = counter && (last < previous || beganAnew(window.starts, times, window.to - 1));
    const change = reset ? last : last - previous;
    return perSecond ? change / seconds : change;
  };
}

/** Counts neighbours, floats and histograms in the order of their times, that `differs` holds for, and with `starts` where a counter began anew. Of what lies before the range, the latest counts as the first. */
function countPairs(differs: (current: number | Histogram, previous: number | Histogram) => boolean, { starts }: { starts: boolean }) {
  return (window: Window): number | undefined => {
    let count = 0;
    let { from: float, histogramFrom: histogram } = window;
    while (float < window.to && (window.times[float] ?? Infinity) <= window.start) float += 1;
    while (histogram < window.histogramTo && (window.histogramTimes[histogram] ?? Infinity) <= window.start) histogram += 1;
    if (float === window.to && histogram === window.histogramTo) return undefined;
    const floatBefore = float > window.from ? (window.times[float - 1] ?? -Infinity) : -Infinity;
    const histogramBefore = histogram > window.histogramFrom ? (window.histogramTimes[histogram - 1] ?? -Infinity) : -Infinity;
    if (floatBefore >= histogramBefore && float > window.from) float -= 1;
    else if (histogram > window.histogramFrom) histogram -= 1;
    let previous: number | Histogram | undefined;
    while (float < window.to || histogram < window.histogramTo) {
      const floatTime = float < window.to ? (window.times[float] ?? Infinity) : Infinity;
      const histogramTime = histogram < window.histogramTo ? (window.histogramTimes[histogram] ?? Infinity) : Infinity;
      const isFloat = floatTime < histogramTime;
      const current: number | Histogram = isFloat ? (window.values[float++] ?? Number.NaN) : (window.histograms[histogram++] ?? Number.NaN);
      const anew = (): boolean => starts && (isFloat ? beganAnew(window.starts, window.times, float - 1) : beganAnew(window.histogramStarts, window.histogramTimes, histogram - 1));
      if (previous !== undefined && (differs(current, previous) || anew())) count += 1;
      previous = current;
    }
    return count;
  };
}

/** How many samples of a window differ so from the one before. */
function neighbours(differ: (current: number, previous: number) => boolean): ReturnType<typeof ofEachWindow> {
  return ofEachWindow((values, from, to) => {
    let count = 0;
    for (let at = from + 1; at < to; at += 1) if (differ(values[at] ?? Number.NaN, values[at - 1] ?? Number.NaN)) count += 1;
    return count;
  });
}

const resets = countPairs((current, previous) => {
  if (typeof current === 'number') return typeof previous === 'number' ? current < previous : true;
  return typeof previous === 'number' ? true : isReset(current, previous);
}, { starts: true });
const changes = countPairs((current, previous) => {
  if (typeof current === 'number') return typeof previous === 'number' ? current !== previous && !(Number.isNaN(current) && Number.isNaN(previous)) : true;
  return typeof previous === 'number' ? true : !equalHistograms(current, previous);
}, { starts: false });

/** Series of floats alone take the short way; it gives the same numbers. */
function gain(options: RateOptions): PromFunction {
  const extended = overWindows(named(extendedGain(options), options));
  const plain = overWindows(extrapolated(options), {
    floats: (series, frame, result, place) => {
      floatRates(series, frame.range, frame.grid, options, result, place);
      if (place.any && options.counter) noteName(labelOf(series.labels, METRIC_NAME), frame);
    },
  });
  return (frame) => (edgesOf(frame.call.args[0]) ? extended(frame) : plain(frame));
}

function edgesOf(expr: Expr | undefined): Edges | undefined {
  const inner = expr && unwrap(expr);
  return inner?.type === 'matrix' ? inner.selector.edges : undefined;
}

function named(gained: (window: Window, frame: WindowFrame) => number | Histogram | undefined, { counter }: RateOptions): typeof gained {
  return (window, frame) => {
    const value = gained(window, frame);
    if (counter && typeof value === 'number') noteName(labelOf(window.labels, METRIC_NAME), frame);
    return value;
  };
}

function noteName(name: string, { context, call }: WindowFrame): void {
  if (name !== '' && !COUNTER_NAME.test(name)) context.annotations.info(`metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`, call.args[0] ?? call);
}

export const rateFunctions: FunctionTable = {
  rate: gain({ counter: true, perSecond: true }),
  increase: gain({ counter: true, perSecond: false }),
  delta: gain({ counter: false, perSecond: false }),
  irate: overWindows(instantaneous({ counter: true, perSecond: true })),
  idelta: overWindows(instantaneous({ counter: false, perSecond: false })),
  resets: overWindows(resets, { floats: neighbours((current, previous) => current < previous) }),
  changes: overWindows(changes, { floats: neighbours((current, previous) => current !== previous && (current === current || previous === previous)) }),
};
