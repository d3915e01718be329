import type { Labels, UnixMs } from '#core/types.js';
import type { RoutingPlan } from './alertmanager-file.js';
import type { AlertBook } from './alert-book.js';
import { createInhibitor } from './inhibit.js';
import type { Membership } from './membership.js';
import type { Route } from './route.js';
import type { Silences } from './silences.js';
import { intervalContains } from './time-interval.js';

/** What holds alerts back at one moment. */
export interface Suppression {
  /** Ids of silences. */
  silencedBy(labels: Labels): readonly string[];
  /** Fingerprints of alerts. */
  inhibitedBy(labels: Labels): readonly string[];
  /** Names of the intervals that mute a route: those it is in, or those it would have to be in. */
  mutedBy(route: Route): readonly string[];
}

/** Evidence of an incident is held back as if it had the label `incident`. An incident that consists of alerts which are told here is held back by them: it would say the same again. */
export function suppressionAt({ inhibitRules, timeIntervals }: RoutingPlan, book: Pick<AlertBook, 'all' | 'get'>, silences: Pick<Silences, 'matching'>, { labelled, madeOf }: Pick<Membership, 'labelled' | 'madeOf'>, now: UnixMs): Suppression {
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
  function inhibitedBy(labels: Labels): readonly string[] {
    const parts = madeOf(labels);
    const isTold = (part: string): boolean => {
      const alert = book.get(part);
      return alert !== undefined && !(alert.endsAt > now && inhibitor(labelled(alert.labels)).length > 0);
    };
    // Once its alerts are over nothing new begins until it is over too: whoever was told that it began is told that.
    return parts && !parts.over && (parts.lasting.length > 0 ? parts.lasting : parts.all).every(isTold) ? parts.all : inhibitor(labelled(labels));
  }
  return { silencedBy: (labels) => silences.matching(labelled(labels), now), inhibitedBy, mutedBy };
}
