import type { Labels, UnixMs } from '#core/types.js';
import type { KnownAlert } from './alert-book.js';
import { compare } from './matcher.js';
import { groupKeyOf, groupLabelsOf, routesOf, type Route } from './route.js';

/** What could not be made or accepted is tried again after this. */
export const RETRY_MS = 5_000;

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
  /** When what is to be told now was tried first; null until it is. */
  triedAt: UnixMs | null;
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
    const group = { key, route, labels, alerts: new Map<string, KnownAlert>(), nextAt, flushed: lastAt !== undefined, triedAt: null };
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
    // One that would wait for longer than any does was to be looked at before the clock was set back.
    due: (now) => [...groups.values()].filter(({ nextAt, route }) => nextAt <= now || nextAt - now > Math.max(route.groupWaitMs, route.groupIntervalMs, RETRY_MS)),
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

/** By their labels job and instance, those without them last; then by all labels. Source: AlertSlice of Alertmanager. */
export function sortAlerts<A extends { readonly labels: Labels }>(alerts: readonly A[]): A[] {
  return alerts.toSorted((a, b) => absentLast(a.labels['job'], b.labels['job']) || absentLast(a.labels['instance'], b.labels['instance']) || compareLabels(a.labels, b.labels));
}

function absentLast(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compare(a, b);
}

/** Label sets with their names in order. The smaller set first; then the first name that only one of them has, or whose values differ, decides: the one without it comes first. Source: LabelSet.Before of prometheus/common. */
export function compareLabels(a: Labels, b: Labels): number {
  const [names, others] = [Object.keys(a), Object.keys(b)];
  if (names.length !== others.length) return names.length - others.length;
  for (const [place, name] of names.entries()) {
    const other = others[place] ?? '';
    const order = name === other ? compare(a[name] ?? '', b[name] ?? '') : compare(other, name);
    if (order !== 0) return order;
  }
  return 0;
}
