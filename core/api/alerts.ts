import type { RoutePreview } from '#core/alert-routing.js';
import type { Labels, UnixMs } from '#core/types.js';

/** One row of GET /api/notifications?status=&receiver=&from=&to=&limit= → ApiNotifications, newest first. */
export interface ApiNotification {
  readonly id: string;
  /** Of `alerts.webhooks` and the like, or an integration of an alertmanager.yml: receiver/kind/index. */
  readonly receiver: string;
  readonly event: string;
  /** The incident, `alert:<fingerprint>`, or the key of a group of alerts; '' for none. */
  readonly about: string;
  readonly status: 'pending' | 'delivered' | 'dead' | 'superseded' | 'unsent';
  readonly attempts: number;
  readonly nextAt: UnixMs;
  readonly createdAt: UnixMs;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
}

export interface ApiNotifications {
  readonly notifications: readonly ApiNotification[];
  /** In the range, by status. */
  readonly counts: Readonly<Partial<Record<ApiNotification['status'], number>>>;
}

/** An alert of GET /api/v2/alerts. Times are RFC 3339. */
export interface ApiAlert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly generatorURL: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly state: 'active' | 'suppressed'; readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[]; readonly mutedBy: readonly string[] };
}

/** A row of GET /api/v2/alerts/groups. */
export interface ApiAlertGroup {
  readonly receiver: { readonly name: string };
  readonly labels: Labels;
  readonly alerts: readonly ApiAlert[];
}

/** A row of GET /api/v2/silences. */
export interface ApiSilence {
  readonly id: string;
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean; readonly isEqual: boolean }[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly status: { readonly state: 'expired' | 'active' | 'pending' };
}

/** GET /api/routing */
export interface ApiRouting {
  /** Path of the alertmanager.yml in use; '' without one. */
  readonly file: string;
  /** Why the file on disk is not the one in use. */
  readonly faults: readonly string[];
  readonly receivers: readonly string[];
  /** Why rule files on disk are not in use, as `file:line: what is wrong`. */
  readonly ruleFaults: readonly string[];
  /** Who is told of incidents and alerts, with and without that file; empty: nobody. */
  readonly told: readonly string[];
}

/** GET /api/routing/preview?labels= */
export interface ApiRoutePreview {
  readonly routes: readonly RoutePreview[];
}
