import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { IncidentActions } from '#core/feedback.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import { createSerial, unlessUnderWay } from '#core/serial.js';
import type { Anomaly, Component, Consumer, Incident, IncidentEvent, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { createActions } from './actions.js';
import { createAnalysis, createAttempt, NOT_ANALYSED } from './analysis.js';
import { told } from './by-hand.js';
import type { IncidentsConfig } from './config.js';
import { belongs, decisive, isUnplaced, mayBeRelated, recurs, settlingMs } from './correlate.js';
import type { Announced } from './expected/calendar.js';
import { group, together } from './group.js';
import { foundOver, isFoundLate, isOver, openIncident, over, reopened, resolved, withoutStale } from './lifecycle.js';
import { untaughtOnly, type Teacher } from './lessons/lessons.js';
import type { Muter } from './mutes/mutes.js';
import { apart, continues, courseOf, heir, unended } from './stickiness.js';
import { loadIncident, loadIncidents, saveIncident, type StoredIncident } from './store-incidents.js';
import { createNearby } from './nearby.js';
import { asExplained, CALLS_MS, newsOf, saysMore, workOn } from './news.js';
import { isOther, mayShare } from './other-trouble.js';
import { createTopology, type Topology } from './topology.js';
import { topologyOf } from './hosts.js';
import { opens } from './opens.js';
import { symptomOf, userVisible } from './symptom.js';
import type { Tracked } from './tracked.js';

const TICK_MS = 1000;
/** Whoever has something new waits no longer than this for incidents to be explained anew. */
const STEP_MS = 1000;

export interface IncidentsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: IncidentsConfig;
  readonly events: Consumer<IncidentEvent>;
  /** Who calls whom as of a time; from the store when absent. */
  readonly topologyAt?: (now: UnixMs) => Promise<Topology>;
  /** What people do not want to hear of; nothing when absent. */
  readonly mutes?: Muter;
  /** What was announced; nothing when absent. */
  readonly calendar?: Announced;
  /** What people named as causes; nothing when absent, and nothing can be learned. */
  readonly lessons?: Teacher;
}

/** Consumes the episodes of each detection step, also of a step without any. */
export interface Incidents extends Component, Consumer<readonly Anomaly[]>, IncidentActions {
  /** Consumes episodes that do not come from the detector: hearing them is not hearing it. */
  readonly others: Consumer<readonly Anomaly[]>;
  openCount(): number;
}

export const incidentsMetricTable = {
  faultline_incidents_events_total: { type: 'counter', help: 'Incident events by type.', labels: ['type'] },
  faultline_incidents_read_failures_total: { type: 'counter', help: 'Reads for explanations that failed; the incident goes on without.' },
  faultline_incidents_failures_total: { type: 'counter', help: 'Times that an incident could not be explained or stored; it is tried again, and the others go on.' },
} as const;

