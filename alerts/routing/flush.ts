import { createHash } from 'node:crypto';
import type { Labels, UnixMs } from '#core/types.js';
import type { Draft } from '../outbox/outbox.js';
import type { KnownAlert } from './alert-book.js';
import { sortAlerts, type Group } from './groups.js';
import { reasonToTell, type LogEntry, type NotificationLog } from './notification-log.js';
import type { Integration, Notification, RoutedAlert } from './notification.js';

export interface Told {
  readonly integration: string;
  readonly entry: LogEntry;
  readonly draft: Draft;
}

export interface FlushOptions {
  readonly integrations: readonly Integration[];
  readonly log: Pick<NotificationLog, 'last'>;
  readonly externalURL: string;
  /** The time that counts for `repeat_interval`. */
  readonly now: UnixMs;
}

/** What the integrations of a group's receiver are told of `alerts`, those that nothing holds back. Pure. */
export function notificationsOf(group: Group, alerts: readonly KnownAlert[], { integrations, log, externalURL, now }: FlushOptions): Told[] {
  const sorted = sortAlerts(alerts).map((alert) => routedOf(alert, now));
  const firing = sorted.filter(({ endsAt }) => endsAt === null).map(({ fingerprint }) => fingerprint);
  const resolved = sorted.filter(({ endsAt }) => endsAt !== null).map(({ fingerprint }) => fingerprint);
  return integrations.flatMap((integration): Told[] => {
    const { name, sendResolved, isState = false } = integration;
    const last = log.last(name, group.key);
    const reason = reasonToTell(last, { firing, resolved }, { sendResolved, repeatIntervalMs: group.route.repeatIntervalMs, now });
    const entry = { at: now, firing, resolved };
    if (reason === null) return sendResolved || !last || !resolved.some((one) => last.firing.includes(one)) ? [] : [unsent(name, group, last, { ...entry, at: last.at })];
    const shown = sendResolved ? sorted : sorted.filter(({ endsAt }) => endsAt === null);
    if (shown.length === 0) return [unsent(name, group, last, entry)];
    const body = integration.render(notificationOf(group, shown, externalURL));
    return [{ integration: name, entry, draft: { id: idOf(name, group, last, entry), receiver: name, event: reason, incident: group.key, body, log: JSON.stringify(entry), isState } }];
  });
}

/** An integration that wants no ends is told of none, but the log must know that they were seen: an alert that comes back is news. */
function unsent(name: string, group: Group, last: LogEntry | undefined, entry: LogEntry): Told {
  return { integration: name, entry, draft: { id: idOf(name, group, last, entry), receiver: name, event: 'resolved', incident: group.key, body: '', log: JSON.stringify(entry), unsent: true } };
}

function notificationOf({ key, labels, route }: Group, alerts: readonly RoutedAlert[], externalURL: string): Notification {
  return {
    receiver: route.receiver, status: alerts.some(({ endsAt }) => endsAt === null) ? 'firing' : 'resolved', groupKey: key, groupLabels: labels,
    commonLabels: commonOf(alerts.map((alert) => alert.labels)), commonAnnotations: commonOf(alerts.map((alert) => alert.annotations)), externalURL, alerts, truncatedAlerts: 0,
  };
}

function routedOf({ labels, annotations, startsAt, endsAt, updatedAt, generatorURL, fingerprint }: KnownAlert, now: UnixMs): RoutedAlert {
  return { labels, annotations, startsAt, endsAt: endsAt > now ? null : endsAt, updatedAt, generatorURL, fingerprint };
}

function commonOf([first = {}, ...others]: readonly Labels[]): Labels {
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)));
}

/** The same when the same is decided again because its outcome was not known: receivers tell repeated messages by it. What is told first, or was told before the log goes back, has the time at which it was tried first; the next thing, the time of what was told last. */
function idOf(integration: string, { key, triedAt }: Group, last: LogEntry | undefined, { firing, resolved }: LogEntry): string {
  return `msg_${createHash('sha256').update(JSON.stringify([integration, key, last ? last.at : null, last ? null : triedAt, firing, resolved])).digest('hex').slice(0, 32)}`;
}
