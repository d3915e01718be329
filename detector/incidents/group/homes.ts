import type { Anomaly, Incident, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import { belongs, decisive, isUnplaced, mayBeRelated, recurs, SERVICES_SILENT, settlingMs, silenceWindow, silentOf } from './correlate.js';
import { createNearby } from './nearby.js';
import { opens } from './opens.js';
import { isOther, mayShare } from './other-trouble.js';
import { apart, continues } from './stickiness.js';
import type { Topology } from '../graph/topology.js';
import { activeOf, type Tracked } from '../tracked.js';

/** Incidents that anomalies which are related may belong to. */
export interface Homes {
  /** Those within reach. */
  near(members: readonly Anomaly[]): Tracked[];
  /** Of those `nearby`, the likeliest first. What a person merged away stands for what it became a part of. */
  of(members: readonly Anomaly[], nearby: readonly Tracked[]): Tracked[];
  /** Whether they may turn out to be a part of one `nearby` that is open. */
  areSettling(members: readonly Anomaly[], nearby: readonly Tracked[], now: UnixMs): boolean;
  /** Call when the evidence of one changed, or it is new. */
  note(one: Tracked): void;
}

export function createHomes(tracked: ReadonlyMap<string, Tracked>, topology: Topology, config: IncidentsConfig): Homes {
  const known = createNearby(tracked.values());

  /** Services within reach of these anomalies. */
  const reachOf = (members: readonly Anomaly[]): ReadonlySet<string> => new Set([...new Set(members.map(({ series }) => series.service))].flatMap((service) => [...topology.around(service, config.max_hops)]));

  /** Whether something of an incident is in trouble again. */
  const recursIn = (members: readonly Anomaly[], { evidence }: Incident): boolean => decisive(evidence).some((before) => members.some((one) => recurs(one, before, config)));

  /** Those whose services fell silent when these did, where all of them are so many that one thing silenced them. */
  function silencedWith(members: readonly Anomaly[]): Tracked[] {
    const own = config.max_hops > 0 && opens(members, config) ? silentOf(members) : [];
    if (own.length === 0) return [];
    const beside = activeOf(tracked).map((one) => ({ one, silent: silentOf(one.incident.evidence).filter((known) => own.some(({ startsAt }) => Math.abs(startsAt - known.startsAt) <= silenceWindow(config))) })).filter(({ silent }) => silent.length > 0);
    const services = new Set([...own, ...beside.flatMap(({ silent }) => silent)].map(({ series }) => series.service));
    return services.size >= SERVICES_SILENT ? beside.map(({ one }) => one) : [];
  }

  return {
    near(members) {
      const reached = [...(tracked.size === 0 ? [] : known.in(reachOf(members))), ...silencedWith(members)];
      return [...new Set(members.some((one) => isUnplaced(one, topology)) ? [...reached, ...activeOf(tracked)] : reached)];
    },
    of(members, nearby) {
      const isApart = (incident: Incident): boolean => incident.status === 'resolved' || (opens(members, config) && isOther(members, incident, topology));
      const silenced = silencedWith(members);
      const near = nearby
        .filter((one) => (isApart(one.incident) ? recursIn(members, one.incident) : silenced.includes(one) || belongs(members, one.incident, topology, config)))
        .flatMap((one) => (one.incident.mergedInto ? (tracked.get(one.incident.mergedInto) ?? []) : one));
      // Of old trouble and other that began beside it, anomalies belong to the newer, unless something of the old recurs.
      const touching = near.filter(({ incident }) => !near.some((other) => (isOther(other.incident.evidence, incident, topology) && !recursIn(members, incident)) || (isOther(incident.evidence, other.incident, topology) && recursIn(members, other.incident))));
      // What a person split off goes to its part, also where that is over.
      const heirs = touching.filter(({ incident }) => (incident.apart ?? []).length > 0 && incident.evidence.some((before) => members.some((one) => continues(one, before))));
      return [...new Set(touching)].filter((one) => !heirs.some((other) => other !== one && !heirs.includes(one) && apart(other.incident, one.incident))).toSorted((a, b) => Number(a.incident.status === 'resolved') - Number(b.incident.status === 'resolved') || a.incident.openedAt - b.incident.openedAt);
    },
    areSettling: (members, nearby, now) =>
      isYoung(members, config, now) &&
      nearby.some(({ incident }) => incident.status !== 'resolved' && (!isOther(members, incident, topology) || mayShare(members, incident, topology)) && decisive(incident.evidence).some((before) => members.some((one) => mayBeRelated(one, before, topology, config)))),
    note: (one) => known.note(one),
  };
}

export const isYoung = (members: readonly Anomaly[], config: IncidentsConfig, now: UnixMs): boolean => now - Math.min(...members.map(({ startsAt }) => startsAt)) < settlingMs(config);
