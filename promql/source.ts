import type { Matcher } from './ast.js';
import type { Histogram } from './histogram/histogram.js';
import type { LabelSet } from './labels.js';

/** What one sample is. A stale sample ends its series until the next one. */
export const STALE = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** One series as columns of equal length. `times` (epoch milliseconds) strictly increase; `values` holds where `kinds` is FLOAT, `histograms` where it is HISTOGRAM. */
export interface SeriesData {
  readonly labels: LabelSet;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
  /** When what each sample counts began, epoch milliseconds, 0 where nobody knows; absent when that is so everywhere. */
  readonly starts?: Float64Array;
  /** Every sample is a FLOAT, so nobody needs to look at `kinds`. */
  readonly plain?: boolean;
}

/** What these samples count as, a whole number: a float 1, a histogram as much again for every two of its buckets, about as Prometheus weighs them. */
export function weightOf({ times, histograms = [] }: SeriesData): number {
  return times.length + Math.ceil(histograms.reduce((sum, one) => sum + (one ? (one.positive.counts.length + one.negative.counts.length) / 2 : 0), 0));
}

/** Bounds of one read. A source that would go over one throws QueryError `execution`, or `timeout`. */
export interface SelectLimits {
  readonly maxSeries: number;
  readonly maxSamples: number;
  readonly timeoutSeconds: number;
  /** The shortest stretch of time that the samples are looked at over: what is long may be answered more coarsely. Absent when nobody knows. */
  readonly spanMs?: number;
  /** Says when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
  /** Nothing but counts and sums of histograms is asked for, and what their buckets tell of resets. */
  readonly countsOnly?: boolean;
}

/** A selection of more samples than are held at once. */
export interface LargeSelection {
  /** The same object while the same series are selected. */
  readonly identity: object;
  /** Of every series, in order. */
  readonly labels: readonly LabelSet[];
  /** What changed since `mark`; undefined when that is not known. */
  since(mark: number): { readonly mark: number; readonly earliest: number } | undefined;
  /** Samples in (from, to], series by series: `each` gets some whole series at a time, the next when it is done with them. */
  read(from: number, to: number, limits: SelectLimits, each: (piece: readonly SeriesData[]) => Promise<void>): Promise<void>;
}

/** Where samples come from. */
export interface SampleSource {
  /** Series whose labels pass every matcher, with their samples in (from, to], in the order of their labels. A matcher on a label that is absent sees ''. */
  select(matchers: readonly Matcher[], from: number, to: number, limits: SelectLimits): Promise<SeriesData[]>;
  /** The same selection, when it is so large that it should be read in pieces. */
  large?(matchers: readonly Matcher[], from: number, to: number, limits: SelectLimits): Promise<LargeSelection | undefined>;
}
