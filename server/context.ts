import type { AlertHook } from '#core/alert-hook.js';
import type { AlertRouting, NotificationActions } from '#core/alert-routing.js';
import type { ApiStatus } from '#core/api.js';
import type { Clock } from '#core/clock.js';
import type { PromEngine } from '#core/promql.js';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';

/** What the routes work with. */
export interface ServerContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly status: () => Promise<ApiStatus>;
  ready(): Promise<boolean>;
  readonly incidents: IncidentActions;
  readonly promql: PromEngine;
  /** Where people reach Faultline, for links. */
  readonly publicUrl: string;
  readonly hook: AlertHook;
  readonly routing: AlertRouting;
  readonly notifications: NotificationActions;
}

/** What a person may do to an incident. Each rejects with NOT_FOUND for an unknown id. */
export interface IncidentActions {
  acknowledge(id: string, by: string): Promise<Incident>;
  note(id: string, author: string, text: string): Promise<Incident>;
  resolve(id: string, by: string): Promise<Incident>;
}
