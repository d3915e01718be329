import type { Labels, UnixMs } from '#core/types.js';
import type { KnownAlert } from './alert-book.js';
import { compare } from './matcher.js';
import { groupKeyOf, groupLabelsOf, routesOf, type Route } from './route.js';

/** Alerts that one receiver is told of together. */
export interface Group {
  readonly key: string;
  readonly route: Route;
  readonly labels: Labels;
  /** By fingerprint. */
  readonly alerts: Map<string, KnownAlert>;
  /** When it is looked at next. */
  nextAt: UnixMs;
  /** It was looked at before: what comes now waits for the interval. */
  flushed: boolean;
  busy: boolean;
}

export interface Groups {
  /** Puts an alert, as it is now, into every group that it belongs to. */
  add(alert: KnownAlert, now: UnixMs): void;
  due(now: UnixMs): readonly Group[];
  /** When the next one is due; Infinity without any. */
  nextAt(): UnixMs;
  all(): Iterable<Group>;
  holds(fingerprint: string): boolean;
  /** Takes what is over, and was told as it is, out of a group; an empty group is gone. */
  settle(group: Group, told: readonly KnownAlert[], now: UnixMs): void;
}

/** The groups of one routing tree. `lastToldAt` is when a group of this key was last told of, before a restart or another tree: it goes on from there. */
export function createGroups(root: Route, lastToldAt: (key: string) => UnixMs | undefined): Groups {
  const groups = new Map<string, Group>();

  function open(route: Route, labels: Labels, id: string, alert: KnownAlert, now: UnixMs): Group {
    const key = groupKeyOf(route, labels);
    const toldAt = lastToldAt(key);
    // One that fired for longer than the wait has waited enough.
    const nextAt = toldAt !== undefined ? Math.max(now, toldAt + route.groupIntervalMs) : alert.startsAt + route.groupWaitMs < now ? now : now + route.groupWaitMs;
    const group = { key, route, labels, alerts: new Map<string, KnownAlert>(), nextAt, flushed: toldAt !== undefined, busy: false };
    groups.set(id, group);
    return group;
  }

  return {
    add(alert, now) {
      for (const route of routesOf(root, alert.labels)) {
        const labels = groupLabelsOf(route, alert.labels);
        const id = `${route.id} ${groupKeyOf(route, labels)}`;
        const group = groups.get(id);
        // The end of what no group holds is no news.
        if (!group && alert.endsAt <= now && lastToldAt(groupKeyOf(route, labels)) === undefined) continue;
        (group ?? open(route, labels, id, alert, now)).alerts.set(alert.fingerprint, alert);
        if (group && !group.flushed && alert.startsAt + route.groupWaitMs < now) group.nextAt = Math.min(group.nextAt, now);
      }
    },
    due: (now) => [...groups.values()].filter(({ nextAt, busy }) => !busy && nextAt <= now),
    nextAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const { nextAt, busy } of groups.values()) if (!busy && nextAt < next) next = nextAt;
      return next;
    },
    all: () => groups.values(),
    holds: (fingerprint) => [...groups.values()].some(({ alerts }) => alerts.has(fingerprint)),
    settle(group, told, now) {
      for (const alert of told) if (alert.endsAt <= now && group.alerts.get(alert.fingerprint) === alert) group.alerts.delete(alert.fingerprint);
      if (group.alerts.size === 0) groups.delete(`${group.route.id} ${group.key}`);
    },
  };
}

/** By their labels job and instance, then by all others: the order of Alertmanager's messages. */
export function sortAlerts<A extends { readonly labels: Labels }>(alerts: readonly A[]): A[] {
  const text = ({ labels }: A): string => JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => compare(a, b)));
  return alerts
    .map((alert) => ({ alert, job: alert.labels['job'] ?? '', instance: alert.labels['instance'] ?? '', rest: text(alert) }))
    .toSorted((a, b) => compare(a.job, b.job) || compare(a.instance, b.instance) || compare(a.rest, b.rest))
    .map(({ alert }) => alert);
}
