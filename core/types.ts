/** Words of the product, shared by every room. No I/O, nothing of ours imported. */

/** Keys are OTel attribute names: `service.name`. */
export type Labels = Readonly<Record<string, string>>;
/** Epoch milliseconds, UTC. */
export type UnixMs = number;

/**
 * The one arrow between rooms. Resolves when `item` is accepted: stored, or owned downstream.
 * Rejects with a PipelineError when it is not; the caller then still owns it.
 */
export interface Consumer<T> {
  consume(item: T): Promise<void>;
}

/** What main.ts starts and stops. `stop` flushes, is idempotent, and is safe before `start`. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What a series measures. `rate`, `errors` and `latency` come from spans; `logs` is records per second; `metric` is anything exported. */
export type SeriesKind = 'rate' | 'errors' | 'latency' | 'metric' | 'logs';

/** One watched series: its identity and what it means to a person. `id` is the fingerprint of kind, name and labels, 16 hex digits. */
export interface Series {
  readonly id: string;
  readonly kind: SeriesKind;
  /** `service.name`; '' when the series belongs to no service. */
  readonly service: string;
  /** Span name for RED series, '' for the whole service or for metrics. */
  readonly operation: string;
  /** `requests`, `error_ratio`, `p95`, or the metric's name. */
  readonly metric: string;
  /** UCUM unit: `1/s`, `1` (a ratio), `ms`, `By`, …; '' when unknown. */
  readonly unit: string;
  readonly labels: Labels;
}

/**
 * Whether a series is judged, so that no news is not taken for good news. `learning`: it has fewer points than it takes; `active`: it is judged; `stale`: it was, but no point has come for long;
 * `absent`: the detector does not know it: never seen, silent for an hour, or beyond `detector.max_series`.
 */
export interface SeriesState {
  readonly state: 'learning' | 'active' | 'stale' | 'absent';
  readonly points: number;
  /** Points that it takes. */
  readonly needed: number;
  /** 0 for never. */
  readonly lastSeenAt: UnixMs;
  /** Its long memory speaks once it has seen `of` days, this being the `day`th; it waits for what the store holds of the past, or rests for want of time. null: it has none. */
  readonly longMemory: { readonly state: 'learning' | 'active' | 'waiting' | 'resting'; readonly day: number; readonly of: number } | null;
}

export type Direction = 'up' | 'down' | 'absent';

/** One detector's share of an anomaly. `score` above 1 is outside its band. */
export interface Contribution {
  readonly detector: string;
  readonly score: number;
  /** What it expected of the point with the highest score, and its band, in the series' own unit. Absent in anomalies that were stored before it existed, and where nothing was forecast. */
  readonly expected?: number;
  readonly lower?: number;
  readonly upper?: number;
  readonly guard?: Guard;
  /** Which file of a model judged; absent where what judged is none. */
  readonly model?: { readonly version: number; readonly sha256: string };
  readonly window?: LookedAt;
}

/** The points before the one that was judged, which what judged it knew: the oldest, the moment that was judged, and how many. `dayBefore`: the same time of the day before as well. */
export interface LookedAt {
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly points: number;
  readonly dayBefore: boolean;
}

/** What made a band as wide as it is: the series' own errors, the noise of counting, the least move that matters as a share or as such; or `loss`, for which the band of a steady flow is narrowed, and `reach`, for which that of a level or a share of failures is. */
export type Guard = 'errors' | 'counting' | 'share' | 'size' | 'loss' | 'reach';

/** What whoever wrote an alert says of it. Both links are http or https; '' where there is none. */
export interface AlertWords {
  readonly summary: string;
  readonly runbook: string;
  readonly expression: string;
}

/**
 * A run of points outside the band of one series: one episode, from onset to return. `endsAt` is null while it lasts; `updatedAt` is the newest point outside.
 * `value` and the band are those at `peakAt`, where the series was furthest away, in its own unit; `score` is the highest of the episode.
 */
export interface Anomaly {
  readonly id: string;
  readonly series: Series;
  /** What its series measures, as incidents say it: "errors", "heap". Absent outside incidents, and in those stored before it existed. */
  readonly measure?: string;
  /** The broker or exporter that counts what waits for `series.service` to take it. Absent where that measures it itself, and outside incidents. */
  readonly measuredBy?: string;
  readonly startsAt: UnixMs;
  readonly endsAt: UnixMs | null;
  /** Why it ended, where its series is not known to be back: nothing is heard of it any more, or it lasted until it was taken for the new level. */
  readonly ended?: 'silent' | 'new level';
  readonly peakAt: UnixMs;
  readonly updatedAt: UnixMs;
  readonly value: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly score: number;
  readonly direction: Direction;
  /** How many points were outside so far. */
  readonly points: number;
  readonly contributions: readonly Contribution[];
  /** Of an alert of others, as it was first told. Absent in those stored before it existed. */
  readonly alert?: AlertWords;
}

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';
export type Severity = 'critical' | 'warning' | 'info';

export interface RankedCause {
  readonly service: string;
  /** How likely it is the cause, 0..1. The ranks of one incident sum to less than 1: the cause may be something that shows nothing. */
  readonly confidence: number;
  /** What a person would say after the service's name and a colon: what was seen, when, and why it ranks here. */
  readonly reason: string;
  readonly onsetAt: UnixMs;
  /** A fault of its own beside the first cause: neither explains the other. */
  readonly independent?: boolean;
  /** What people named in similar incidents, where that weighs here. */
  readonly taught?: Taught;
}

