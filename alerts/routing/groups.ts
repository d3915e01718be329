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
}

/** What the receiver of a route was told of a group, before a restart or under another tree: the group goes on from there. */
export interface Past {
  lastAt(route: Route, key: string): UnixMs | undefined;
  /** It was told that this alert fires, and not that it is over. */
  isTold(route: Route, key: string, fingerprint: string): boolean;
}

export interface Groups {
  /** Puts an alert, as it is now, into every group that it belongs to. */
  add(alert: KnownAlert, now: UnixMs): void;
  due(now: UnixMs): readonly Group[];
  /** When the next one is due; Infinity without any. */
  nextAt(): UnixMs;
  all(): Iterable<Group>;
  /** Takes what is over out of a group that was told, but for ends that are still to be told: a silence or an interval held them back. An empty group is gone. */
  settle(group: Group, looked: readonly KnownAlert[], now: UnixMs): void;
}

export function createGroups(root: Route, past: Past): Groups {
  const groups = new Map<string, Group>();
  const idOf = ({ route, key }: Pick<Group, 'route' | 'key'>): string => `${route.id} ${key}`;

  function open(route: Route, key: string, labels: Labels, alert: KnownAlert, now: UnixMs): Group {
    const lastAt = past.lastAt(route, key);
    // One that fired for longer than the wait has waited enough.
    const nextAt = lastAt !== undefined ? Math.max(now, lastAt + route.groupIntervalMs) : alert.startsAt + route.groupWaitMs < now ? now : now + route.groupWaitMs;
    const group = { key, route, labels, alerts: new Map<string, KnownAlert>(), nextAt, flushed: lastAt !== undefined };
    groups.set(idOf(group), group);
    return group;
  }

  return {
    add(alert, now) {
      for (const route of routesOf(root, alert.labels)) {
        const labels = groupLabelsOf(route, alert.labels);
        const key = groupKeyOf(route, labels);
        const group = groups.get(idOf({ route, key }));
        // The end of what nobody was told is no news.
        if (alert.endsAt <= now && !group?.alerts.has(alert.fingerprint) && !past.isTold(route, key, alert.fingerprint)) continue;
        (group ?? open(route, key, labels, alert, now)).alerts.set(alert.fingerprint, alert);
        if (group && !group.flushed && alert.startsAt + route.groupWaitMs < now) group.nextAt = Math.min(group.nextAt, now);
      }
    },
    due: (now) => [...groups.values()].filter(({ nextAt }) => nextAt <= now),
    nextAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const { nextAt } of groups.values()) if (nextAt < next) next = nextAt;
      return next;
    },
    all: () => groups.values(),
    settle(group, looked, now) {
      const { route, key, alerts } = group;
      for (const alert of looked) {
        if (alert.endsAt <= now && alerts.get(alert.fingerprint) === alert && !past.isTold(route, key, alert.fingerprint)) alerts.delete(alert.fingerprint);
      }
      if (alerts.size === 0) groups.delete(idOf(group));
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
