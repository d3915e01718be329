/** One call that an operation makes. */
export interface Call {
  to: string;
  readonly operation: string;
  /** Made so often for each request; 1 when absent. */
  readonly times?: number;
  /** Share of the requests that lead to it at all. */
  readonly share?: number;
  /** Made beside the parallel call before it, not after it. */
  readonly parallel?: boolean;
  /** What the caller does without where it fails. */
  optional?: boolean;
  timeoutMs?: number;
  retries?: number;
  backoffMs?: number;
  /** Median of what sends no spans, where it is not the usual one. */
  readonly ms?: number;
  /** It is a message, and nobody waits for who takes it. */
  readonly topic?: string;
  /** Called where a later call of the same request fails. */
  readonly undo?: Call;
}

export interface Operation {
  /** Median of its own work. */
  readonly selfMs: number;
  calls: Call[];
}

/** What a gauge says so many seconds after the onset (negative before) and after the beginning; undefined is a missing point. */
export type Gauge = (since: number, elapsed: number) => number | undefined;

export interface Entry {
  readonly service: string;
  readonly operation: string;
  readonly weight: number;
}

/** Something that begins by itself every so many seconds, from or until the onset where that is said. */
export interface Job {
  readonly service: string;
  readonly operation: string;
  readonly everyS: number;
  readonly only?: 'before' | 'after';
}