/** What people said of similar incidents, as it weighs in a ranking. */
export interface Taught {
  /** Its odds are those of the evidence times e to the power of this. */
  readonly weight: number;
  /** The evidence alone ranks it nowhere. */
  readonly unseen: boolean;
  readonly lessons: readonly { readonly lesson: string; readonly title: string; readonly by: string; readonly likeness: number }[];
}

/** One span attribute value that separates the bad spans from the good ones. Shares are 0..1. */
export interface AttributeDifference {
  readonly key: string;
  readonly value: string;
  readonly badShare: number;
  readonly goodShare: number;
  /** Values of other attributes that the same spans have, such as the node of a pod. */
  readonly alike?: readonly { readonly key: string; readonly value: string }[];
}

export interface TimelineEntry {
  readonly at: UnixMs;
  /** `judged` and `changed` are what people did by hand beside the rest. */
  readonly kind: 'deploy' | 'processes' | 'anomaly' | 'recovered' | 'opened' | 'updated' | 'acknowledged' | 'note' | 'resolved' | 'notified' | 'judged' | 'changed';
  readonly service: string;
  readonly text: string;
}

/** Whether an incident or an anomaly mattered. `wrong_cause`: it did, and something else was to blame. */
export type VerdictKind = 'real' | 'noise' | 'expected' | 'wrong_cause';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly by: string;
  readonly at: UnixMs;
  /** The service that was to blame, for `wrong_cause`; '' when nobody said. */
  readonly cause: string;
  /** What of it; null or absent for the service as such. */
  readonly detail?: CauseDetail | null;
}

/** What of a service was to blame. */
export interface CauseDetail {
  readonly kind: 'instance' | 'operation' | 'metric' | 'change';
  readonly name: string;
}

/** What users noticed since the onset. A request is one trace through the services whose trouble users notice. */
export interface Impact {
  readonly requests: number;
  readonly failed: number;
  /** Those of them that were answered all the same, such as by a repeat: the outermost request did not fail. Absent in incidents that were stored before it existed. */
  readonly answered?: number;
  /** Not failed, but took more than twice as long as 95 % of the same operation's did before. */
  readonly slow: number;
  /** Who was behind those that failed unanswered, and the slow ones; null where no attribute says. */
  readonly people: { readonly attribute: string; readonly count: number } | null;
  /** Counted between these: at most the last 6 hours. */
  readonly from: UnixMs;
  readonly to: UnixMs;
}

export interface Note {
  readonly at: UnixMs;
  readonly author: string;
  readonly text: string;
}

/** Correlated anomalies with one owner and one life, from first sight to resolution. */
export interface Incident {
  readonly id: string;
  readonly status: IncidentStatus;
  readonly severity: Severity;
  /** "checkout: errors 0.2 % → 38 %, first in payment" */
  readonly title: string;
  /** One or two sentences: what began where, when, and what followed. */
  readonly summary: string;
  readonly startsAt: UnixMs;
  /** After `endsAt` where it was over before it was found: its end is then the first that anybody is told. */
  readonly openedAt: UnixMs;
  readonly updatedAt: UnixMs;
  readonly endsAt: UnixMs | null;
  readonly acknowledgedAt: UnixMs | null;
  readonly acknowledgedBy: string;
  /** Best first. */
  readonly causes: readonly RankedCause[];
  readonly services: readonly string[];
  /** Strongest first. */
  readonly evidence: readonly Anomaly[];
  readonly differences: readonly AttributeDifference[];
  /** Trace ids that show it, worst first. */
  readonly traces: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly notes: readonly Note[];
  /** What follows is absent in incidents that were stored before it existed. */
  /** Whoever works on it; '' for nobody. */
  readonly assignee?: string;
  readonly verdict?: Verdict | null;
  /** Verdicts on single anomalies, by their id. */
  readonly anomalyVerdicts?: Readonly<Record<string, Verdict>>;
  /** Who set the severity by hand; '' while the evidence sets it. */
  readonly severityBy?: string;
  /** Who closed it by hand: evidence that simply goes on does not open it again. */
  readonly closedBy?: string;
  /** Series and direction of the anomalies that are beyond those it keeps. */
  readonly cut?: readonly string[];
  /** Who opened it again by hand: it stays open until a person closes it. */
  readonly reopenedBy?: string;
  /** The incident that a person made this one part of. */
  readonly mergedInto?: string;
  /** Services that fell silent because they go on under another name: that they are gone keeps it from nothing. */
  readonly renamed?: readonly { readonly from: string; readonly to: string }[];
  /** Incidents that a person split from it, or it from: they stay apart. */
  readonly apart?: readonly string[];
  /** The announced event that explains it: nobody is notified. */
  readonly expected?: { readonly window: string; readonly name: string; readonly until: UnixMs } | null;
  readonly impact?: Impact | null;
  /** What to look at first, one sentence. */
  readonly firstCheck?: string;
}

export interface IncidentEvent {
  readonly type: 'opened' | 'updated' | 'acknowledged' | 'resolved';
  readonly incident: Incident;
}
