import { Sum } from '../kahan.js';
import { executionError } from '../query-error.js';
import { floatCount, ofEachWindow, type FunctionTable, type PromFunction } from './frame.js';
import { ofFloats } from './over-time.js';

/** Samples [from, to) of a series. */
interface FloatRange {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
}

function slopeOf(range: FloatRange): number | undefined {
  return range.to - range.from < 2 ? undefined : fit(range, range.times[range.from] ?? 0).slope;
}

/** Least squares through the floats of a window, x in seconds from `origin` (epoch milliseconds). */
function fit({ times, values, from, to }: FloatRange, origin: number): { slope: number; intercept: number } {
  const sumX = new Sum();
  const sumY = new Sum();
  const sumXY = new Sum();
  const sumXX = new Sum();
  const first = values[from] ?? Number.NaN;
  let constant = true;
  const n = to - from;
  for (let at = from; at < to; at += 1) {
    const y = values[at] ?? Number.NaN;
    if (y !== first) constant = false;
    const x = ((times[at] ?? Number.NaN) - origin) / 1000;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (constant) return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN };
  const covariance = sumXY.value - (sumX.value * sumY.value) / n;
  const variance = sumXX.value - (sumX.value * sumX.value) / n;
  const slope = covariance / variance;
  return { slope, intercept: sumY.value / n - (slope * sumX.value) / n };
}

/** Holt's linear method: a level and a trend. Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.4.3.3. */
const doubleExponentialSmoothing: PromFunction = (frame) => {
  const smoothing = frame.scalar(1);
  const trends = frame.scalar(2);
  return ofFloats(({ values, from, to }, _frame, step) => {
    const level = smoothing[step] ?? Number.NaN;
    const trend = trends[step] ?? Number.NaN;
    if (level <= 0 || level >= 1) throw executionError(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${level}`);
    if (trend <= 0 || trend >= 1) throw executionError(`invalid trend factor. Expected: 0 < tf < 1, got: ${trend}`);
    if (to - from < 2) return undefined;
    let smoothed = values[from] ?? Number.NaN;
    let slope = (values[from + 1] ?? Number.NaN) - smoothed;
    for (let at = from + 1; at < to; at += 1) {
      const next = level * (values[at] ?? Number.NaN) + (1 - level) * (smoothed + slope);
      if (at < to - 1) slope = trend * (next - smoothed) + (1 - trend) * slope;
      smoothed = next;
    }
    return smoothed;
  })(frame);
};

export const regressionFunctions: FunctionTable = {
  deriv: ofFloats(slopeOf, { floats: ofEachWindow((values, from, to, times) => slopeOf({ times, values, from, to })) }),
  predict_linear: (frame) => {
    const ahead = frame.scalar(1);
    return ofFloats((window, _frame, step) => {
      if (floatCount(window) < 2) return undefined;
      const { slope, intercept } = fit(window, window.time);
      return slope * (ahead[step] ?? Number.NaN) + intercept;
    })(frame);
  },
  double_exponential_smoothing: doubleExponentialSmoothing,
  holt_winters: doubleExponentialSmoothing,
};
