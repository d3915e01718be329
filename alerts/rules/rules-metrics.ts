import { registerMetrics, type Metrics, type Registry } from '#core/metrics.js';

export const rulesMetricTable = {
  faultline_alerts_rule_groups: { type: 'gauge', help: 'Groups of rules in use.' },
  faultline_alerts_rules: { type: 'gauge', help: 'Rules in use.', labels: ['type'] },
  faultline_alerts_rule_file_faults: { type: 'gauge', help: 'Faults in rule files; a file with one is used as it was before.' },
  faultline_alerts_rule_reloads_total: { type: 'counter', help: 'Times that rule files were found changed: taken, or with a faulty file.', labels: ['outcome'] },
  faultline_alerts_rule_evaluations_total: { type: 'counter', help: 'Evaluations of a group.' },
  faultline_alerts_rule_evaluation_failures_total: { type: 'counter', help: 'Evaluations of a rule that failed; the reason is in /api/v1/rules.' },
  faultline_alerts_rule_missed_evaluations_total: { type: 'counter', help: 'Evaluations left out because the one before took too long.' },
  faultline_alerts_rule_write_failures_total: { type: 'counter', help: 'Evaluations of a group whose series could not be stored.' },
  faultline_alerts_rule_group_duration_seconds: { type: 'histogram', help: 'Time of one evaluation of a group.', buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60] },
  faultline_alerts_rule_alerts: { type: 'gauge', help: 'Alerts of rules by state.', labels: ['state'] },
} as const;

export type RulesMetrics = Metrics<typeof rulesMetricTable>;
export const rulesMetrics = (registry: Registry): RulesMetrics => registerMetrics(registry, rulesMetricTable);
