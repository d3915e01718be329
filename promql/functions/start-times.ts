/**
 * Start times of a counter's samples, 0 where unknown: what OpenTelemetry calls start_time_unix_nano and OpenMetrics `_created`.
 * Source: https://prometheus.io/docs/prometheus/latest/feature_flags/#use-start-timestamps
 */
type Starts = Float64Array | undefined;

/** Whether the counter began anew between sample `at` and the one before it. */
export function beganAnew(starts: Starts, times: Float64Array, at: number): boolean {
  const start = starts?.[at] ?? 0;
  if (!starts || start === 0 || start >= (times[at] ?? 0)) return false;
  const before = times[at - 1] ?? 0;
  if (start !== before) return start > before;
  // A delta begins where the one before ended. So does the second sample of a counter whose start nobody knew: there the first one's start is unknown, or its own time.
  const startBefore = starts[at - 1] ?? 0;
  return startBefore !== 0 && startBefore < before;
}

/** Whether a sample of [from, to) says that it began before the end of another one's time. */
export function anyOverlap(starts: Starts, times: Float64Array, from: number, to: number): boolean {
  for (let at = from + 1; starts && at < to; at += 1) {
    const start = starts[at] ?? 0;
    if (start !== 0 && start < (times[at - 1] ?? 0) && start !== starts[at - 1]) return true;
  }
  return false;
}

/** When the counter began at nothing, if that is after `after` and before its sample `at`. */
export function startWithin(starts: Starts, times: Float64Array, at: number, after: number): number | undefined {
  const start = starts?.[at] ?? 0;
  return start !== 0 && start > after && start < (times[at] ?? 0) ? start : undefined;
}
