import { isReset } from '../histogram/arithmetic.js';
import { NO_BUCKETS, type Histogram } from '../histogram/histogram.js';
import type { SeriesData } from '../source.js';

/** Histograms without their buckets; what these tell of resets becomes the hint. */
export function countsOnly(series: SeriesData): SeriesData {
  if (!series.histograms) return series;
  let previous: Histogram | undefined;
  const histograms = series.histograms.map((one) => {
    if (!one) return one;
    const hint = one.hint !== 'unknown' || !previous ? one.hint : isReset(one, previous) ? 'reset' : 'not_reset';
    previous = one;
    const { schema, count, sum } = one;
    return { schema, count, sum, hint, zeroThreshold: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS, customValues: [] };
  });
  return { ...series, histograms };
}
