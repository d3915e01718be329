/** What people say of incidents, and what it teaches: shared by the detector, the API and the dashboard (types only). */
import type { Anomaly, CauseDetail, Direction, Incident, SeriesKind, Severity, UnixMs, VerdictKind } from './types.js';

/** Days of the week as ISO 8601 counts them: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A part of the day on some days, on the wall clock of a time zone. `from` after `to` reaches over midnight; the days are those on which it begins. */
export interface Recurring {
  /** HH:MM */
  readonly from: string;
  /** HH:MM, not included. */
  readonly to: string;
  /** None: every day. */
  readonly days: readonly Weekday[];
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string;
}

/** One stretch of time; `to` is not included. */
export interface Once {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

/** Which anomalies a mute is about. At least `series` or `service` says something; what is '' or null matches all. */
export interface MuteMatch {
  /** Id of one watched series. */
  readonly series: string;
  readonly service: string;
  readonly kind: SeriesKind | null;
  readonly metric: string;
  readonly operation: string;
  readonly direction: Direction | null;
  /** Only anomalies with a lower score; null for any. */
  readonly below: number | null;
  /** Only anomalies that begin then; null for any time. */
  readonly when: Recurring | null;
}

/** A mute that is not applied yet. */
export interface MuteDraft {
  readonly match: MuteMatch;
  /** Why, in a person's words. */
  readonly reason: string;
  /** The incident it was learned from; '' for none. */
  readonly incident: string;
}

/** A draft in words. */
export interface MuteProposal extends MuteDraft {
  /** "payment: errors, up, score below 4" */
  readonly text: string;
}

/** Anomalies that matter to nobody: they are stored and shown as muted, and open no incident. */
export interface Mute extends MuteDraft {
  readonly id: string;
  readonly createdAt: UnixMs;
  readonly createdBy: string;
  readonly updatedAt: UnixMs;
  readonly expiresAt: UnixMs;
}

/** A mute with what it did. */
export interface MuteState extends Mute {
  readonly text: string;
  readonly active: boolean;
  readonly suppressed: number;
  readonly lastSuppressedAt: UnixMs | null;
}

/** An anomaly that a mute kept out of incidents. */
export interface MutedAnomaly {
  readonly mute: string;
  readonly anomaly: Anomaly;
}

/** What mutes would have changed in the last days, by replay of the stored anomalies. */
export interface MuteEffect {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** Replayed; older ones were left out where there were too many. */
  readonly anomalies: number;
  readonly removedAnomalies: number;
  readonly incidents: number;
  readonly removedIncidents: number;
  /** Incidents that people called real and that would not have been opened. */
  readonly removedReal: readonly { readonly id: string; readonly title: string; readonly startsAt: UnixMs }[];
  /** "would have removed 41 of 200 anomalies and 3 of 9 incidents in 7 days, none of them confirmed real" */
  readonly text: string;
}

/** What a person may name as the cause. */
export interface NamedCause {
  readonly service: string;
  /** null: the service as such. */
  readonly detail: CauseDetail | null;
}

/** What a person said was the cause of an incident: in incidents that look alike the named service ranks higher. */
export interface Lesson extends NamedCause {
  /** Of the incident that it was learned from. */
  readonly id: string;
  readonly title: string;
  /** What that incident showed: "payment errors up". */
  readonly signs: readonly string[];
  readonly createdAt: UnixMs;
  readonly createdBy: string;
  readonly expiresAt: UnixMs;
}

/** A lesson with what it did. */
export interface LessonState extends Lesson {
  /** "ledger (metric pool_size)" */
  readonly text: string;
  readonly active: boolean;
  /** Incidents in whose ranking it weighs. */
  readonly weighed: number;
}

/** What a lesson would have changed in the incidents of the last days. */
export interface LessonEffect {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** Looked at, without the one that it is learned from. */
  readonly incidents: number;
  /** Of these, those alike enough. */
  readonly similar: number;
  /** Rank of the named cause in the incident it is learned from; null where it ranks nowhere. */
  readonly own: { readonly before: number | null; readonly after: number | null };
  /** Incidents whose first cause would be another. */
  readonly changed: readonly { readonly id: string; readonly title: string; readonly startsAt: UnixMs; readonly from: string; readonly to: string }[];
  /** Incidents whose cause people told, and which would rank it lower. */
  readonly worse: readonly { readonly id: string; readonly title: string; readonly startsAt: UnixMs; readonly right: string }[];
  /** "would have changed the first cause of 2 of 14 incidents in 14 days, and made none of the 5 worse whose cause is known" */
  readonly text: string;
}

/** What was announced: maintenance, a load test, a nightly job. */
export interface ExpectedWindow {
  readonly id: string;
  readonly name: string;
  /** None: all services. */
  readonly services: readonly string[];
  readonly schedule: { readonly once: Once } | { readonly recurring: Recurring };
  readonly createdAt: UnixMs;
  readonly createdBy: string;
  readonly updatedAt: UnixMs;
}

export interface WindowState extends ExpectedWindow {
  /** It lasts now until then. */
  readonly activeUntil: UnixMs | null;
  /** When it begins next; null when it never will again. */
  readonly nextAt: UnixMs | null;
}

/** An earlier incident that looks alike, and what came of it. */
export interface SimilarIncident {
  readonly id: string;
  readonly title: string;
  readonly startsAt: UnixMs;
  readonly endsAt: UnixMs | null;
  readonly severity: Severity;
  /** 0..1: share of what either showed that both showed, rare things counting more. */
  readonly similarity: number;
  /** What both showed, rarest first: "payment errors up". */
  readonly shared: readonly string[];
  readonly verdict: VerdictKind | null;
  /** What people said the cause was, or else what ranked first. */
  readonly cause: string;
  readonly causeTold: boolean;
  readonly notes: Incident['notes'];
}

/** Evidence that came at the same time of day before. */
export interface Recurrence {
  readonly anomaly: string;
  /** Days in UTC, YYYY-MM-DD, newest first, without the incident's own. */
  readonly days: readonly string[];
  /** A mute for that time of day. */
  readonly draft: MuteProposal;
}

/** What is known of an incident beside itself, as of now. */
export interface IncidentContext {
  readonly similar: readonly SimilarIncident[];
  readonly recurring: readonly Recurrence[];
  /** Anomalies near it that were muted. */
  readonly muted: readonly MutedAnomaly[];
  /** The cause that people named in similar incidents; '' for none. */
  readonly toldCause: string;
  /** What was learned from it. */
  readonly lesson: LessonState | null;
  /** What may be named as its cause, the likeliest first. */
  readonly candidates: readonly NamedCause[];
}

/** How incidents were judged. */
export interface Judged {
  readonly real: number;
  readonly wrongCause: number;
  readonly noise: number;
  readonly expected: number;
}

/** What a person may do to an incident. Each rejects with NOT_FOUND for an unknown id, QUERY_INVALID where it makes no sense. */
export interface IncidentActions {
  acknowledge(id: string, by: string): Promise<Incident>;
  note(id: string, author: string, text: string): Promise<Incident>;
  resolve(id: string, by: string): Promise<Incident>;
  /** Stays open until a person closes it. */
  reopen(id: string, by: string): Promise<Incident>;
  /** '' for nobody. */
  assign(id: string, to: string, by: string): Promise<Incident>;
  /** null: as the evidence says. */
  setSeverity(id: string, severity: Severity | null, by: string): Promise<Incident>;
  /** null takes a verdict back. `anomaly` '' is the incident as a whole; `cause` is the right one, '' when unknown. */
  judge(id: string, verdict: { readonly kind: VerdictKind | null; readonly anomaly: string; readonly cause: string; readonly detail?: CauseDetail | null }, by: string): Promise<Incident>;
  /** Ranks the cause that its verdict names higher in similar incidents. */
  learn(id: string, by: string): Promise<Incident>;
  /** Ranks by the evidence alone again. */
  unlearn(id: string, by: string): Promise<void>;
  /** The incident `id` with all that `other` showed; `other` is over. */
  merge(id: string, other: string, by: string): Promise<Incident>;
  /** A new incident around some evidence of `id`. */
  split(id: string, anomalies: readonly string[], by: string): Promise<{ readonly incident: Incident; readonly created: Incident }>;
}

/** What verdicts teach, and what is announced. */
export interface Feedback {
  context(incident: Incident): Promise<IncidentContext>;
  judged(): Promise<Judged>;
  /** Mutes that would have kept an incident, or one anomaly of it, from being opened. */
  propose(incident: Incident, kind: 'noise' | 'expected', anomaly: string, timeZone: string): readonly MuteProposal[];
  effect(drafts: readonly MuteDraft[], days: number): Promise<MuteEffect>;
  mutes(): Promise<readonly MuteState[]>;
  /** Anomalies that a mute kept out of incidents, newest first, at most 100. */
  muted(id: string): Promise<readonly MutedAnomaly[]>;
  /** Rejects with QUERY_INVALID when an incident that people called real would be removed, unless `force`. */
  addMutes(drafts: readonly MuteDraft[], expiresAt: UnixMs | null, by: string, force: boolean): Promise<readonly Mute[]>;
  changeMute(id: string, change: Partial<Pick<Mute, 'match' | 'reason' | 'expiresAt'>>, force: boolean): Promise<Mute>;
  removeMute(id: string): Promise<void>;
  lessons(): Promise<readonly LessonState[]>;
  /** What it would change to learn the cause that the verdict on `incident` names. Rejects with QUERY_INVALID where it names none, or no service that is known. */
  lessonEffect(incident: Incident, days: number): Promise<LessonEffect>;
  /** Rejects with QUERY_INVALID when an incident whose cause people told would be ranked worse, unless `force`. */
  learn(incident: Incident, by: string, force: boolean): Promise<Incident>;
  windows(): readonly WindowState[];
  putWindow(id: string | null, window: Pick<ExpectedWindow, 'name' | 'services' | 'schedule'>, by: string): Promise<ExpectedWindow>;
  removeWindow(id: string): Promise<void>;
}
