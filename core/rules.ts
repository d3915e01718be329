/** The joint between the alert rules and those who show them, in the words of Prometheus. */
import type { Labels, UnixMs } from './types.js';

export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAt: UnixMs;
  /** Since when only `keep_firing_for` holds it; null when its expression does. */
  readonly keepFiringSince: UnixMs | null;
  readonly value: number;
}

interface RuleHealth {
  readonly name: string;
  /** The expression on one line. */
  readonly query: string;
  readonly labels: Labels;
  readonly health: 'unknown' | 'ok' | 'err';
  /** '' when the last evaluation succeeded. */
  readonly lastError: string;
  readonly evaluationMs: number;
  /** null before the first. */
  readonly lastEvaluationAt: UnixMs | null;
}

export interface AlertingRuleState extends RuleHealth {
  readonly type: 'alerting';
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly annotations: Labels;
  readonly alerts: readonly ActiveAlert[];
}

export interface RecordingRuleState extends RuleHealth {
  readonly type: 'recording';
}

export type RuleState = AlertingRuleState | RecordingRuleState;

export interface RuleGroupState {
  readonly name: string;
  readonly file: string;
  readonly intervalMs: number;
  /** Most series or alerts of one rule; 0 is no limit. */
  readonly limit: number;
  readonly evaluationMs: number;
  readonly lastEvaluationAt: UnixMs | null;
  readonly rules: readonly RuleState[];
}

/** The rules as they are now. */
export interface RulesReader {
  /** By file, then in the order written. */
  groups(): readonly RuleGroupState[];
  /** Why a file is not used as it is on disk, one line each. */
  faults(): readonly string[];
  /** What should be known of the objective of this name and service; '' when nothing. */
  noteOf(slo: string, service: string): string;
}
