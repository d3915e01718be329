import type { Incident, TimelineEntry, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import type { Topology } from '../graph/topology.js';
import { activeOf, type Tracked } from '../tracked.js';
import { decisive, related } from './correlate.js';
import { createNearby } from './nearby.js';

/** Whoever was told of two incidents longer ago may be at work on them. */
const YOUNG_MS = 120_000;
const BY_PEOPLE: ReadonlySet<TimelineEntry['kind']> = new Set(['acknowledged', 'note', 'judged', 'changed']);

const isUntouched = ({ timeline, reopenedBy }: Incident): boolean => !reopenedBy && !timeline.some(({ kind }) => BY_PEOPLE.has(kind));

/** Young incidents that nobody has touched and that belong to an earlier one of these by what is known of calls now: those became known after both opened. */
export function belated(tracked: ReadonlyMap<string, Tracked>, topology: Topology, config: IncidentsConfig, now: UnixMs): (readonly [home: Tracked, others: readonly Tracked[]])[] {
  const young = activeOf(tracked).filter(({ incident }) => now - incident.openedAt < YOUNG_MS && isUntouched(incident)).toSorted((a, b) => a.incident.openedAt - b.incident.openedAt);
  if (young.length < 2) return [];
  const nearby = createNearby(young);
  const taken = new Set<Tracked>();
  const belong = (one: Tracked, home: Tracked): boolean => decisive(one.incident.evidence).some((own) => decisive(home.incident.evidence).some((other) => related(own, other, topology, config)));
  return young.flatMap((home) => {
    if (taken.has(home)) return [];
    taken.add(home);
    const services = new Set(decisive(home.incident.evidence).map(({ series }) => series.service));
    const within = new Set([...services].flatMap((service) => [...topology.around(service, config.max_hops)]));
    const others = nearby.in(within).filter((one) => !taken.has(one) && belong(one, home));
    for (const one of others) taken.add(one);
    return others.length === 0 ? [] : [[home, others] as const];
  });
}
