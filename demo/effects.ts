/** What is wrong with one service at the moment. All neutral: nothing is. */
export interface Effects {
  /** Median of the time that every request waits in addition, in milliseconds. */
  readonly slowMs: number;
  /** Share of requests that fail with status 500, 0..1. */
  readonly failShare: number;
  /** Share of requests that are refused with status 503 before any work, 0..1. */
  readonly shedShare: number;
  /** Bytes per second that are kept and never given back, up to `LEAK_LIMIT_BYTES`. */
  readonly leakBytesPerSecond: number;
  /** Share of the thread's time that is burnt, 0..1. */
  readonly busyShare: number;
  /** Times that a failed call to `retriedPeer` is repeated at once. */
  readonly retries: number;
  readonly retriedPeer: string;
  /** The queue is not read. */
  readonly consumerStalled: boolean;
  /** The running version cannot serve one platform. */
  readonly brokenRelease: boolean;
}

export const HEALTHY: Effects = { slowMs: 0, failShare: 0, shedShare: 0, leakBytesPerSecond: 0, busyShare: 0, retries: 0, retriedPeer: '', consumerStalled: false, brokenRelease: false };

/** A demo must not hurt the machine it runs on. */
export const LEAK_LIMIT_BYTES = 100 * 1024 * 1024;
