import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { ALERT_KEY } from '../notify/subjects.js';

/** What one integration was last told about one group: fingerprints of alerts. */
export interface LogEntry {
  readonly at: UnixMs;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

/** Why an integration is told: of alerts that fire or ended, that all is over, or that nothing changed for `repeat_interval`. */
export type Reason = 'firing' | 'resolved' | 'repeat';

/**
 * Whether, and why, a group with these alerts is told now, given what it was told `last`.
 * Source: https://github.com/prometheus/alertmanager/blob/main/notify/notify.go, DedupStage
 */
export function reasonToTell(last: LogEntry | undefined, { firing, resolved }: Pick<LogEntry, 'firing' | 'resolved'>, options: { readonly sendResolved: boolean; readonly repeatIntervalMs: number; readonly now: UnixMs }): Reason | null {
  if (!last) return firing.length > 0 ? 'firing' : null;
  const told = new Set(last.firing);
  if (firing.some((one) => !told.has(one))) return 'firing';
  if (firing.length === 0) return last.firing.length > 0 && resolved.length > 0 ? 'resolved' : null;
  if (options.sendResolved) {
    const over = new Set(last.resolved);
    if (resolved.some((one) => !over.has(one))) return 'firing';
  }
  // Told that much later than now: the clock was set back.
  return Math.abs(options.now - last.at) >= options.repeatIntervalMs ? 'repeat' : null;
}

export interface NotificationLog {
  /** Reads what was told since `since`. The log is a column of the messages themselves, so that one is accepted exactly when it is logged. */
  start(since: UnixMs): Promise<void>;
  last(integration: string, groupKey: string): LogEntry | undefined;
  /** When any of these integrations was last told about a group; undefined when none was, or was told since that all is over. */
  lastAt(integrations: readonly string[], groupKey: string): UnixMs | undefined;
  /** Whether one of them was told that an alert fires, and not since that it is over. */
  isTold(integrations: readonly string[], groupKey: string, fingerprint: string): boolean;
  put(integration: string, groupKey: string, entry: LogEntry): void;
  /** Drops what was told earlier, but of groups that are still there: by their keys. */
  forget(before: UnixMs, present: ReadonlySet<string>): void;
}

export function createNotificationLog(store: Pick<Store, 'query'>): NotificationLog {
  const entries = new Map<string, LogEntry & { readonly groupKey: string; readonly told: ReadonlySet<string> }>();
  const keyOf = (integration: string, groupKey: string): string => `${integration}\u0000${groupKey}`;
  const of = (integrations: readonly string[], groupKey: string) => integrations.flatMap((name) => entries.get(keyOf(name, groupKey)) ?? []);

  const put = (integration: string, groupKey: string, entry: LogEntry): void => void entries.set(keyOf(integration, groupKey), { ...entry, groupKey, told: new Set(entry.firing) });

  return {
    async start(since) {
      const rows = await store.query<{ receiver: string; incident: string; newest: string }>(
        "SELECT receiver, incident, argMax(log, created_at) AS newest FROM notifications WHERE log != '' AND NOT startsWith(incident, {prefix:String}) AND created_at > fromUnixTimestamp64Milli({since:Int64}) GROUP BY receiver, incident", { params: { since: Math.round(since), prefix: ALERT_KEY } },
      );
      for (const { receiver, incident, newest } of rows) put(receiver, incident, JSON.parse(newest) as LogEntry);
    },
    last: (integration, groupKey) => entries.get(keyOf(integration, groupKey)),
    lastAt(integrations, groupKey) {
      const times = of(integrations, groupKey).flatMap(({ at, firing }) => (firing.length > 0 ? at : []));
      return times.length > 0 ? Math.max(...times) : undefined;
    },
    isTold: (integrations, groupKey, fingerprint) => of(integrations, groupKey).some(({ told }) => told.has(fingerprint)),
    put,
    forget(before, present) {
      for (const [key, { at, groupKey }] of entries) if (at < before && !present.has(groupKey)) entries.delete(key);
    },
  };
}
