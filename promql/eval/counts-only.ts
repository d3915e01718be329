import { isReset } from '../histogram/arithmetic.js';
import { NO_BUCKETS, type Histogram } from '../histogram/histogram.js';
import type { SeriesData } from '../source.js';

/** Histograms without their buckets; what these tell of resets becomes the hint. */
export function countsOnly(series: SeriesData): SeriesData {
  if (!series.histograms) return series;
  let previous: Histogram | undefined;
  const histograms = series.histograms.map((one) => {
    if (!one) return one;
    const counts = countsOf(one, previous);
    previous = one;
    return counts;
  });
  return { ...series, histograms };
}

/** The same of one, by the one before. */
export function countsOf(one: Histogram, previous: Histogram | undefined): Histogram {
  const { schema, count, sum } = one;
  const hint = one.hint !== 'unknown' || !previous ? one.hint : isReset(one, previous) ? 'reset' : 'not_reset';
  return { schema, count, sum, hint, zeroThreshold: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS, customValues: [] };
}
