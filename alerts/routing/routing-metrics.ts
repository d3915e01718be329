import { registerMetrics, type Metrics, type Registry } from '#core/metrics.js';

export const routingMetricTable = {
  faultline_alerts_routed_alerts: { type: 'gauge', help: 'Alerts that fire as the routing knows them: active, or suppressed by a silence or another alert.', labels: ['state'] },
  faultline_alerts_groups: { type: 'gauge', help: 'Groups of alerts that receivers are told of together.' },
  faultline_alerts_silences: { type: 'gauge', help: 'Silences by their state.', labels: ['state'] },
  faultline_alerts_posted_total: { type: 'counter', help: 'Alerts posted to /api/v2/alerts: taken, or invalid.', labels: ['outcome'] },
  faultline_alerts_flush_failures_total: { type: 'counter', help: 'Times that groups could not hand their messages to the outbox; they try again.' },
  faultline_alerts_held_back_total: { type: 'counter', help: 'Alerts that a group did not tell when it was looked at, by what held them back.', labels: ['by'] },
  faultline_alerts_routing_faults: { type: 'gauge', help: 'Faults in the alertmanager.yml on disk; above 0 the last good one stays in use.' },
} as const;

export type RoutingMetrics = Metrics<typeof routingMetricTable>;
export const routingMetrics = (registry: Registry): RoutingMetrics => registerMetrics(registry, routingMetricTable);
