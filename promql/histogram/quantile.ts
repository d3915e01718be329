import { bucketsOf, isCustom, type Bucket, type Histogram } from './histogram.js';

/** A figure read from a histogram, and whether observations of NaN disturbed it. */
export interface Estimate {
  readonly value: number;
  readonly nan: 'none' | 'result' | 'skewed';
}

const exact = (value: number): Estimate => ({ value, nan: 'none' });

/** The value below which a share `q` of the observations lies: linear inside custom buckets and the zero bucket, exponential elsewhere. */
export function nativeQuantile(q: number, histogram: Histogram): Estimate {
  if (q < 0) return exact(-Infinity);
  if (q > 1) return exact(Infinity);
  if (Number.isNaN(q) || histogram.count === 0) return exact(Number.NaN);
  const hasNaN = Number.isNaN(histogram.sum);
  const forward = hasNaN || q < 0.5;
  const buckets = [...bucketsOf(histogram)];
  if (!forward) buckets.reverse();
  let rank = (forward ? q : 1 - q) * histogram.count;
  let seen = 0;
  let found: Bucket | undefined;
  for (const bucket of buckets) {
    found = bucket;
    seen += bucket.count;
    if (seen >= rank) break;
  }
  if (!found) return { value: Number.NaN, nan: hasNaN ? 'result' : 'none' };
  if (hasNaN && seen < rank) return { value: Number.NaN, nan: 'result' };
  const nan = hasNaN ? 'skewed' : 'none';
  const bucket = narrowed(histogram, found);
  if (isCustom(histogram)) {
    if (bucket.lower === -Infinity) return { value: bucket.upper, nan };
    if (bucket.upper === Infinity) return { value: bucket.lower, nan };
  }
  rank = forward ? rank - (seen - found.count) : Math.max(seen - rank, 0);
  return { value: interpolate(histogram, bucket, Math.min(rank / found.count, 1)), nan };
}

/** The zero bucket reaches only as far as there are observations; the first custom bucket begins at 0 when it ends above it. */
export function narrowed(histogram: Histogram, bucket: Bucket): Bucket {
  if (isCustom(histogram)) return bucket.lower === -Infinity && bucket.upper > 0 ? { ...bucket, lower: 0 } : bucket;
  if (!(bucket.lower < 0 && bucket.upper > 0)) return bucket;
  const negative = histogram.negative.indices.length > 0;
  const positive = histogram.positive.indices.length > 0;
  if (!negative && positive) return { ...bucket, lower: 0 };
  if (negative && !positive) return { ...bucket, upper: 0 };
  return bucket;
}

const isLinear = (histogram: Histogram, bucket: Bucket): boolean => isCustom(histogram) || (bucket.lower <= 0 && bucket.upper >= 0);

function interpolate(histogram: Histogram, { lower, upper, ...rest }: Bucket, share: number): number {
  if (isLinear(histogram, { lower, upper, ...rest })) return lower + (upper - lower) * share;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  return lower > 0 ? 2 ** (logLower + (logUpper - logLower) * share) : -(2 ** (logUpper + (logLower - logUpper) * (1 - share)));
}

/** Share of a bucket's observations that lie below `value`, which is inside it. Nothing is known inside an infinite one. */
export function shareBelow(histogram: Histogram, bucket: Bucket, value: number): number {
  if (bucket.lower === -Infinity) return 1;
  if (bucket.upper === Infinity) return 0;
  if (isLinear(histogram, bucket)) return (value - bucket.lower) / (bucket.upper - bucket.lower);
  const logLower = Math.log2(Math.abs(bucket.lower));
  const logUpper = Math.log2(Math.abs(bucket.upper));
  const logValue = Math.log2(Math.abs(value));
  return value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
}

/** Share of all observations between `lower` and `upper`. */
export function nativeFraction(lower: number, upper: number, histogram: Histogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return exact(Number.NaN);
  const nan = Number.isNaN(histogram.sum) ? 'skewed' : 'none';
  if (lower >= upper) return { value: 0, nan };
  const ends = [lower, upper].map((value) => rankOf(histogram, value));
  return { value: ((ends[1] ?? 0) - (ends[0] ?? 0)) / histogram.count, nan };
}

function rankOf(histogram: Histogram, value: number): number {
  let rank = 0;
  for (const found of bucketsOf(histogram)) {
    const bucket = narrowed(histogram, found);
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) return rank + bucket.count * shareBelow(histogram, bucket, value);
    rank += bucket.count;
  }
  // Observations of NaN are in the count and in no bucket.
  return Number.isNaN(histogram.sum) ? rank : histogram.count;
}

/** Variance of the observations, each taken to be in the middle of its bucket. */
export function nativeVariance(histogram: Histogram): number {
  const mean = histogram.sum / histogram.count;
  let sum = 0;
  for (const bucket of bucketsOf(histogram)) {
    const middle = isCustom(histogram) ? (bucket.lower + bucket.upper) / 2 : bucket.lower <= 0 && bucket.upper >= 0 ? 0 : Math.sqrt(bucket.lower * bucket.upper) * Math.sign(bucket.upper || bucket.lower);
    sum += bucket.count * (middle - mean) ** 2;
  }
  return sum / histogram.count;
}
