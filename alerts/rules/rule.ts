import type { PromSeries } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { Template } from './template.js';

interface CommonRule {
  readonly name: string;
  /** As written. */
  readonly expr: string;
  /** The expression on one line, as Prometheus shows it. */
  readonly query: string;
  readonly labels: Labels;
}

export interface RecordingRule extends CommonRule {
  readonly type: 'recording';
}

export interface AlertingRule extends CommonRule {
  readonly type: 'alerting';
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly annotations: Labels;
  readonly labelTemplates: readonly (readonly [string, Template])[];
  readonly annotationTemplates: readonly (readonly [string, Template])[];
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly file: string;
  readonly name: string;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  /** 0 is no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

/** One value of a series at the time of an evaluation, its name in `__name__`. */
export interface RuleSample {
  readonly labels: Labels;
  readonly value: number;
}

/** The samples of an expression at `time`, one per series; a scalar is one without labels. Rejects with QueryError, also when the answer is neither. `lookbackMs` is how old they may be. */
export type RuleQuery = (expr: string, time: UnixMs, lookbackMs?: number) => Promise<readonly PromSeries[]>;

/** Labels without empty values, in the order of their names: an empty label is an absent one. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  const all = Object.fromEntries(pairs);
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '').toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
