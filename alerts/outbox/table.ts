import type { UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';

/** `unsent`: nothing was to be sent, and only its log counts. */
export type NotificationStatus = 'pending' | 'delivered' | 'dead' | 'superseded' | 'unsent';

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
  /** Of its writer; '' for those that keep none. */
  readonly log: string;
}

type Row = Omit<Notification, 'nextAt' | 'createdAt' | 'version'> & { readonly next: string; readonly created: string; readonly version: string };
const COLUMNS = 'id, receiver, event, incident, status, attempts, toUnixTimestamp64Milli(next_at) AS next, toUnixTimestamp64Milli(created_at) AS created, version, body, error, log';
const notificationOf = ({ next, created, version, ...row }: Row): Notification => ({ ...row, nextAt: Number(next), createdAt: Number(created), version: Number(version) });

/** Writes rows in one insert: all of them or none. A later read sees those with the highest version. */
export async function saveNotifications(store: Store, rows: readonly Notification[]): Promise<void> {
  await store.insert('notifications', rows.map(({ nextAt, createdAt, ...row }) => ({ ...row, next_at: rfc3339(nextAt), created_at: rfc3339(createdAt) })));
}

/** What was accepted and has no fate yet, oldest first. */
export async function loadPending(store: Store): Promise<Notification[]> {
  return (await store.query<Row>(`SELECT ${COLUMNS} FROM notifications FINAL WHERE status = 'pending' ORDER BY created_at, id`)).map(notificationOf);
}

export async function loadNotification(store: Store, id: string): Promise<Notification | undefined> {
  return (await store.query<Row>(`SELECT ${COLUMNS} FROM notifications FINAL WHERE id = {id:String}`, { params: { id } })).map(notificationOf)[0];
}

/** When the newest message was made; 0 when there is none. */
export async function newestCreatedAt(store: Store): Promise<UnixMs> {
  const [row] = await store.query<{ newest: string }>('SELECT toUnixTimestamp64Milli(max(created_at)) AS newest FROM notifications');
  return Number(row?.newest ?? 0);
}

/** Dead letters by receiver. */
export async function countDead(store: Store): Promise<{ receiver: string; dead: number }[]> {
  const rows = await store.query<{ receiver: string; dead: string }>("SELECT receiver, count() AS dead FROM notifications FINAL WHERE status = 'dead' GROUP BY receiver");
  return rows.map(({ receiver, dead }) => ({ receiver, dead: Number(dead) }));
}

/** What the writers of messages about what begins with `prefix` last kept, one text for each that a receiver was not told to be over. */
export async function loadLastLogs(store: Store, prefix: string): Promise<string[]> {
  const rows = await store.query<{ kept: string }>(
    `SELECT argMax(last_log, at) AS kept FROM (
       SELECT incident, argMaxIf(log, created_at, log != '') AS last_log, max(created_at) AS at FROM notifications FINAL WHERE startsWith(incident, {prefix:String}) GROUP BY incident, receiver HAVING argMax(event, created_at) != 'resolved' AND last_log != '')
     GROUP BY incident`, { params: { prefix } },
  );
  return rows.map(({ kept }) => kept);
}

/** Every message about these incidents and alerts, oldest first, whatever became of it. */
export async function loadHistories(store: Store, incidents: readonly string[]): Promise<Pick<Notification, 'id' | 'receiver' | 'event' | 'incident'>[]> {
  return store.query('SELECT id, receiver, event, incident FROM notifications FINAL WHERE incident IN {incidents:Array(String)} ORDER BY created_at, id', { params: { incidents } });
}
