/** The joint between the routing of alerts and those who ask it or change it, in the words of Alertmanager. */
import type { Labels, UnixMs } from './types.js';

/** An alert of somebody else, as POST /api/v2/alerts brings it. */
export interface PostedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** null: since now, or since its end. */
  readonly startsAt: UnixMs | null;
  /** null: until it is not repeated for `resolve_timeout`. One in the past says that it is over. */
  readonly endsAt: UnixMs | null;
  readonly generatorURL: string;
}

export type AlertState = 'active' | 'suppressed';

/** An alert that is not over, and what holds it back. */
export interface AlertView {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: UnixMs;
  /** When it is over unless it is repeated. */
  readonly endsAt: UnixMs;
  readonly updatedAt: UnixMs;
  readonly generatorURL: string;
  readonly receivers: readonly string[];
  readonly state: AlertState;
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  /** Fingerprints of alerts. */
  readonly inhibitedBy: readonly string[];
  /** Names of time intervals. */
  readonly mutedBy: readonly string[];
}

export interface AlertGroupView {
  readonly receiver: string;
  readonly labels: Labels;
  readonly key: string;
  /** When it is looked at next: a change that is due is told then. */
  readonly nextAt: UnixMs;
  /** Names of time intervals in which its route says nothing. */
  readonly mutedBy: readonly string[];
  readonly alerts: readonly AlertView[];
}

/** Which alerts are wanted; what is left out is. */
export interface AlertFilter {
  readonly active?: boolean | undefined;
  readonly silenced?: boolean | undefined;
  readonly inhibited?: boolean | undefined;
  readonly muted?: boolean | undefined;
  /** Matchers such as `severity="page"`. */
  readonly matchers?: readonly string[] | undefined;
  /** An expression that the name of a receiver matches. */
  readonly receiver?: string | undefined;
}

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface SilenceDraft {
  /** Of one to be changed; '' for a new one. */
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAt: UnixMs;
  readonly endsAt: UnixMs;
  readonly createdBy: string;
  readonly comment: string;
}

export interface Silence extends SilenceDraft {
  readonly updatedAt: UnixMs;
}

export interface SilenceView extends Silence {
  readonly state: 'expired' | 'active' | 'pending';
}

/** Where an alert would end: one of the routes that take it. */
export interface RoutePreview {
  readonly receiver: string;
  /** The matchers on the way to it. */
  readonly key: string;
  readonly groupLabels: Labels;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Names of time intervals in which it says nothing, if now is one. */
  readonly mutedBy: readonly string[];
}

export interface RoutingStatus {
  /** Path of the alertmanager.yml in use; '' without one. */
  readonly file: string;
  /** Its routing as YAML: receivers by their names alone, because their settings hold secrets. */
  readonly original: string;
  /** Why the file on disk is not the one in use, one line each; empty when it is. */
  readonly faults: readonly string[];
  readonly startedAt: UnixMs;
}

/** Alerts, groups and silences as they are now. Filters that cannot be read throw QUERY_INVALID. */
export interface AlertRouting {
  status(): RoutingStatus;
  /** By name. */
  receivers(): readonly string[];
  /** Resolves when the alerts are stored. Rejects with QUERY_INVALID, after the others were taken, when some are no alerts. */
  post(alerts: readonly PostedAlert[]): Promise<void>;
  alerts(filter: AlertFilter): readonly AlertView[];
  groups(filter: AlertFilter): readonly AlertGroupView[];
  /** Those that have each of these matchers, active ones first, then pending and expired ones. */
  silences(matchers: readonly string[]): readonly SilenceView[];
  /** The routes that an alert with these labels, such as `{severity="page"}`, would take. Throws QUERY_INVALID. */
  preview(labels: string): readonly RoutePreview[];
  /** Rejects with NOT_FOUND. */
  silence(id: string): SilenceView;
  /** The id of the silence; one that cannot be changed in place ends, and another takes over. */
  setSilence(draft: SilenceDraft): Promise<string>;
  expireSilence(id: string): Promise<void>;
}

/** Who is told of incidents and alerts, and what a person may do to messages that were given up. */
export interface NotificationActions {
  /** Names of webhooks, Slacks and receivers of the alertmanager.yml that have somewhere to send to, and addresses of Alertmanagers; empty while nobody is told. */
  told(): readonly string[];
  /** Sends a dead letter again. Rejects with NOT_FOUND, or QUERY_INVALID when it is not dead. */
  replay(id: string): Promise<void>;
}