/** Joins anomalies into incidents and owns their life. Work is done one step at a time, in the order it came. */
export function createIncidents({ store, registry, logger, clock, config, events, topologyAt: given, mutes, calendar, lessons = untaughtOnly }: IncidentsOptions): Incidents {
  const metrics = registerMetrics(registry, incidentsMetricTable);
  const tracked = new Map<string, Tracked>();
  const pending = new Map<string, Anomaly>();
  let topology: Topology = createTopology([]);
  let timer: NodeJS.Timeout | null = null;
  /** When the detector last spoke: evidence is not stale because the detector is. */
  let heardAt = 0;
  /** When it last spoke of each, where that is not long ago: when it is late, its newest points are old. */
  const heardOf = new Map<string, UnixMs>();
  /** Since when it speaks without a long silence: so long after it, what lasted before the silence or a restart may still be told anew. */
  let heardSince = 0;

  const serial = createSerial();
  const reading = { logger, onReadFailure: () => metrics.faultline_incidents_read_failures_total.inc() };
  const attempt = createAttempt(reading);
  const topologyAt = given ?? topologyOf(store, attempt);
  const explain = createAnalysis({ store, config, lessons, ...reading });
  const publish = async (one: Tracked, type: IncidentEvent['type'] | null): Promise<void> => {
    if (!one.dirty) one.incident = asExplained(one.incident);
    one.version = Math.max(one.version + 1, clock());
    one.due = outranks(one, type) ? one.due : (type ?? one.due);
    const { dirty } = one;
    // What cannot be stored is with the next step.
    one.dirty = true;
    await saveIncident(store, one);
    one.dirty = dirty && one.incident.status !== 'resolved';
    one.renewed = false;
    if (one.due === null || isHeld(one)) return;
    try {
      await events.consume({ type: one.due, incident: one.incident });
    } catch (error) {
      // It stays due: that of one nobody can be told must not keep the others from being found.
      one.refusedAt = clock();
      return logger.warn({ incident: one.incident.id, error: messageOf(error) }, 'nobody could be told of an incident; trying again');
    }
    metrics.faultline_incidents_events_total.inc({ type: one.due });
    one.due = null;
    one.told = newsOf(one.incident);
    one.version += 1;
    await saveIncident(store, one);
  };
  /** Whether what could not be told yet says more than `type` does: a note on what is over does not tell that it is. */
  const outranks = ({ due, incident }: Tracked, type: IncidentEvent['type'] | null): boolean => (due === 'opened' && type !== 'resolved') || (due === 'resolved' && type === 'updated' && incident.status === 'resolved');
  const isHeld = ({ due, heldUntil, incident }: Tracked): boolean => due === 'opened' && clock() < heldUntil && isFoundLate(incident.evidence, config, clock());
  const active = (): Tracked[] => [...tracked.values()].filter(({ incident }) => incident.status !== 'resolved');
  const track = (stored: StoredIncident): Tracked => {
    const one: Tracked = { ...stored, analysed: NOT_ANALYSED, dirty: false, heldUntil: 0 };
    tracked.set(one.incident.id, one);
    return one;
  };

  const analyse = async (one: Tracked, now: number): Promise<void> => {
    const evidence = decisive(one.incident.evidence);
    const until = Math.max(...evidence.map(({ startsAt }) => startsAt)) + CALLS_MS;
    if (now < until && evidence.some(({ endsAt }) => endsAt === null)) one.calls = topology;
    one.calls ??= await attempt('the service map', () => topologyAt(Math.min(now, until)), topology);
    const { incident, analysed } = await explain(announcedStill(one.incident, now), one.analysed, one.calls, now);
    one.incident = incident;
    one.analysed = analysed;
    one.dirty = false;
  };

  /** What was announced when it opened explains it until other trouble comes, or the event should be over. */
  const announcedStill = (incident: Incident, now: number): Incident => {
    if (!incident.expected || incident.status === 'resolved') return incident;
    const expected = calendar?.covering(decisive(incident.evidence), now) ?? null;
    return expected ? { ...incident, expected } : { ...told(incident, 'updated', `No longer explained by “${incident.expected.name}”`, now), expected: null };
  };

  /** What of one cannot be explained or stored keeps no other from it, and is tried again at the pace of updates. Where the store is away the step is tried again. */
  const alone = async (one: Tracked, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof PipelineError && error.retryable) throw error;
      one.failedAt = clock();
      metrics.faultline_incidents_failures_total.inc();
      logger.error({ incident: one.incident.id, error: messageOf(error) }, 'an incident could not be explained or stored; trying again');
    }
  };

  const attach = (one: Tracked, anomalies: readonly Anomaly[], now: number): void => {
    const known = new Map(one.incident.evidence.map((before) => [before.id, before]));
    // One that goes on under another id since a restart began when it began.
    const renewed = anomalies.map((anomaly) => {
      const startsAt = known.get(anomaly.id)?.startsAt ?? anomaly.startsAt;
      return startsAt < anomaly.startsAt ? { ...anomaly, startsAt } : anomaly;
    });
    // What is beyond those it keeps comes again with every step.
    one.dirty ||= renewed.some((anomaly) => (known.has(anomaly.id) || !one.incident.cut?.includes(courseOf(anomaly))) && saysMore(anomaly, known.get(anomaly.id)));
    one.renewed = true;
    for (const { id } of anomalies) known.delete(id);
    one.incident = { ...one.incident, evidence: [...known.values(), ...renewed] };
    if (one.incident.status === 'resolved') {
      one.incident = reopened(one.incident, now);
      one.analysed = { ...one.analysed, at: 0 };
      one.dirty = true;
    }
  };

  /** By the id of their evidence, incidents that are not over before others, of those the first one. */
  const byEvidence = (): Map<string, Tracked> => {
    const owners = new Map<string, Tracked>();
    const rank = ({ incident }: Tracked): number => Number(incident.status !== 'resolved');
    for (const one of [...tracked.values()].toSorted((a, b) => rank(a) - rank(b) || b.incident.openedAt - a.incident.openedAt)) for (const { id } of one.incident.evidence) owners.set(id, one);
    return owners;
  };

  /** Whether the detector may not yet have spoken again of what lasts. */
  const isAnew = (now: number): boolean => now - heardSince <= config.stale_after;

  /** Evidence that lasts, of incidents that are open or that a person closed, by its course: after a restart the detector speaks of it under another id. */
  const byCourse = (now: number): Map<string, { readonly one: Tracked; readonly known: Anomaly }> => {
    const found = new Map<string, { readonly one: Tracked; readonly known: Anomaly }>();
    if (!isAnew(now)) return found;
    for (const one of tracked.values()) for (const known of unended(one.incident)) found.set(courseOf(known), { one, known });
    return found;
  };

  /** The incident that knew of this evidence, under the same id or, soon after a restart, as the same series. */
  const knownWith = (anomaly: Anomaly, owner: Tracked | undefined, courses: ReturnType<typeof byCourse>): { readonly one: Tracked; readonly known: Anomaly } | undefined => {
    const same = owner?.incident.evidence.find(({ id }) => id === anomaly.id);
    if (owner && same) return { one: owner, known: same };
    const before = courses.get(courseOf(anomaly));
    return before && anomaly.startsAt > before.known.updatedAt ? before : undefined;
  };

  /** Whether a person closed an incident of more evidence than it keeps, of which this was a part. */
  const isCut = (anomaly: Anomaly, now: number): boolean =>
    [...tracked.values()].some(({ incident: { closedBy, cut, endsAt } }) => closedBy && cut?.includes(courseOf(anomaly)) && (anomaly.startsAt <= (endsAt ?? 0) || isAnew(now)));

  const take = (anomaly: Anomaly, owner: Tracked | undefined, courses: ReturnType<typeof byCourse>, now: number): void => {
    if (symptomOf(anomaly) === 'none') return;
    if (owner && owner.incident.status !== 'resolved') return attach(owner, [anomaly], now);
    const before = knownWith(anomaly, owner, courses);
    if (before) {
      const { one, known } = before;
      const renewed = { ...anomaly, startsAt: Math.min(known.startsAt, anomaly.startsAt) };
      // What was taken for over, as nothing was heard of it, goes on.
      const returned = !one.incident.closedBy && known.endsAt !== null && anomaly.endsAt === null && decisive(one.incident.evidence).includes(known);
      one.incident = { ...one.incident, evidence: one.incident.evidence.map((other) => (other === known ? renewed : other)) };
      if (one.incident.status !== 'resolved') one.dirty = true;
      else if (returned) attach((one.incident.mergedInto && tracked.get(one.incident.mergedInto)) || one, [renewed], now);
      // Whoever closed it knew of this evidence: that it goes on is no news.
      else one.dirty ||= one.incident.closedBy !== undefined && (anomaly.endsAt !== null || anomaly.id !== known.id);
      return;
    }
    if (isCut(anomaly, now)) return;
    if (mutes?.take(anomaly, now)) return void pending.delete(anomaly.id);
    const inherits = heir(anomaly, active().map(({ incident }) => incident));
    const home = inherits && tracked.get(inherits.id);
    if (home) attach(home, [anomaly], now);
    else pending.set(anomaly.id, anomaly);
  };

  /** Services within reach of these anomalies. */
  const reachOf = (members: readonly Anomaly[]): ReadonlySet<string> => new Set([...new Set(members.map(({ series }) => series.service))].flatMap((service) => [...topology.around(service, config.max_hops)]));

  /** Whether something of an incident is in trouble again. */
  const recursIn = (members: readonly Anomaly[], { evidence }: Incident): boolean => decisive(evidence).some((before) => members.some((one) => recurs(one, before, config)));

  /** Of the incidents `nearby`, those that new anomalies may belong to, the likeliest home first. What a person merged away stands for what it became a part of. */
  const touchedBy = (members: readonly Anomaly[], nearby: readonly Tracked[]): Tracked[] => {
    const isApart = (incident: Incident): boolean => incident.status === 'resolved' || (opens(members, config) && isOther(members, incident, topology));
    const near = nearby
      .filter(({ incident }) => (isApart(incident) ? recursIn(members, incident) : belongs(members, incident, topology, config)))
      .flatMap((one) => (one.incident.mergedInto ? (tracked.get(one.incident.mergedInto) ?? []) : one));
    // Of old trouble and other that began beside it, anomalies belong to the newer, unless something of the old recurs.
    const touching = near.filter(({ incident }) => !near.some((other) => (isOther(other.incident.evidence, incident, topology) && !recursIn(members, incident)) || (isOther(incident.evidence, other.incident, topology) && recursIn(members, other.incident))));
    // What a person split off goes to its part, also where that is over.
    const heirs = touching.filter(({ incident }) => (incident.apart ?? []).length > 0 && incident.evidence.some((before) => members.some((one) => continues(one, before))));
    return [...new Set(touching)].filter((one) => !heirs.some((other) => other !== one && !heirs.includes(one) && apart(other.incident, one.incident))).toSorted((a, b) => Number(a.incident.status === 'resolved') - Number(b.incident.status === 'resolved') || a.incident.openedAt - b.incident.openedAt);
  };

  const isYoung = (members: readonly Anomaly[], now: number): boolean => now - Math.min(...members.map(({ startsAt }) => startsAt)) < settlingMs(config);

  /** Whether it may turn out to be a part of an incident that is open. */
  const isSettling = (members: readonly Anomaly[], nearby: readonly Tracked[], now: number): boolean =>
    isYoung(members, now) &&
    nearby.some(({ incident }) => incident.status !== 'resolved' && (!isOther(members, incident, topology) || mayShare(members, incident, topology)) && decisive(incident.evidence).some((known) => members.some((one) => mayBeRelated(one, known, topology, config))));

  const correlate = async (now: number): Promise<void> => {
    for (const [id, { endsAt }] of pending) if (endsAt !== null && now - endsAt > config.window) pending.delete(id);
    const known = createNearby(tracked.values());
    for (const members of together(group([...pending.values()], topology, config), topology, config)) {
      const reached = tracked.size === 0 ? [] : known.in(reachOf(members));
      const nearby = members.some((one) => isUnplaced(one, topology)) ? [...new Set([...reached, ...active()])] : reached;
      const touching = touchedBy(members, nearby);
      const home = touching[0];
      const lasting = members.some(({ endsAt }) => endsAt === null);
      const tells = members.some((one) => userVisible(one) || one.score >= config.metric_score);
      // What is weak yet may grow into an incident of its own beside old trouble.
      if (home && (!tells || (isYoung(members, now) && !opens(members, config) && isOther(members, home.incident, topology)))) continue;
      if (home && (home.incident.status !== 'resolved' || (lasting && opens(members, config)))) {
        attach(home, members, now);
        for (const other of touching.slice(1)) {
          if (other.incident.status === 'resolved' || apart(home.incident, other.incident)) continue;
          attach(home, other.incident.evidence, now);
          other.incident = resolved(other.incident, `Merged into ${home.incident.id}`, now);
          await alone(other, () => publish(other, 'resolved'));
        }
        known.note(home);
      } else if (opens(members, config)) {
        if (!home && isSettling(members, nearby, now)) continue;
        const opened = openIncident(randomUUID(), members, now);
        const one: Tracked = { incident: { ...opened, expected: calendar?.covering(decisive(members), now) ?? null }, version: 0, analysed: NOT_ANALYSED, dirty: true, due: 'opened', heldUntil: isFoundLate(members, config, now) ? now + config.window : 0 };
        tracked.set(one.incident.id, one);
        for (const { id } of members) pending.delete(id);
        await alone(one, async () => {
          await analyse(one, now);
          await publish(one, 'opened');
        });
        known.note(one);
        continue;
      } else continue;
      for (const { id } of members) pending.delete(id);
    }
  };

  /** Goes on with one that need not be explained anew for that: tells what is due of it, and ends it when it is over. Returns whether it has to be explained or kept. */
  const goOn = async (one: Tracked, now: number): Promise<boolean> => {
    if (one.due !== null && !isHeld(one) && now - (one.refusedAt ?? 0) >= config.update_every) {
      if (one.version === 0) await analyse(one, now);
      await publish(one, one.due);
    }
    if (!isAnew(now)) {
      const before = one.incident;
      one.incident = withoutStale(before, heardAt - config.stale_after, heardOf);
      one.dirty ||= one.incident !== before && before.closedBy !== undefined && before.closedBy !== '';
    }
    const { incident } = one;
    if (incident.status === 'resolved') {
      if (one.dirty) await publish(one, null);
      const lasts = incident.evidence.some(({ endsAt }) => endsAt === null);
      if (!lasts && one.due === null && now - (incident.endsAt ?? now) > config.reopen_within) tracked.delete(incident.id);
      return false;
    }
    if (isOver(incident, config, now)) {
      await analyse(one, now);
      // Nobody was told that it began.
      one.incident = one.due === 'opened' ? foundOver(one.incident, now) : over(one.incident, now);
      await publish(one, 'resolved');
      return false;
    }
    one.dirty ||= Boolean(incident.expected) && calendar?.covering(decisive(incident.evidence), now) === null;
    return workOn(one, config, now) !== undefined;
  };

  const renew = async (one: Tracked, now: number): Promise<void> => {
    if (workOn(one, config, now) === 'explain') await analyse(one, now);
    else one.incident = asExplained(one.incident);
    await publish(one, newsOf(one.incident) === one.told ? null : 'updated');
  };

  const settle = async (now: number): Promise<void> => {
    const due: Tracked[] = [];
    for (const one of tracked.values()) {
      if (now - (one.failedAt ?? 0) < config.update_every) continue;
      await alone(one, async () => void ((await goOn(one, now)) && due.push(one)));
    }
    // The longest unexplained first: what there is no time for is with the next step.
    for (const one of due.toSorted((a, b) => a.analysed.at - b.analysed.at)) {
      await alone(one, () => renew(one, now));
      if (clock() - now >= STEP_MS) return;
    }
  };

  const step = async (batch: readonly Anomaly[]): Promise<void> => {
    const now = clock();
    if (batch.length > 0) {
      const owners = byEvidence();
      const courses = byCourse(now);
      for (const anomaly of batch) take(anomaly, owners.get(anomaly.id), courses, now);
    }
    if (batch.length > 0) topology = await attempt('the service map', () => topologyAt(now), topology);
    if (pending.size > 0) await correlate(now);
    await settle(now);
    await mutes?.flush();
  };

  /** One that is over for long is read again, and stays in mind only while it is of use. */
  const find = async (id: string): Promise<Tracked> => {
    const known = tracked.get(id);
    if (known) return known;
    const stored = await loadIncident(store, id);
    if (!stored) throw new PipelineError('NOT_FOUND', `no incident ${id}`);
    return track(stored);
  };
  const actions = createActions({ clock, serial, find, analyse, publish, lessons, rankAnew: () => active().forEach((one) => void (one.dirty = true)), keep: (one) => void tracked.set(one.incident.id, one) });

  return {
    ...actions,
    name: 'incidents',
    async start() {
      for (const stored of await loadIncidents(store, clock() - config.reopen_within)) track(stored);
      timer = setInterval(unlessUnderWay(() => serial(() => step([])).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'an incident step failed and will be tried again'))), TICK_MS);
      timer.unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await serial(() => Promise.resolve());
    },
    consume: (batch) =>
      serial(() => {
        const now = clock();
        if (now - heardAt > config.stale_after / 2) heardSince = now;
        heardAt = now;
        for (const [id, at] of heardOf) if (at < heardAt - config.stale_after) heardOf.delete(id);
        for (const { id } of batch) heardOf.set(id, heardAt);
        return step(batch);
      }),
    others: { consume: (batch) => serial(() => step(batch)) },
    openCount: () => active().length,
  };
}
