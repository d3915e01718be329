import type { Resource } from '../decode/resource.js';
import { LABELS_TOO_LARGE } from '../label-limits.js';

/** Why a part of a request cannot be stored. `code` is a metric label; `reason` is for the sender. */
export interface Refusal {
  readonly code: 'labels' | 'rate' | 'source_series' | 'time' | 'histogram' | 'series' | 'exemplar' | 'series_limit';
  readonly reason: string;
  /** Whose it is, when that is known. */
  readonly resource?: Resource;
}

export const REFUSED = {
  emptyLabel: { code: 'labels', reason: 'a label with an empty name or value' },
  notUtf8: { code: 'labels', reason: 'a label that is not UTF-8' },
  repeatedLabel: { code: 'labels', reason: 'a label name that occurs twice' },
  unsortedLabels: { code: 'labels', reason: 'labels that are not sorted by name' },
  labelsTooLarge: { code: 'labels', reason: LABELS_TOO_LARGE },
  noName: { code: 'labels', reason: 'a series without the label __name__' },
  unknownSymbol: { code: 'labels', reason: 'a reference to a symbol that is not there' },
  mixedSeries: { code: 'series', reason: 'a series with both samples and histograms' },
  histogramSpans: { code: 'histogram', reason: 'a native histogram whose spans do not fit its buckets' },
  histogramSize: { code: 'histogram', reason: 'a native histogram over more than 4096 buckets' },
  histogramSchema: { code: 'histogram', reason: 'a native histogram of an unknown schema' },
  histogramCounts: { code: 'histogram', reason: 'a native histogram with negative or fractional counts' },
  histogramBounds: { code: 'histogram', reason: 'a native histogram whose custom bounds do not increase' },
  exemplarLabels: { code: 'exemplar', reason: 'an exemplar with invalid labels' },
} as const satisfies Record<string, Refusal>;
