import { forMetric } from '../eval/annotations.js';
import type { Window } from '../eval/ranges.js';
import { totalHistograms } from '../histogram/sum.js';
import { formatNumber } from '../floats.js';
import { meanOf, quantileOf, sumOf, Variance } from '../kahan.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import { slidingExtremes } from './extremes.js';
import { floatCount, histogramCount, ofEachWindow, overWindows, type FunctionTable, type PromFunction, type WindowFrame } from './frame.js';
import { MIXED_SCHEMAS } from '../eval/histogram-gain.js';

/** A figure of the floats in a window. Histograms beside them are left out, with a note. */
export function ofFloats(figure: (window: Window, frame: WindowFrame, step: number) => number | undefined, options: Parameters<typeof overWindows>[1] = {}): PromFunction {
  const { argument = 0 } = options;
  return overWindows(
    (window, frame, step) => {
      if (floatCount(window) === 0) return undefined;
      if (histogramCount(window) > 0) frame.context.annotations.info(forMetric('ignored histograms in a range containing both floats and histograms', labelOf(window.labels, METRIC_NAME)), frame.call.args[argument] ?? frame.call);
      return figure(window, frame, step);
    },
    options,
  );
}

function median(values: Float64Array): number {
  return quantileOf(0.5, values);
}

/** Where the extreme of a window's floats is; NaN only when there is nothing else. */
function extreme({ values, from, to }: Window, better: (value: number, best: number) => boolean): number {
  let best = from;
  for (let at = from + 1; at < to; at += 1) {
    const current = values[best] ?? Number.NaN;
    if (better(values[at] ?? Number.NaN, current) || Number.isNaN(current)) best = at;
  }
  return best;
}
const largest = (value: number, best: number): boolean => value > best;
const smallest = (value: number, best: number): boolean => value < best;
/** The latest of equal extremes. */
const largestLast = (value: number, best: number): boolean => value >= best;
const smallestLast = (value: number, best: number): boolean => value <= best;

const floatsOf = ({ values, from, to }: Window): Float64Array => values.slice(from, to);

/** Sum or mean of floats, or of histograms; a mix has neither. */
function total(floats: (values: Float64Array, from: number, to: number) => number, mean: boolean): PromFunction {
  return overWindows((window, frame) => {
    if (histogramCount(window) === 0) return floats(window.values, window.from, window.to);
    const at = frame.call.args[0] ?? frame.call;
    const name = labelOf(window.labels, METRIC_NAME);
    if (floatCount(window) > 0) {
      frame.context.annotations.warn(forMetric('encountered a mix of histograms and floats', name), at);
      return undefined;
    }
    const total = totalHistograms(window.histograms.slice(window.histogramFrom, window.histogramTo), mean);
    if (!total) frame.context.annotations.warn(forMetric(MIXED_SCHEMAS, name), at);
    if (total?.boundsReconciled) frame.context.annotations.info('mismatched custom buckets were reconciled during aggregation', at);
    if (total?.hintsCollide) frame.context.annotations.warn('conflicting counter resets during histogram aggregation', at);
    return total?.histogram;
  }, { floats: ofEachWindow(floats) });
}

/** First or last sample of either kind: whether it is the float. */
const floatIsLast = (window: Window): boolean => floatCount(window) > 0 && (histogramCount(window) === 0 || (window.times[window.to - 1] ?? 0) > (window.histogramTimes[window.histogramTo - 1] ?? 0));
const floatIsFirst = (window: Window): boolean => floatCount(window) > 0 && (histogramCount(window) === 0 || (window.times[window.from] ?? 0) < (window.histogramTimes[window.histogramFrom] ?? 0));

export const overTimeFunctions: FunctionTable = {
  sum_over_time: total(sumOf, false),
  avg_over_time: total(meanOf, true),
  count_over_time: overWindows((window) => floatCount(window) + histogramCount(window), { floats: ofEachWindow((_values, from, to) => to - from) }),
  present_over_time: overWindows(() => 1, { floats: ofEachWindow(() => 1) }),
  last_over_time: overWindows((window) => (floatIsLast(window) ? window.values[window.to - 1] : window.histograms[window.histogramTo - 1]), { keepsName: true, floats: ofEachWindow((values, _from, to) => values[to - 1] ?? Number.NaN) }),
  first_over_time: overWindows((window) => (floatIsFirst(window) ? window.values[window.from] : window.histograms[window.histogramFrom]), { keepsName: true, floats: ofEachWindow((values, from) => values[from] ?? Number.NaN) }),
  min_over_time: ofFloats((window) => window.values[extreme(window, smallest)], { floats: slidingExtremes(smallest) }),
  max_over_time: ofFloats((window) => window.values[extreme(window, largest)], { floats: slidingExtremes(largest) }),
  ts_of_min_over_time: ofFloats((window) => (window.times[extreme(window, smallestLast)] ?? 0) / 1000),
  ts_of_max_over_time: ofFloats((window) => (window.times[extreme(window, largestLast)] ?? 0) / 1000),
  ts_of_last_over_time: overWindows((window) => ((floatIsLast(window) ? window.times[window.to - 1] : window.histogramTimes[window.histogramTo - 1]) ?? 0) / 1000),
  ts_of_first_over_time: overWindows((window) => ((floatIsFirst(window) ? window.times[window.from] : window.histogramTimes[window.histogramFrom]) ?? 0) / 1000),
  stddev_over_time: ofFloats(({ values, from, to }) => Math.sqrt(varianceOf(values, from, to)), { floats: ofEachWindow((values, from, to) => Math.sqrt(varianceOf(values, from, to))) }),
  stdvar_over_time: ofFloats(({ values, from, to }) => varianceOf(values, from, to), { floats: ofEachWindow(varianceOf) }),
  mad_over_time: ofFloats((window) => {
    const values = floatsOf(window);
    if (values.some(Number.isNaN)) return Number.NaN;
    const middle = median(values.slice());
    return median(values.map((value) => Math.abs(value - middle)));
  }),
  quantile_over_time: (frame) => {
    const shares = frame.scalar(0);
    return ofFloats((window, _inner, step) => {
      const share = shares[step] ?? Number.NaN;
      if (!(share >= 0 && share <= 1)) frame.context.annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(share)}`, frame.call.args[0] ?? frame.call);
      return quantileOf(share, floatsOf(window));
    }, { argument: 1 })(frame);
  },
};

function varianceOf(values: Float64Array, from: number, to: number): number {
  const variance = new Variance();
  for (let at = from; at < to; at += 1) variance.add(values[at] ?? Number.NaN);
  return variance.value;
}
