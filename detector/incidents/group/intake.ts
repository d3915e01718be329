import type { Anomaly, UnixMs } from '#core/types.js';
import { attach } from './attach.js';
import { decisive } from './correlate.js';
import { ofTaker } from '../graph/takers.js';
import type { Topology } from '../graph/topology.js';
import type { Hearing } from '../hearing.js';
import type { Muter } from '../mutes/mutes.js';
import { courseOf, heir, unended } from './stickiness.js';
import { comesAndGoes, symptomOf } from '../symptom.js';
import { activeOf, type Tracked } from '../tracked.js';

export interface IntakeOptions {
  readonly tracked: ReadonlyMap<string, Tracked>;
  /** What belongs to no incident yet, by id. */
  readonly pending: Map<string, Anomaly>;
  readonly hearing: Pick<Hearing, 'isAnew'>;
  readonly mutes?: Muter | undefined;
}

/** A piece of evidence and the incident that knew of it. */
interface Known {
  readonly one: Tracked;
  readonly known: Anomaly;
}

/** Takes anomalies as they are now: to the incidents that know of them, or to those that wait for one. */
export function createIntake({ tracked, pending, hearing, mutes }: IntakeOptions): (batch: readonly Anomaly[], topology: Topology, now: UnixMs) => void {
  /** By the id of their evidence, incidents that are not over before others, of those the first one. */
  function byEvidence(): Map<string, Tracked> {
    const owners = new Map<string, Tracked>();
    const rank = ({ incident }: Tracked): number => Number(incident.status !== 'resolved');
    for (const one of [...tracked.values()].toSorted((a, b) => rank(a) - rank(b) || b.incident.openedAt - a.incident.openedAt)) for (const { id } of one.incident.evidence) owners.set(id, one);
    return owners;
  }

  /** Evidence that lasts, of incidents that are open or that a person closed, by its course: after a restart the detector speaks of it under another id. */
  function byCourse(now: UnixMs): Map<string, Known> {
    const found = new Map<string, Known>();
    if (!hearing.isAnew(now)) return found;
    for (const one of tracked.values()) for (const known of unended(one.incident)) found.set(courseOf(known), { one, known });
    return found;
  }

  /** Whether a person closed an incident of more evidence than it keeps, of which this was a part. */
  const isCut = (anomaly: Anomaly, now: UnixMs): boolean =>
    [...tracked.values()].some(({ incident: { closedBy, cut, endsAt } }) => closedBy && cut?.includes(courseOf(anomaly)) && (anomaly.startsAt <= (endsAt ?? 0) || hearing.isAnew(now)));

  /** It goes on, in an incident that may be over. */
  function takeKnown(anomaly: Anomaly, { one, known }: Known, now: UnixMs): void {
    const renewed = { ...anomaly, startsAt: Math.min(known.startsAt, anomaly.startsAt) };
    // What was taken for over, as nothing was heard of it, goes on.
    const returned = !one.incident.closedBy && known.endsAt !== null && anomaly.endsAt === null && decisive(one.incident.evidence).includes(known);
    one.incident = { ...one.incident, evidence: one.incident.evidence.map((other) => (other === known ? renewed : other)) };
    if (one.incident.status !== 'resolved') one.dirty = true;
    else if (returned) attach((one.incident.mergedInto && tracked.get(one.incident.mergedInto)) || one, [renewed], now);
    // Whoever closed it knew of this evidence: that it goes on is no news.
    else one.dirty ||= one.incident.closedBy !== undefined && (anomaly.endsAt !== null || anomaly.id !== known.id);
  }

  /** As one of whoever is in trouble by it, also where that was known and no longer is. */
  function placed(anomaly: Anomaly, owner: Tracked | undefined, topology: Topology): Anomaly {
    const found = ofTaker(anomaly, topology);
    const known = found === anomaly ? owner?.incident.evidence.find(({ id }) => id === anomaly.id) : undefined;
    return known?.measuredBy === anomaly.series.service ? { ...anomaly, series: known.series, measuredBy: known.measuredBy } : found;
  }

  function take(told: Anomaly, owner: Tracked | undefined, courses: ReadonlyMap<string, Known>, topology: Topology, now: UnixMs): void {
    const anomaly = placed(told, owner, topology);
    // What is silent as usual says so of its operations too.
    if (symptomOf(anomaly) === 'none' && !comesAndGoes(anomaly)) return;
    if (owner && owner.incident.status !== 'resolved') return attach(owner, [anomaly], now);
    const before = knownWith(anomaly, owner, courses);
    if (before) return takeKnown(anomaly, before, now);
    if (isCut(anomaly, now)) return;
    if (mutes?.take(anomaly, now) || (anomaly !== told && mutes?.take(told, now))) return void pending.delete(anomaly.id);
    const inherits = heir(anomaly, activeOf(tracked).map(({ incident }) => incident));
    const home = inherits && tracked.get(inherits.id);
    if (home) attach(home, [anomaly], now);
    else pending.set(anomaly.id, anomaly);
  }

  return (batch, topology, now) => {
    const owners = byEvidence();
    const courses = byCourse(now);
    for (const anomaly of batch) take(anomaly, owners.get(anomaly.id), courses, topology, now);
  };
}

/** What was known of an anomaly, under the same id or, soon after a restart, as the same series. */
function knownWith(anomaly: Anomaly, owner: Tracked | undefined, courses: ReadonlyMap<string, Known>): Known | undefined {
  const same = owner?.incident.evidence.find(({ id }) => id === anomaly.id);
  if (owner && same) return { one: owner, known: same };
  const before = courses.get(courseOf(anomaly));
  return before && anomaly.startsAt > before.known.updatedAt ? before : undefined;
}
