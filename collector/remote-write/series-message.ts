import type { LabelRanges } from './label-ranges.js';
import type { Said } from './describe.js';
import type { Reader } from '../decode/reader.js';
import type { Work } from '../decode/work.js';

/** Series that are read between two pauses: a pause costs a tenth of what a known series does. */
export const SERIES_A_STEP = 4;

/** The same of its samples, histograms and exemplars, and of fields that are only counted or passed over: millions fit into one series. */
export const ITEMS_A_STEP = 64;
export const FIELDS_A_STEP = 4_096;

/** Takes a series. What it returns is what is left of it, to be done before the next one. */
export type TakeSeries = (series: SeriesMessage) => Work<void> | undefined;

/** Field numbers of a TimeSeries message; the two versions differ. */
export interface SeriesFields {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

/** One TimeSeries message of either version, after a first look at it. One object serves a whole request: it costs nothing per series. */
export interface SeriesMessage extends Said {
  readonly fields: SeriesFields;
  readonly body: Buffer;
  /** Where the rest of the message is. */
  readonly from: number;
  readonly to: number;
  /** Hash of the labels. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** When the series began to count, milliseconds; 0 when it was not said. */
  readonly createdMs: number;
  /** Bytes of labels looked at one by one so far, in the whole request: symbols can make many of few. */
  readonly labelBytes: number;
  /** Reads where the labels at the cursor are, of a TimeSeries or an Exemplar; false when one refers to nothing. */
  labelRanges(message: Reader, into: LabelRanges): boolean;
}
