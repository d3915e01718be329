import { CUSTOM_SCHEMA, NO_BUCKETS, type Histogram } from './histogram.js';

/** One `le` bucket: observations up to and including `upper`. */
export interface ClassicBucket {
  readonly upper: number;
  count: number;
}

export interface ClassicQuantile {
  readonly value: number;
  /** Counts had to be raised so that they never fall. */
  readonly forced: boolean;
}

const SMALL_DELTA = 1e-12;

/**
 * The value below which a share `q` of the observations lies, linear inside a bucket. Orders and changes `buckets`.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function classicQuantile(q: number, buckets: ClassicBucket[]): ClassicQuantile {
  if (Number.isNaN(q)) return { value: Number.NaN, forced: false };
  if (q < 0 || q > 1) return { value: q < 0 ? -Infinity : Infinity, forced: false };
  const { merged, forced } = prepare(buckets);
  const last = merged.at(-1);
  if (!last || last.upper !== Infinity || merged.length < 2 || last.count === 0) return { value: Number.NaN, forced };
  let rank = q * last.count;
  const at = merged.findIndex((bucket, index) => index === merged.length - 1 || bucket.count >= rank);
  const bucket = merged[at] ?? last;
  const before = merged[at - 1];
  if (at === merged.length - 1) return { value: before?.upper ?? Number.NaN, forced };
  if (!before && bucket.upper <= 0) return { value: bucket.upper, forced };
  const start = before?.upper ?? 0;
  const count = bucket.count - (before?.count ?? 0);
  rank -= before?.count ?? 0;
  return { value: start + (bucket.upper - start) * (rank / count), forced };
}

/** Classic buckets as a histogram with custom bounds; undefined without a bucket that ends at +Inf. */
export function toCustom(buckets: ClassicBucket[], sum = 0): Histogram | undefined {
  const { merged } = prepare(buckets);
  const last = merged.at(-1);
  if (!last || last.upper !== Infinity) return undefined;
  const positive = { indices: merged.map((_bucket, index) => index), counts: merged.map((bucket, index) => bucket.count - (merged[index - 1]?.count ?? 0)) };
  return { schema: CUSTOM_SCHEMA, count: last.count, sum, zeroThreshold: 0, zeroCount: 0, positive, negative: NO_BUCKETS, customValues: merged.slice(0, -1).map((bucket) => bucket.upper), hint: 'unknown' };
}

/** In order, equal bounds added, counts that never fall. Differences of a rounding error are ignored. */
function prepare(buckets: ClassicBucket[]): { merged: ClassicBucket[]; forced: boolean } {
  const merged: ClassicBucket[] = [];
  for (const bucket of buckets.toSorted((a, b) => a.upper - b.upper)) {
    const last = merged.at(-1);
    if (last && last.upper === bucket.upper) last.count += bucket.count;
    else merged.push({ ...bucket });
  }
  let forced = false;
  let before = merged[0]?.count ?? 0;
  for (const bucket of merged.slice(1)) {
    if (almostEqual(before, bucket.count)) bucket.count = before;
    else if (bucket.count < before) {
      bucket.count = before;
      forced = true;
    } else before = bucket.count;
  }
  return { merged, forced };
}

function almostEqual(a: number, b: number): boolean {
  if (a === b) return true;
  const size = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  return a === 0 || b === 0 || size < Number.MIN_VALUE * 2 ** 52 ? difference < SMALL_DELTA * Number.MIN_VALUE * 2 ** 52 : difference / Math.min(size, Number.MAX_VALUE) < SMALL_DELTA;
}
