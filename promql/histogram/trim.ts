import { boundOf, isCustom, type Bucket, type Buckets, type Histogram } from './histogram.js';
import { narrowed, shareBelow } from './quantile.js';

/**
 * The observations below (`</`) or above (`>/`) `limit`. A bucket that the limit cuts keeps its share; an infinite one stays or goes as a whole.
 * The sum of what is left is estimated from the middle of what is left of each bucket.
 */
export function trim(histogram: Histogram, limit: number, op: '</' | '>/'): Histogram {
  let count = 0;
  let sum = 0;
  let cut = false;
  const keep = (bucket: Bucket): number => {
    const piece = bucket.count === 0 ? undefined : cutBucket(histogram, bucket, limit, op);
    const kept = piece?.count ?? 0;
    if (kept !== bucket.count) cut = true;
    count += kept;
    if (piece && kept !== 0) sum += kept * middle(histogram, piece.lower, piece.upper);
    return kept;
  };
  const side = (buckets: Buckets, sign: 1 | -1): Buckets => {
    const kept = buckets.indices
      .map((index, at): [number, number] => {
        const near = boundOf(histogram, index - 1) * sign;
        const far = boundOf(histogram, index) * sign;
        return [index, keep({ lower: Math.min(near, far), upper: Math.max(near, far), lowerInclusive: false, upperInclusive: false, count: buckets.counts[at] ?? 0 })];
      })
      .filter(([, left]) => left > 0);
    return { indices: kept.map(([index]) => index), counts: kept.map(([, left]) => left) };
  };
  const positive = side(histogram.positive, 1);
  const negative = side(histogram.negative, -1);
  const zeroCount = keep({ lower: -histogram.zeroThreshold, upper: histogram.zeroThreshold, lowerInclusive: true, upperInclusive: true, count: histogram.zeroCount });
  return cut ? { ...histogram, positive, negative, zeroCount, count, sum } : histogram;
}

interface Piece {
  readonly count: number;
  readonly lower: number;
  readonly upper: number;
}

function cutBucket(histogram: Histogram, found: Bucket, limit: number, op: '</' | '>/'): Piece | undefined {
  const boundless = found.lower === -Infinity && found.upper === Infinity;
  const bucket = boundless ? found : narrowed(histogram, found);
  const { lower, upper, count } = bucket;
  const below = op === '</';
  // Where in a bucket without a lower end a negative limit falls is not known.
  const unknown = bucket.lower !== found.lower && isCustom(histogram) && limit < 0 && limit > -Infinity;
  if (unknown) return undefined;
  if (below ? upper <= limit : lower >= limit) return { count, lower, upper };
  if (below ? lower >= limit : upper <= limit) return undefined;
  if (boundless) return undefined;
  if (upper === Infinity) return below ? undefined : { count, lower: limit, upper: limit };
  if (lower === -Infinity) return below ? { count, lower: limit, upper: limit } : undefined;
  const share = shareBelow(histogram, bucket, limit);
  return below ? { count: count * share, lower, upper: limit } : { count: count * (1 - share), lower: limit, upper };
}

function middle(histogram: Histogram, lower: number, upper: number): number {
  if (lower === -Infinity) return upper;
  if (upper === Infinity) return lower;
  const outside = lower > 0 || upper < 0;
  const inZero = Math.max(Math.abs(lower), Math.abs(upper)) <= histogram.zeroThreshold;
  if (isCustom(histogram) || !outside || inZero) return (lower + upper) / 2;
  return Math.sqrt(lower * upper) * Math.sign(upper);
}
