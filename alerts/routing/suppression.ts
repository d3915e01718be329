import type { Labels, UnixMs } from '#core/types.js';
import type { RoutingPlan } from './alertmanager-file.js';
import type { AlertBook } from './alert-book.js';
import { createInhibitor } from './inhibit.js';
import type { Membership } from './membership.js';
import { routesOf, type Route } from './route.js';
import type { Silences } from './silences.js';
import { intervalContains } from './time-interval.js';

/** What holds alerts back at one moment. */
export interface Suppression {
  /** Ids of silences. */
  silencedBy(labels: Labels): readonly string[];
  /** Fingerprints of alerts: on the way to the receiver of `route`, or, without one, on each way that an alert of `labels` takes. */
  inhibitedBy(labels: Labels, route?: Route): readonly string[];
  /** Names of the intervals that mute a route: those it is in, or those it would have to be in. */
  mutedBy(route: Route): readonly string[];
}

/** Evidence of an incident is held back as if it had the label `incident`. An incident that consists of alerts which the same receiver is told of is held back by them, as it would say the same again, and so it is by those that somebody silenced. */
export function suppressionAt({ route: root, inhibitRules, timeIntervals }: RoutingPlan, book: Pick<AlertBook, 'all' | 'get'>, silences: Pick<Silences, 'matching'>, { labelled, madeOf }: Pick<Membership, 'labelled' | 'madeOf'>, now: UnixMs): Suppression {
  const firing = inhibitRules.length > 0 ? [...book.all()].filter(({ endsAt }) => endsAt > now).map(({ fingerprint, labels }) => ({ fingerprint, labels: labelled(labels) })) : [];
  const inside = (name: string): boolean => (timeIntervals.get(name) ?? []).some((interval) => intervalContains(interval, now));
  const muted = new Map<Route, readonly string[]>();

  function mutedBy(route: Route): readonly string[] {
    const known = muted.get(route);
    if (known) return known;
    const { muteTimes, activeTimes } = route;
    const names = [...muteTimes.filter(inside), ...(activeTimes.some(inside) ? [] : activeTimes)];
    muted.set(route, names);
    return names;
  }

  const inhibitor = createInhibitor(inhibitRules, firing);
  function inhibitedBy(labels: Labels, route?: Route): readonly string[] {
    const parts = madeOf(labels);
    if (!parts || parts.over) return inhibitor(labelled(labels));
    const receivers = (route ? [route] : routesOf(root, labels)).map(({ receiver }) => receiver);
    const speaks = (part: string): boolean => {
      const alert = book.get(part);
      if (!alert) return false;
      const own = labelled(alert.labels);
      if (silences.matching(own, now).length > 0) return true;
      if (alert.endsAt > now && inhibitor(own).length > 0) return false;
      // A time interval that mutes it there holds back what says the same too.
      const told = routesOf(root, alert.labels);
      return receivers.every((name) => told.some(({ receiver }) => receiver === name));
    };
    // Once its alerts are over nothing new begins until it is over too: whoever was told that it began is told that.
    return (parts.lasting.length > 0 ? parts.lasting : parts.all).every(speaks) ? parts.all : inhibitor(labelled(labels));
  }
  return { silencedBy: (labels) => silences.matching(labelled(labels), now), inhibitedBy, mutedBy };
}
