import type { Expr } from '../ast.js';
import { forMetric } from '../eval/annotations.js';
import { stepwise, type Evaluation } from '../eval/turns.js';
import { emptySeries, histogramAt, setFloat, vector, type Value, type VectorSeries } from '../eval/value.js';
import { classicQuantile, toCustom, type ClassicBucket } from '../histogram/classic.js';
import type { Histogram } from '../histogram/histogram.js';
import { nativeFraction, nativeQuantile, nativeVariance, type Estimate } from '../histogram/quantile.js';
import { drop, keyOf, labelOf, METRIC_NAME, withLabel, type LabelSet } from '../labels.js';
import { parseNumber } from '../literals.js';
import { FLOAT } from '../source.js';
import type { Frame, FunctionTable, PromFunction } from './frame.js';
import { formatNumber } from '../floats.js';

const LE: ReadonlySet<string> = new Set(['le']);

/** A figure of each native histogram; floats are left out. */
const ofHistograms = (figure: (histogram: Histogram) => number): PromFunction => (frame) =>
  vector(
    frame.vector(0).map((series) => {
      const result = emptySeries(series.labels, frame.grid.steps, true);
      for (let step = 0; step < frame.grid.steps; step += 1) {
        const histogram = histogramAt(series, step);
        if (histogram) setFloat(result, step, figure(histogram));
      }
      return result;
    }),
  );

/** The series of one histogram: `le` buckets, a native one, or (wrongly) both. */
interface Family {
  readonly labels: LabelSet;
  readonly buckets: { readonly upper: number; readonly series: VectorSeries }[];
  readonly native: VectorSeries[];
}

function families(frame: Frame, series: readonly VectorSeries[], at: Expr): Family[] {
  const found = new Map<string, Family>();
  const warned = (one: VectorSeries, le: string): void => frame.context.annotations.warn(forMetric(`bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}`, labelOf(one.labels, METRIC_NAME)), at);
  const family = (labels: LabelSet): Family => {
    const known = found.get(keyOf(labels)) ?? { labels, buckets: [], native: [] };
    found.set(keyOf(labels), known);
    return known;
  };
  for (const one of series) {
    if (one.kinds.some((kind) => kind === FLOAT)) {
      const le = labelOf(one.labels, 'le');
      const upper = le === '' ? undefined : parseNumber(le.replace(/^\+/, '').replace(/^-/, ''));
      if (upper === undefined) warned(one, le);
      else family(drop(one.labels, LE)).buckets.push({ upper: le.startsWith('-') ? -upper : upper, series: one });
    }
    if (one.histograms) family(one.labels).native.push(one);
  }
  return [...found.values()];
}

interface Figures {
  native(histogram: Histogram, step: number): Estimate;
  classic(buckets: ClassicBucket[], step: number): { readonly value: number; readonly forced: boolean };
  readonly nanWord: string;
}

/** One figure per histogram and step, from native histograms and from classic buckets. */
function* estimate(frame: Frame, series: readonly VectorSeries[], at: Expr, figures: Figures): Evaluation<VectorSeries[]> {
  const { annotations } = frame.context;
  const results: VectorSeries[] = [];
  for (const family of families(frame, series, at)) {
    const result = emptySeries(family.labels, frame.grid.steps, true);
    const name = labelOf(family.labels, METRIC_NAME);
    yield* stepwise(frame.grid.steps, family.buckets.length + family.native.length, frame.context, (from, to) => {
      for (let step = from; step < to; step += 1) {
        const buckets = family.buckets.filter((bucket) => bucket.series.kinds[step] === FLOAT).map((bucket) => ({ upper: bucket.upper, count: bucket.series.values[step] ?? Number.NaN }));
        const histogram = family.native.map((one) => histogramAt(one, step)).find(Boolean);
        if (histogram && buckets.length > 0) annotations.warn(forMetric('vector contains a mix of classic and native histograms', name), at);
        else if (histogram) {
          const { value, nan } = figures.native(histogram, step);
          if (nan !== 'none') annotations.info(forMetric(`input to ${figures.nanWord} has NaN observations, ${figures.nanWord === 'histogram_fraction' ? 'which are excluded from all fractions' : nan === 'result' ? 'result is NaN' : 'result is skewed higher'}`, name), at);
          setFloat(result, step, value);
        } else if (buckets.length > 0) {
          const { value, forced } = figures.classic(buckets, step);
          if (forced) annotations.info(forMetric('input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)', name), at);
          setFloat(result, step, value);
        }
      }
    });
    results.push(result);
  }
  return results;
}

function* quantiles(frame: Frame, series: readonly VectorSeries[], shares: Float64Array, at: Expr, shareAt: Expr): Evaluation<VectorSeries[]> {
  for (const q of shares) if (!(q >= 0 && q <= 1)) frame.context.annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(q)}`, shareAt);
  return yield* estimate(frame, series, at, { native: (histogram, step) => nativeQuantile(shares[step] ?? Number.NaN, histogram), classic: (buckets, step) => classicQuantile(shares[step] ?? Number.NaN, buckets), nanWord: 'histogram_quantile' });
}

const argOf = (frame: Frame, index: number): Expr => frame.call.args[index] ?? frame.call;

function* histogramQuantile(frame: Frame): Evaluation<Value> {
  return vector(yield* quantiles(frame, frame.vector(1), frame.scalar(0), argOf(frame, 1), argOf(frame, 0)));
}

/** Several quantiles at once, told apart by a label. */
function* histogramQuantiles(frame: Frame): Evaluation<Value> {
  const series = frame.vector(0);
  const label = frame.text(1);
  const results: VectorSeries[] = [];
  for (let index = 2; index < frame.call.args.length; index += 1) {
    const shares = frame.scalar(index);
    const value = formatShare(shares[0] ?? Number.NaN);
    for (const one of yield* quantiles(frame, series, shares, argOf(frame, 0), argOf(frame, index))) results.push({ ...one, labels: withLabel(one.labels, label, value) });
  }
  return vector(results);
}

/** `0.0`, `1.0`, `0.25`: as OpenMetrics writes floats. */
function formatShare(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : formatNumber(value);
}

function* histogramFraction(frame: Frame): Evaluation<Value> {
  const lower = frame.scalar(0);
  const upper = frame.scalar(1);
  const native = (histogram: Histogram, step: number): Estimate => nativeFraction(lower[step] ?? Number.NaN, upper[step] ?? Number.NaN, histogram);
  return vector(
    yield* estimate(frame, frame.vector(2), argOf(frame, 2), {
      native,
      classic: (buckets, step) => {
        const histogram = toCustom(buckets);
        return { value: histogram ? native(histogram, step).value : Number.NaN, forced: false };
      },
      nanWord: 'histogram_fraction',
    }),
  );
}

export const histogramFunctions: FunctionTable = {
  histogram_quantile: histogramQuantile,
  histogram_quantiles: histogramQuantiles,
  histogram_fraction: histogramFraction,
  histogram_count: ofHistograms(({ count }) => count),
  histogram_sum: ofHistograms(({ sum }) => sum),
  histogram_avg: ofHistograms(({ sum, count }) => sum / count),
  histogram_stdvar: ofHistograms(nativeVariance),
  histogram_stddev: ofHistograms((histogram) => Math.sqrt(nativeVariance(histogram))),
};
