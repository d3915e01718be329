import type { UnixMs } from '#core/types.js';
import type { ApiChart } from './charts.js';

/** One row of GET /api/slos → {slos: ApiSlo[]}, those with the least budget left first. */
export interface ApiSlo {
  readonly name: string;
  readonly service: string;
  /** Share of events that must succeed, 0..1. */
  readonly objective: number;
  /** Share that failed in the last hour, 0..1; null before its rule was evaluated. */
  readonly errorRatio: number | null;
  /** Share of the error budget that is left, 1 is all of it, below 0 is overspent; null before its rule was evaluated. */
  readonly budgetLeft: number | null;
  /** Severity of its burn-rate alert that fires; '' when none does. */
  readonly burning: string;
  /** Why one of its rules cannot be evaluated; '' when all can. */
  readonly error: string;
  /** What should be known of it, such as that its window is shorter than what was set; '' when nothing. */
  readonly note: string;
  /** The budget left over the range. */
  readonly times: readonly UnixMs[];
  readonly budget: readonly (number | null)[];
}

/** One policy of GET /api/scaling → {policies: ApiScaling[]}, by name. */
export interface ApiScaling {
  readonly policy: string;
  readonly service: string;
  /** How far ahead it looks. */
  readonly horizonMs: number;
  /** As last accepted by the webhook or, in a dry run, as last decided; null before the first decision. */
  readonly replicas: number | null;
  /** Load in requests per second, beside what was expected of each moment one horizon before it: it ends one horizon after the range. */
  readonly chart: ApiChart;
  /** Of the range, newest first. */
  readonly decisions: readonly ApiScalingDecision[];
}

export interface ApiScalingDecision {
  readonly at: UnixMs;
  readonly current: number;
  readonly desired: number;
  /** The webhook took it. */
  readonly applied: boolean;
  readonly reason: string;
}
