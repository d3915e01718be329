import type { RuleState } from '#core/rules.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { Alerts } from './alerting.js';
import type { Rule } from './rule.js';

/** What became of one rule so far. */
export interface RuleProgress {
  readonly rule: Rule;
  alerts: Alerts;
  /** Series of its last evaluation, by fingerprint, so that those that end are marked. */
  series: ReadonlyMap<string, Labels>;
  health: RuleState['health'];
  lastError: string;
  evaluationMs: number;
  lastEvaluationAt: UnixMs | null;
}

export function startOf(rule: Rule): RuleProgress {
  return { rule, alerts: new Map(), series: new Map(), health: 'unknown', lastError: '', evaluationMs: 0, lastEvaluationAt: null };
}
