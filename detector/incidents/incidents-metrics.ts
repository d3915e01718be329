import { registerMetrics, type Metrics, type Registry } from '#core/metrics.js';

export const incidentsMetricTable = {
  faultline_incidents_events_total: { type: 'counter', help: 'Incident events by type.', labels: ['type'] },
  faultline_incidents_read_failures_total: { type: 'counter', help: 'Reads for explanations that failed; the incident goes on without.' },
  faultline_incidents_failures_total: { type: 'counter', help: 'Times that an incident could not be explained or stored; it is tried again, and the others go on.' },
} as const;

export type IncidentsMetrics = Metrics<typeof incidentsMetricTable>;
export const incidentsMetrics = (registry: Registry): IncidentsMetrics => registerMetrics(registry, incidentsMetricTable);
