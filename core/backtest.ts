/** The words of a backtest: recorded values, what is said of them, and what the API answers. */
import type { ApiChart } from './api/charts.js';
import type { UnixMs } from './types.js';

/** Recorded values of one series, or of several columns that belong together. Times are epoch milliseconds; NaN is a gap. */
export interface Recording {
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** What is said of each row of a recording, in its order. Numbers are always finite. */
export interface Judged {
  /** Below 1 it ranks the row among the others; above 1 only where an alert is raised. */
  readonly score: Float64Array;
  readonly alert: Uint8Array;
  /** Of the column that surprises most, in its own unit; all three alike while nothing is known yet. */
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Index of that column. */
  readonly top: Uint32Array;
  /** Rows that raised an alert: one per episode. */
  readonly raised: readonly number[];
}

export type JudgeRecording = (recording: Recording) => Promise<Judged>;

export interface ApiEpisode {
  readonly at: UnixMs;
  readonly value: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  /** Above 1; what it has beyond 1 is severity. */
  readonly score: number;
}

/** What POST /api/backtest answers. */
export interface ApiBacktest {
  readonly stepMs: number;
  readonly series: readonly { readonly chart: ApiChart; readonly episodes: readonly ApiEpisode[]; /** Points before the range that it was learned from. */ readonly learned: number }[];
  /** Series of the query beyond those judged. */
  readonly left: number;
  readonly summary: { readonly points: number; readonly episodes: number; readonly seriesDays: number; readonly alarmsPerDay: number };
}
