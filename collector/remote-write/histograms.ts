import type { MetricColumns } from '../decode/metrics/columns.js';
import type { Labels } from './labels.js';
import type { NativeHistogram } from './native-histogram.js';
import type { Registry } from './registry.js';
import type { Refusal } from './refusal.js';

/** A series that one makes of a native histogram. */
export interface PartSpec {
  readonly labels: Labels;
  readonly value: number;
}

/** OTLP, whose words the table uses, calls the bucket above 1 number 0; Prometheus calls it 1. */
const BUCKET_SHIFT = 1;

/** `_count` and `_sum`, so that rate and mean are watched and can be asked for; custom bounds are a classic histogram in disguise and become one. */
export function partsOf(histogram: NativeHistogram, { name, labels, bytes }: Labels): readonly PartSpec[] {
  const part = (suffix: string, value: number, more: Labels['labels'] = {}): PartSpec => ({ labels: { name: `${name}_${suffix}`, labels: { ...labels, ...more }, bytes }, value });
  const specs = [part('count', histogram.count), part('sum', histogram.sum)];
  if (!histogram.hasCustomBounds) return specs;
  const { positive, bounds } = histogram;
  let running = 0;
  for (const [index, bound] of bounds.entries()) {
    running += positive.counts[index - positive.first] ?? 0;
    specs.push(part('bucket', running, { le: String(bound) }));
  }
  return [...specs, part('bucket', histogram.count, { le: '+Inf' })];
}

/** The series of the parts, in the order of `specs`. */
export function resolveParts(specs: readonly PartSpec[], registry: Registry, now: number): readonly number[] | Refusal {
  const found: number[] = [];
  for (const { labels } of specs) {
    const series = registry.resolve(labels.name, labels.labels, now);
    if (typeof series !== 'number') return series;
    found.push(series);
  }
  return found;
}

/** A row of `metric_histograms`. */
export function pushHistogram({ histograms }: MetricColumns, low: number, high: number, histogram: NativeHistogram): void {
  const { positive, negative } = histogram;
  histograms.series.pushParts(low, high);
  histograms.time.push(histogram.timeMs);
  histograms.start.push(histogram.startMs);
  histograms.count.push(histogram.count);
  histograms.sum.pushParts(histogram.sumLow, histogram.sumHigh);
  histograms.min.push(0);
  histograms.max.push(0);
  histograms.scale.push(histogram.schema);
  histograms.zeroCount.push(histogram.zeroCount);
  histograms.zeroThreshold.push(histogram.zeroThreshold);
  histograms.positiveOffset.push(positive.counts.length > 0 ? positive.first - BUCKET_SHIFT : 0);
  for (const count of positive.counts) histograms.positiveCounts.items.push(count);
  histograms.positiveCounts.endRow();
  histograms.negativeOffset.push(negative.counts.length > 0 ? negative.first - BUCKET_SHIFT : 0);
  for (const count of negative.counts) histograms.negativeCounts.items.push(count);
  histograms.negativeCounts.endRow();
}
