import { registerMetrics, type Metrics, type Registry } from '#core/metrics.js';

export const alertsMetricTable = {
  faultline_alerts_notifications_total: { type: 'counter', help: 'Messages by their fate: delivered, dead (given up, the reason is in the table notifications), superseded by a newer one, or unsent (the end of alerts, to one that asked for none).', labels: ['receiver', 'outcome'] },
  faultline_alerts_attempts_total: { type: 'counter', help: 'Attempts to deliver a message: delivered, again (will be repeated) or dead.', labels: ['receiver', 'outcome'] },
  faultline_alerts_attempt_duration_seconds: { type: 'histogram', help: 'Time of one attempt.', labels: ['receiver'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30] },
  faultline_alerts_pending_notifications: { type: 'gauge', help: 'Messages accepted and neither delivered nor dead.', labels: ['receiver'] },
  faultline_alerts_dead_letters: { type: 'gauge', help: 'Messages given up and not sent again since.', labels: ['receiver'] },
  faultline_alerts_save_failures_total: { type: 'counter', help: 'Results that could not be recorded at once; they are recorded later.' },
  faultline_alerts_alertmanager_alerts_total: { type: 'counter', help: 'Alerts sent to Alertmanagers, repetitions included: sent, refused (something in that one is wrong), or failed and sent again.', labels: ['alertmanager', 'outcome'] },
  faultline_alerts_scaling_load_per_second: { type: 'gauge', help: 'Requests per second of a policy\'s service: now, and as forecast at its horizon.', labels: ['policy', 'at'] },
  faultline_alerts_scaling_replicas: { type: 'gauge', help: 'Replicas: current as last accepted, and desired.', labels: ['policy', 'state'] },
  faultline_alerts_scaling_decisions_total: { type: 'counter', help: 'Evaluations of a policy by outcome.', labels: ['policy', 'outcome'] },
  faultline_alerts_scaling_failures_total: { type: 'counter', help: 'Evaluations that failed and are made again.' },
} as const;

export type AlertsMetrics = Metrics<typeof alertsMetricTable>;
export const alertsMetrics = (registry: Registry): AlertsMetrics => registerMetrics(registry, alertsMetricTable);
