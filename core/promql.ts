/** The joint between the PromQL engine and those who ask it: the HTTP API and the alert rules. */
import type { Labels, UnixMs } from './types.js';

/** Why a query has no answer, in the words of Prometheus' HTTP API. */
export type QueryErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

export class QueryError extends Error {
  readonly type: QueryErrorType;
  constructor(type: QueryErrorType, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'QueryError';
    this.type = type;
  }
}

/** A native histogram as the API shows it. */
export interface PromHistogram {
  readonly count: number;
  readonly sum: number;
  /** Boundaries (0 open left, 1 open right, 2 open, 3 closed), lower, upper, count. Empty buckets are left out. */
  readonly buckets: readonly (readonly [0 | 1 | 2 | 3, number, number, number])[];
}

/** One series of an answer as columns: floats, then native histograms. Times are epoch milliseconds. */
export interface PromSeries {
  readonly metric: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly { readonly time: UnixMs; readonly histogram: PromHistogram }[];
}

export type PromResult =
  | { readonly type: 'scalar'; readonly time: UnixMs; readonly value: number }
  | { readonly type: 'string'; readonly time: UnixMs; readonly value: string }
  /** One point per series. */
  | { readonly type: 'vector'; readonly series: readonly PromSeries[] }
  | { readonly type: 'matrix'; readonly series: readonly PromSeries[] };

export interface PromAnswer {
  readonly result: PromResult;
  /** The answer may be wrong. */
  readonly warnings: readonly string[];
  /** The answer is right and may not be what was meant. */
  readonly infos: readonly string[];
  readonly stats?: PromStats;
}

/** What an answer took. */
export interface PromStats {
  /** Waiting for other queries to end. */
  readonly queuedMs: number;
  /** Parsing, and reading from the store. */
  readonly preparedMs: number;
  readonly evaluatedMs: number;
  /** Samples read, those that were kept from an earlier query included. */
  readonly samples: number;
}

/** What one query may take. */
export interface PromLimits {
  readonly lookbackMs: number;
  readonly timeoutMs: number;
  readonly maxSamples: number;
  readonly maxConcurrency: number;
}

interface PromCount {
  readonly name: string;
  readonly value: number;
}

/** How many series there are, and of what; each list holds the largest, largest first. */
export interface PromCardinality {
  readonly series: number;
  readonly labelPairs: number;
  /** Pieces that the samples lie in on disk. */
  readonly parts: number;
  readonly firstSampleAt: UnixMs;
  readonly lastSampleAt: UnixMs;
  readonly seriesByMetric: readonly PromCount[];
  readonly valuesByLabel: readonly PromCount[];
  /** Bytes of the values of each label, in every series that has it. */
  readonly bytesByLabel: readonly PromCount[];
  /** By `name=value`. */
  readonly seriesByPair: readonly PromCount[];
}

export interface PromQueryOptions {
  /** Default and most: the engine's own. Waiting for other queries counts. */
  readonly timeoutMs?: number | undefined;
  /** Says when nobody waits for the answer any more: then the query ends soon. */
  readonly signal?: AbortSignal | undefined;
  readonly lookbackMs?: number | undefined;
}

/** Which series a question about labels is over; no selectors means all. */
export interface PromScope {
  readonly selectors: readonly string[];
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly limit: number;
  /** Says when nobody waits for the answer any more: then no more selectors are looked at. */
  readonly signal?: AbortSignal | undefined;
}

export interface PromMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export interface PromExemplars {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { readonly labels: Labels; readonly value: number; readonly time: UnixMs }[];
}

/** PromQL over everything the store holds. Every method rejects with QueryError. */
export interface PromEngine {
  instant(query: string, time: UnixMs, options?: PromQueryOptions): Promise<PromAnswer>;
  /** `stepMs` above 0. */
  range(query: string, window: { readonly start: UnixMs; readonly end: UnixMs; readonly stepMs: number }, options?: PromQueryOptions): Promise<PromAnswer>;
  series(scope: PromScope): Promise<readonly Labels[]>;
  labelNames(scope: PromScope): Promise<readonly string[]>;
  labelValues(name: string, scope: PromScope): Promise<readonly string[]>;
  /** By metric name; '' asks for all. */
  metadata(metric: string, limit: number): Promise<Readonly<Record<string, readonly PromMetadata[]>>>;
  exemplars(query: string, from: UnixMs, to: UnixMs): Promise<readonly PromExemplars[]>;
  /** The query in Prometheus' layout. */
  format(query: string): string;
  /** The query as Prometheus' tree of JSON. */
  parse(query: string): object;
  /** `limit` entries in each list. */
  cardinality(limit: number): Promise<PromCardinality>;
  readonly limits: PromLimits;
}
