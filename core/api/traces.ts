import type { Labels, UnixMs } from '#core/types.js';

export interface ApiSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  /** Server, Client, Internal, Producer, Consumer or Unspecified. */
  readonly kind: string;
  /** Epoch nanoseconds as a decimal string: they exceed what a double holds. */
  readonly startTimeUnixNano: string;
  readonly durationNs: number;
  readonly status: 'Unset' | 'Ok' | 'Error';
  readonly statusMessage: string;
  readonly attributes: Labels;
  readonly resource: Labels;
  readonly events: readonly { readonly timeUnixNano: string; readonly name: string; readonly attributes: Labels }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Labels }[];
}

/** GET /api/traces/<traceId> */
export interface ApiTrace {
  readonly traceId: string;
  /** By the time they began. */
  readonly spans: readonly ApiSpan[];
  /** How many there are where `spans` are only the first of them; null where they are all. */
  readonly cut: number | null;
}

/** GET /api/traces?service=&operation=&minMs=&maxMs=&status=&from=&to=&limit=&q=&pick=&as= */
export interface ApiTraces {
  /** Newest first. */
  readonly traces: readonly ApiTraceSummary[];
  /** How many match, within a hundredth or so. */
  readonly matching: number;
}

/** The same with `as=columns`: all columns are as long as `traceId`. */
export interface ApiTraceColumns {
  readonly traceId: readonly string[];
  /** Places in `names`. */
  readonly rootService: readonly number[];
  readonly rootName: readonly number[];
  /** Whole milliseconds. */
  readonly startsAt: readonly UnixMs[];
  readonly durationMs: readonly number[];
  readonly spanCount: readonly number[];
  readonly errorCount: readonly number[];
  /** Places in `sets`, which are places in `names`. */
  readonly services: readonly number[];
  readonly names: readonly string[];
  readonly sets: readonly (readonly number[])[];
  readonly matching: number;
}

export interface ApiTraceSummary {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startsAt: UnixMs;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly services: readonly string[];
}
