import { bucketsOf, boundOf, isCustom, type Buckets, type Histogram } from './histogram.js';
import { nativeFraction } from './quantile.js';

/** The observations below (`</`) or above (`>/`) `limit`; a bucket that the limit cuts keeps its share, the sum is estimated from the middles of buckets. */
export function trim(histogram: Histogram, limit: number, op: '</' | '>/'): Histogram {
  const keptShare = (lower: number, upper: number, count: number): number => {
    if (op === '</' ? upper <= limit : lower >= limit) return count;
    if (op === '</' ? lower >= limit : upper <= limit) return 0;
    const below = nativeFraction(-Infinity, limit, histogram) .value * histogram.count - nativeFraction(-Infinity, lower, histogram).value * histogram.count;
    return op === '</' ? below : count - below;
  };
  const side = (buckets: Buckets, sign: 1 | -1): Buckets => {
    const kept = buckets.indices.map((index, at): [number, number] => {
      const near = boundOf(histogram, index - 1) * sign;
      const far = boundOf(histogram, index) * sign;
      return [index, keptShare(Math.min(near, far), Math.max(near, far), buckets.counts[at] ?? 0)];
    }).filter(([, count]) => count > 0);
    return { indices: kept.map(([index]) => index), counts: kept.map(([, count]) => count) };
  };
  const zeroCount = histogram.zeroCount === 0 ? 0 : keptShare(-histogram.zeroThreshold, histogram.zeroThreshold, histogram.zeroCount);
  const trimmed: Histogram = { ...histogram, positive: side(histogram.positive, 1), negative: side(histogram.negative, -1), zeroCount, hint: 'gauge' };
  let count = 0;
  let sum = 0;
  for (const bucket of bucketsOf(trimmed)) {
    count += bucket.count;
    sum += bucket.count * middle(trimmed, bucket.lower, bucket.upper);
  }
  return { ...trimmed, count, sum: count === histogram.count ? histogram.sum : sum };
}

function middle(histogram: Histogram, lower: number, upper: number): number {
  if (lower === -Infinity) return upper;
  if (upper === Infinity) return lower;
  if (isCustom(histogram)) return (lower + upper) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  return Math.sqrt(lower * upper) * Math.sign(upper || lower);
}
