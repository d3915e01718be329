/** What the next sample of a counter may assume about this one. */
export type ResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge';

/** Bucket counts by index, indices ascending; a bucket left out is empty. */
export interface Buckets {
  readonly indices: readonly number[];
  readonly counts: readonly number[];
}

/**
 * A native histogram. Counts are not cumulative and may be fractions.
 * Schema -4…8: bucket i of `positive` is (2^((i-1)/2^schema), 2^(i/2^schema)]. Schema -53: bucket i ends at `customValues[i]`, the last at +Inf, all in `positive`.
 * Source: https://prometheus.io/docs/specs/native_histograms/
 */
export interface Histogram {
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly customValues: readonly number[];
  readonly hint: ResetHint;
}

export const CUSTOM_SCHEMA = -53;
export const NO_BUCKETS: Buckets = { indices: [], counts: [] };

/** One bucket with its bounds, as the API shows it. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

export function isCustom(histogram: Histogram): boolean {
  return histogram.schema === CUSTOM_SCHEMA;
}

/** Upper bound of bucket `index`. */
export function boundOf(histogram: Histogram, index: number): number {
  if (isCustom(histogram)) return index < 0 ? -Infinity : (histogram.customValues[index] ?? Infinity);
  const exponent = index / 2 ** histogram.schema;
  return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
}

/** Every bucket that holds something, from the lowest: negative, zero, positive. */
export function* bucketsOf(histogram: Histogram): Generator<Bucket> {
  const { negative, positive, zeroCount, zeroThreshold } = histogram;
  const custom = isCustom(histogram);
  for (let at = negative.indices.length - 1; at >= 0; at -= 1) {
    const index = negative.indices[at] ?? 0;
    const count = negative.counts[at] ?? 0;
    if (count !== 0) yield { lower: -boundOf(histogram, index), upper: -boundOf(histogram, index - 1), lowerInclusive: true, upperInclusive: false, count };
  }
  if (zeroCount !== 0) yield { lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true, count: zeroCount };
  for (const [at, index] of positive.indices.entries()) {
    const count = positive.counts[at] ?? 0;
    if (count !== 0) yield { lower: boundOf(histogram, index - 1), upper: boundOf(histogram, index), lowerInclusive: custom && index === 0, upperInclusive: true, count };
  }
}

/** The same observations in coarser buckets. `schema` is at most the histogram's own. */
export function toSchema(histogram: Histogram, schema: number): Histogram {
  if (schema === histogram.schema || isCustom(histogram)) return histogram;
  const shift = histogram.schema - schema;
  const merge = (buckets: Buckets): Buckets => regroup(buckets, (index) => ((index - 1) >> shift) + 1);
  return { ...histogram, schema, positive: merge(histogram.positive), negative: merge(histogram.negative) };
}

/** Buckets renumbered by `to`, which keeps their order; those that meet are added. */
export function regroup(buckets: Buckets, to: (index: number) => number): Buckets {
  const indices: number[] = [];
  const counts: number[] = [];
  for (const [at, index] of buckets.indices.entries()) {
    const target = to(index);
    if (indices.at(-1) !== target) {
      indices.push(target);
      counts.push(0);
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + (buckets.counts[at] ?? 0);
  }
  return { indices, counts };
}

/** Every count and the sum through `change`. */
export function mapCounts(histogram: Histogram, change: (value: number) => number): Histogram {
  const side = (buckets: Buckets): Buckets => ({ indices: buckets.indices, counts: buckets.counts.map(change) });
  return { ...histogram, count: change(histogram.count), sum: change(histogram.sum), zeroCount: change(histogram.zeroCount), positive: side(histogram.positive), negative: side(histogram.negative) };
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  const filled = (buckets: Buckets): string => buckets.indices.flatMap((index, at) => (buckets.counts[at] === 0 ? [] : [`${index}:${buckets.counts[at]}`])).join();
  return filled(a) === filled(b);
}

/** Equal in every observation; hints do not count, NaN sums are equal. */
export function equalHistograms(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema && a.count === b.count && Object.is(a.sum, b.sum) && a.zeroThreshold === b.zeroThreshold && a.zeroCount === b.zeroCount &&
    sameBuckets(a.positive, b.positive) && sameBuckets(a.negative, b.negative) && a.customValues.join() === b.customValues.join()
  );
}

/** `{count:4, sum:5, (0.5,1]:1, …}`, the value count_values gives. */
export function formatHistogram(histogram: Histogram): string {
  const parts = [`count:${histogram.count}`, `sum:${histogram.sum}`];
  for (const { lower, upper, lowerInclusive, upperInclusive, count } of bucketsOf(histogram)) parts.push(`${lowerInclusive ? '[' : '('}${bound(lower)},${bound(upper)}${upperInclusive ? ']' : ')'}:${count}`);
  return `{${parts.join(', ')}}`;
}

const bound = (value: number): string => (value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value));
