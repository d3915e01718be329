import type { Labels, UnixMs } from '#core/types.js';
import type { RoutingPlan } from './alertmanager-file.js';
import type { KnownAlert } from './alert-book.js';
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

/** Evidence of an incident is held back as if it had the label `incident`. */
export function suppressionAt({ inhibitRules, timeIntervals }: RoutingPlan, alerts: Iterable<KnownAlert>, silences: Pick<Silences, 'matching'>, { labelled }: Pick<Membership, 'labelled'>, now: UnixMs): Suppression {
  const firing = inhibitRules.length > 0 ? [...alerts].filter(({ endsAt }) => endsAt > now).map(({ fingerprint, labels }) => ({ fingerprint, labels: labelled(labels) })) : [];
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
  return { silencedBy: (labels) => silences.matching(labelled(labels), now), inhibitedBy: (labels) => inhibitor(labelled(labels)), mutedBy };
}
