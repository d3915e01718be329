import type { ApiTraceSummary } from '#core/api.js';
import type { TracesSearch } from './search.js';

/**
 * The server asks whether any span of a trace is as long as wanted. Without a service or an operation the whole trace is
 * meant, so those whose own length does not fit go.
 */
export function fitting(traces: readonly ApiTraceSummary[], { service, operation, minMs = 0, maxMs = Infinity }: TracesSearch): readonly ApiTraceSummary[] {
  if (service !== undefined || operation !== undefined) return traces;
  return traces.filter(({ durationMs }) => durationMs >= minMs && durationMs <= maxMs);
}
