import type { Labels, UnixMs } from '#core/types.js';

export interface ApiLog {
  readonly timeUnixNano: string;
  readonly service: string;
  readonly severityText: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Labels;
  readonly resource: Labels;
}

/** GET /api/logs?q=&service=&severity=&traceId=&pattern=&from=&to=&limit=&before= */
export interface ApiLogs {
  readonly logs: readonly ApiLog[];
  /** `before` of the records that follow, null where these are all. */
  readonly older: string | null;
  /** Records over time by severity, in at most 60 buckets. */
  readonly histogram: { readonly times: readonly UnixMs[]; readonly counts: Readonly<Record<string, readonly number[]>> };
}

/** GET /api/logs/patterns, same filters as /api/logs */
export interface ApiLogPatterns {
  /** Most frequent first: the 200 most frequent, and the 50 newest that are new in the range. */
  readonly patterns: readonly ApiLogPattern[];
  /** How many there are. */
  readonly matching: number;
}

export interface ApiLogPattern {
  /** 64 bits, decimal: `pattern` of /api/logs. '0' for records without one. */
  readonly id: string;
  readonly service: string;
  /** The message with `<*>` for what varies. */
  readonly template: string;
  /** The newest message, its trace and span, '' without one, and its time. */
  readonly example: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly timeUnixNano: string;
  readonly records: number;
  /** Of the worst record. */
  readonly severityText: string;
  readonly severityNumber: number;
  readonly firstSeenAt: UnixMs;
  readonly lastAt: UnixMs;
  /** Records over time, 30 buckets. */
  readonly counts: readonly number[];
}
