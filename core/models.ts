/** The joint between the life cycle of models and those who show and steer it. */
import type { Labels, UnixMs } from './types.js';

/** `active`: judges. `shadow`: judges beside, told to nobody. `idle`: registered, at rest. `refused`: did not load here, or failed while it ran. */
export type ModelState = 'active' | 'shadow' | 'idle' | 'refused';

export interface ApiModel {
  readonly name: string;
  readonly version: number;
  readonly state: ModelState;
  readonly since: UnixMs;
  readonly registeredAt: UnixMs;
  readonly sha256: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly description: string;
  readonly training: string;
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface ApiModelEvent {
  readonly at: UnixMs;
  readonly name: string;
  readonly version: number;
  readonly event: 'registered' | 'shadowed' | 'promoted' | 'rolled back' | 'retired' | 'refused' | 'drift';
  readonly person: string;
  readonly reason: string;
  /** Version that it took the place of; 0 for none. Rolled back without one to go back to: its own. */
  readonly replaced: number;
}

/** One alarm that both, or one of the two, would have raised. */
export interface ApiAlarmChange {
  readonly change: 'added' | 'removed' | 'delayed' | 'earlier';
  readonly series: { readonly id: string; readonly service: string; readonly operation: string; readonly metric: string; readonly labels: Labels };
  /** Of the shadow's alarm; of the active's where it has none. */
  readonly startsAt: UnixMs;
  /** How much later than the active one; negative when earlier; 0 when only one has it. */
  readonly laterMs: number;
}

/** One condition of a promotion. */
export interface ApiGate {
  readonly gate: 'time' | 'alarms' | 'band' | 'error' | 'cost';
  readonly passed: boolean;
  /** What was measured beside what is asked, in words. */
  readonly text: string;
}

/** A shadow beside what judges, since it became one. */
export interface ApiModelDiff {
  readonly name: string;
  readonly version: number;
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly points: number;
  readonly steps: number;
  /** Steps left out because the detector was late. */
  readonly skipped: number;
  readonly alarms: { readonly active: number; readonly shadow: number; readonly both: number; readonly added: number; readonly removed: number; readonly delayed: number; readonly earlier: number };
  /** Share of points outside the band. */
  readonly outside: { readonly active: number; readonly shadow: number };
  /** Mean distance between forecast and value, in standard deviations of the window. */
  readonly error: { readonly active: number; readonly shadow: number };
  readonly msPerStep: { readonly active: number; readonly shadow: number };
  readonly changes: readonly ApiAlarmChange[];
  readonly gates: readonly ApiGate[];
}

/** How the last day of one kind of series differs from the week before. */
export interface ApiDrift {
  readonly kind: string;
  /** Population stability index of the normalised values: 0 for the same, above 0.25 for another population. null while there is too little to compare. */
  readonly stability: number | null;
  /** Share of points outside the band. */
  readonly outside: number;
  /** Episodes per series and 30 days, beside the budget. */
  readonly alarmRate: number;
  readonly budget: number;
  readonly drifted: boolean;
}

/** GET /api/models */
export interface ApiModels {
  readonly provider: string;
  /** For want of time: the shadow first, then what was promoted beside the models that come with Faultline. */
  readonly leftOut: 'nothing' | 'shadow' | 'promoted';
  readonly models: readonly ApiModel[];
  readonly shadow: ApiModelDiff | null;
  readonly drift: readonly ApiDrift[];
  readonly events: readonly ApiModelEvent[];
}

export interface Decision {
  readonly by: string;
  readonly reason: string;
}

/** What a person may do. Each throws PipelineError: NOT_FOUND for an unknown model, MODEL_INVALID when it does not run, QUERY_INVALID when a gate or the state forbids it. */
export interface ModelActions {
  list(): Promise<ApiModels>;
  diff(name: string, version: number): Promise<ApiModelDiff>;
  /** Registers what lies in the folder for models and is not known yet. Returns what was registered and what was refused, with its reason. */
  scan(by: string): Promise<{ readonly registered: readonly ApiModel[]; readonly refused: readonly { readonly folder: string; readonly reason: string }[] }>;
  shadow(name: string, version: number, decision: Decision): Promise<ApiModel>;
  promote(name: string, version: number, decision: Decision & { readonly force: boolean }): Promise<ApiModel>;
  rollback(name: string, decision: Decision): Promise<ApiModel>;
  /** Takes a shadow out of its place. */
  retire(name: string, version: number, decision: Decision): Promise<ApiModel>;
}
