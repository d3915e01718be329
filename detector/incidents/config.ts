import { z } from 'zod';
import { duration } from '#core/duration.js';
import { SILENT_STEPS } from '../words.js';

/** How anomalies become incidents. Durations are texts such as `30s`, parsed to milliseconds. */
export const incidentsConfig = z.strictObject({
  window: duration.prefault('30s').describe('An anomaly that begins while another lasts, or this soon after its end, may belong to the same incident; two steps of the detector at least.'),
  max_hops: z.int().min(0).max(5).default(2).describe('Calls between two services whose anomalies may belong together, where what stands between passes trouble on.'),
  open_after: duration.prefault('15s').describe('A weak anomaly of requests, errors or latency opens an incident after it lasted this long.'),
  strong_score: z.number().min(1).default(1.5).describe('An anomaly of requests or errors this strong opens at once.'),
  strong_latency_score: z.number().min(1).default(5).describe('An anomaly of latency this strong opens at once; one long pause can cause a weaker one.'),
  metric_open_after: duration.prefault('20s').describe('Anomalies of other metrics open a warning after they lasted this long.'),
  metric_score: z.number().min(1).default(2).describe('An alert of others, or a metric of resources that lasted, must be this strong to open an incident alone; any other metric five times as strong.'),
  resolve_after: duration.prefault('60s').describe('An incident resolves when all its evidence has been over for this long.'),
  stale_after: duration.prefault('2m').describe('Evidence that the detector did not renew for this long is over; 13 steps of the detector and its delay at least, which is 203 s as both are by default.'),
  reopen_within: duration.prefault('2m').describe('A recurrence this soon after the resolution reopens the incident.'),
  deploy_window: duration.prefault('5m').describe('A version first seen this long before the onset counts as a suspect.'),
  update_every: duration.prefault('10s').describe('Shortest time between two updates of one incident.'),
  max_evidence: z.int().min(1).default(50).describe('Anomalies kept in one incident, those of its causes first, then what lasts, then the strongest.'),
});
export interface IncidentsConfig extends z.output<typeof incidentsConfig> {
  /** Milliseconds between two points of the evidence, where that is known. */
  readonly step?: number;
  /** Milliseconds that the detector waits before it speaks of a point, where that is known. */
  readonly delay?: number;
}

/** The same for a detector with `step` between its points and `delay` before it speaks: an incident cannot be quicker than its evidence. */
export function atPaceOf({ step, delay }: { readonly step: number; readonly delay: number }, config: IncidentsConfig): IncidentsConfig {
  return { ...config, step, delay, window: Math.max(config.window, 2 * step), stale_after: Math.max(config.stale_after, delay + (SILENT_STEPS + 1) * step) };
}
