import { fingerprint } from '#core/fingerprint.js';
import type { Labels, Severity, UnixMs } from '#core/types.js';
import type { AlertState } from './alerting.js';
import type { AlertingRule, RuleGroup } from './rule.js';

/** One alert of a rule that fires, or is over since `resolvedAt`. */
export interface RuleAlert {
  /** Of its labels. */
  readonly fingerprint: string;
  readonly name: string;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number;
  readonly query: string;
  readonly activeAt: UnixMs;
  readonly firedAt: UnixMs;
  readonly resolvedAt: UnixMs | null;
  /** Shows the expression. */
  readonly generatorUrl: string;
}

/** The alerts of one rule after one evaluation. */
export interface RuleAlerts {
  readonly rule: AlertingRule;
  readonly group: RuleGroup;
  readonly at: UnixMs;
  /** Firing and lately resolved ones. */
  readonly alerts: readonly AlertState[];
}

export function ruleAlertsOf({ rule, alerts }: RuleAlerts, publicUrl: string): RuleAlert[] {
  const generatorUrl = `${publicUrl}/graph?${new URLSearchParams({ 'g0.expr': rule.query, 'g0.tab': '1' }).toString()}`;
  return alerts.map(({ labels, annotations, value, activeAt, firedAt, resolvedAt }) => ({ fingerprint: fingerprint(labels), name: rule.name, severity: severityOf(labels), labels, annotations, value, query: rule.query, activeAt, firedAt: firedAt ?? activeAt, resolvedAt, generatorUrl }));
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map(Object.entries({
  critical: 'critical', crit: 'critical', page: 'critical', emergency: 'critical', fatal: 'critical', error: 'critical', high: 'critical', p1: 'critical', sev1: 'critical',
  info: 'info', informational: 'info', information: 'info', none: 'info', debug: 'info', low: 'info', notice: 'info',
}));

/** The label `severity` in Faultline's three words; a warning when it says nothing known. */
export function severityOf(labels: Labels): Severity {
  return SEVERITIES.get((labels['severity'] ?? labels['priority'] ?? '').toLowerCase()) ?? 'warning';
}
