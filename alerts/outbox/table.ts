import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export type NotificationStatus = 'pending' | 'delivered' | 'dead' | 'superseded';

/** One message to one receiver: a row of `notifications`. */
export interface Notification {
  /** The `webhook-id`. */
  readonly id: string;
  readonly receiver: string;
  readonly event: string;
  /** '' when it is about none. */
  readonly incident: string;
  readonly status: NotificationStatus;
  readonly attempts: number;
  readonly nextAt: UnixMs;
  /** Unique: the order of messages. */
  readonly createdAt: UnixMs;
  readonly version: number;
  readonly body: string;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
}

/** Writes rows in one insert: all of them or none. A later read sees those with the highest version. */
export async function saveNotifications(store: Store, rows: readonly Notification[]): Promise<void> {
  await store.insert('notifications', rows.map(({ nextAt, createdAt, ...row }) => ({ ...row, next_at: Math.round(nextAt), created_at: createdAt })));
}

/** What was accepted and has no fate yet, oldest first. */
export async function loadPending(store: Store): Promise<Notification[]> {
  const rows = await store.query<Omit<Notification, 'nextAt' | 'createdAt' | 'version'> & { next: string; created: string; version: string }>(
    `SELECT id, receiver, event, incident, status, attempts, toUnixTimestamp64Milli(next_at) AS next, toUnixTimestamp64Milli(created_at) AS created, version, body, error
     FROM notifications FINAL WHERE status = 'pending' ORDER BY created_at, id`,
  );
  return rows.map(({ next, created, version, ...row }) => ({ ...row, nextAt: Number(next), createdAt: Number(created), version: Number(version) }));
}

/** Every message about these incidents and alerts, oldest first, whatever became of it. */
export async function loadHistories(store: Store, incidents: readonly string[]): Promise<Pick<Notification, 'id' | 'receiver' | 'event' | 'incident'>[]> {
  return store.query('SELECT id, receiver, event, incident FROM notifications FINAL WHERE incident IN {incidents:Array(String)} ORDER BY created_at, id', { params: { incidents } });
}
