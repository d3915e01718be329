import { forMetric } from '../eval/annotations.js';
import type { Window } from '../eval/ranges.js';
import { totalHistograms } from '../histogram/sum.js';
import { formatNumber } from '../floats.js';
import { Mean, quantileOf, Sum, Variance } from '../kahan.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import { floatCount, histogramCount, overWindows, type FunctionTable, type PromFunction, type WindowFrame } from './frame.js';
import { MIXED_SCHEMAS } from '../eval/histogram-gain.js';

/** A figure of the floats in a window. Histograms beside them are left out, with a note. */
export function ofFloats(figure: (values: Float64Array, window: Window, frame: WindowFrame, step: number) => number | undefined, argument = 0): PromFunction {
  return overWindows(
    (window, frame, step) => {
      if (floatCount(window) === 0) return undefined;
      if (histogramCount(window) > 0) frame.context.annotations.info(forMetric('ignored histograms in a range containing both floats and histograms', labelOf(window.labels, METRIC_NAME)), frame.call.args[argument] ?? frame.call);
      return figure(window.values.subarray(window.from, window.to), window, frame, step);
    },
    { argument },
  );
}

function median(values: Float64Array): number {
  return quantileOf(0.5, values);
}

/** The extreme of the values; NaN only when there is nothing else. */
function extreme(values: Float64Array, better: (value: number, best: number) => boolean): number {
  let best = 0;
  for (let at = 1; at < values.length; at += 1) {
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

/** Sum or mean of floats, or of histograms; a mix has neither. */
function total(floats: (values: Float64Array) => number, mean: boolean): PromFunction {
  return overWindows((window, frame) => {
    const at = frame.call.args[0] ?? frame.call;
    const name = labelOf(window.labels, METRIC_NAME);
    if (histogramCount(window) === 0) return floats(window.values.subarray(window.from, window.to));
    if (floatCount(window) > 0) {
      frame.context.annotations.warn(forMetric('encountered a mix of histograms and floats', name), at);
      return undefined;
    }
    const total = totalHistograms(window.histograms.slice(window.histogramFrom, window.histogramTo), mean);
    if (!total) frame.context.annotations.warn(forMetric(MIXED_SCHEMAS, name), at);
    if (total?.boundsReconciled) frame.context.annotations.info('mismatched custom buckets were reconciled during aggregation', at);
    if (total?.hintsCollide) frame.context.annotations.warn('conflicting counter resets during histogram aggregation', at);
    return total?.histogram;
  });
}

/** First or last sample of either kind: whether it is the float. */
const floatIsLast = (window: Window): boolean => floatCount(window) > 0 && (histogramCount(window) === 0 || (window.times[window.to - 1] ?? 0) > (window.histogramTimes[window.histogramTo - 1] ?? 0));
const floatIsFirst = (window: Window): boolean => floatCount(window) > 0 && (histogramCount(window) === 0 || (window.times[window.from] ?? 0) < (window.histogramTimes[window.histogramFrom] ?? 0));

export const overTimeFunctions: FunctionTable = {
  sum_over_time: total((values) => {
    const sum = new Sum();
    for (let at = 0; at < values.length; at += 1) sum.add(values[at] ?? Number.NaN);
    return sum.value;
  }, false),
  avg_over_time: total((values) => {
    const mean = new Mean();
    for (let at = 0; at < values.length; at += 1) mean.add(values[at] ?? Number.NaN);
    return mean.value;
  }, true),
  count_over_time: overWindows((window) => floatCount(window) + histogramCount(window)),
  present_over_time: overWindows(() => 1),
  last_over_time: overWindows((window) => (floatIsLast(window) ? window.values[window.to - 1] : window.histograms[window.histogramTo - 1]), { keepsName: true }),
  first_over_time: overWindows((window) => (floatIsFirst(window) ? window.values[window.from] : window.histograms[window.histogramFrom]), { keepsName: true }),
  min_over_time: ofFloats((values) => values[extreme(values, smallest)]),
  max_over_time: ofFloats((values) => values[extreme(values, largest)]),
  ts_of_min_over_time: ofFloats((values, window) => (window.times[window.from + extreme(values, smallestLast)] ?? 0) / 1000),
  ts_of_max_over_time: ofFloats((values, window) => (window.times[window.from + extreme(values, largestLast)] ?? 0) / 1000),
  ts_of_last_over_time: overWindows((window) => ((floatIsLast(window) ? window.times[window.to - 1] : window.histogramTimes[window.histogramTo - 1]) ?? 0) / 1000),
  ts_of_first_over_time: overWindows((window) => ((floatIsFirst(window) ? window.times[window.from] : window.histogramTimes[window.histogramFrom]) ?? 0) / 1000),
  stddev_over_time: ofFloats((values) => Math.sqrt(varianceOf(values))),
  stdvar_over_time: ofFloats(varianceOf),
  mad_over_time: ofFloats((values) => {
    if (values.some(Number.isNaN)) return Number.NaN;
    const middle = median(values.slice());
    return median(values.map((value) => Math.abs(value - middle)));
  }),
  quantile_over_time: (frame) => {
    const shares = frame.scalar(0);
    return ofFloats((values, _window, _inner, step) => {
      const share = shares[step] ?? Number.NaN;
      if (!(share >= 0 && share <= 1)) frame.context.annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(share)}`, frame.call.args[0] ?? frame.call);
      return quantileOf(share, values.slice());
    }, 1)(frame);
  },
};

function varianceOf(values: Float64Array): number {
  const variance = new Variance();
  for (const value of values) variance.add(value);
  return variance.value;
}
