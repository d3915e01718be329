import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { IncidentActions } from '#core/feedback.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import { createRepeat } from '#core/repeat.js';
import { createSerial } from '#core/serial.js';
import type { Anomaly, Component, Consumer, Incident, IncidentEvent, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { createActions } from './actions.js';
import { createAnalysis, createAttempt, NOT_ANALYSED } from './analysis.js';
import { attach } from './group/attach.js';
import { told } from './by-hand.js';
import type { IncidentsConfig } from './config.js';
import { decisive } from './group/correlate.js';
import type { Announced } from './expected/calendar.js';
import { group, together } from './group/group.js';
import { createHearing } from './hearing.js';
import { createHomes, isYoung } from './group/homes.js';
import { topologyOf } from './graph/hosts.js';
import { incidentsMetrics } from './incidents-metrics.js';
import { createIntake } from './group/intake.js';
import { untaughtOnly, type Teacher } from './lessons/lessons.js';
import { foundOver, isFoundLate, isOver, openIncident, over, resolved, unexplained } from './lifecycle.js';
import type { Muter } from './mutes/mutes.js';
import { asExplained, CALLS_MS, newsOf, workOn } from './news.js';
import { opens } from './group/opens.js';
import { isOther } from './group/other-trouble.js';
import { createPublisher } from './publish.js';
import { apart } from './group/stickiness.js';
import { belated } from './group/unite.js';
import { loadIncident, loadIncidents, type StoredIncident } from './store-incidents.js';
import { userVisible } from './symptom.js';
import { createTopology, type Topology } from './graph/topology.js';
import { activeOf, type Tracked } from './tracked.js';

const TICK_MS = 1000;
/** Whoever has something new waits no longer than this for incidents to be explained, anew or at all. */
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

/** Joins anomalies into incidents and owns their life. Work is done one step at a time, in the order it came. */
export function createIncidents({ store, registry, logger, clock, config, events, topologyAt: given, mutes, calendar, lessons = untaughtOnly }: IncidentsOptions): Incidents {
  const metrics = incidentsMetrics(registry);
  const tracked = new Map<string, Tracked>();
  const pending = new Map<string, Anomaly>();
  let topology: Topology = createTopology([]);

  const serial = createSerial();
  const reading = { logger, onReadFailure: () => metrics.faultline_incidents_read_failures_total.inc() };
  const attempt = createAttempt(reading);
  const topologyAt = given ?? topologyOf(store, attempt);
  const explain = createAnalysis({ store, config, lessons, ...reading });
  const hearing = createHearing(config);
  const intake = createIntake({ tracked, pending, hearing, mutes });
  const { keep, tell, publish, isHeld } = createPublisher({ store, metrics, logger, clock, config, events });

  const track = (stored: StoredIncident): Tracked => {
    const one: Tracked = { ...stored, analysed: NOT_ANALYSED, dirty: false, heldUntil: 0 };
    tracked.set(one.incident.id, one);
    return one;
  };

  const analyse = async (one: Tracked, now: number): Promise<void> => {
    const evidence = decisive(one.incident.evidence);
    const until = Math.max(...evidence.map(({ startsAt }) => startsAt)) + CALLS_MS;
    const isOpen = evidence.some(({ endsAt }) => endsAt === null);
    // What was inside its band since is not known to be over yet, but its calls are well again.
    const lasts = evidence.some(({ endsAt, updatedAt }) => endsAt === null && now - updatedAt < config.window + (config.delay ?? 0));
    if (now < until && (lasts || (isOpen && one.calls === undefined))) one.calls = topology;
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
      failed(one, error);
    }
  };

  const failed = (one: Tracked, error: unknown): void => {
    if (error instanceof PipelineError && error.retryable) throw error;
    one.failedAt = clock();
    metrics.faultline_incidents_failures_total.inc();
    logger.error({ incident: one.incident.id, error: messageOf(error) }, 'an incident could not be explained or stored; trying again');
  };

  /** Explains one. What cannot be explained is told and ends all the same, with the causes that were known before, or as its evidence shows it. */
  const tryToAnalyse = async (one: Tracked, now: number): Promise<void> => {
    try {
      await analyse(one, now);
    } catch (error) {
      failed(one, error);
      one.dirty = true;
      if (one.incident.causes.length === 0) one.incident = unexplained(one.incident, config);
    }
  };

  /** Those that have waited in vain are forgotten, the others become evidence of the incidents that they belong to. */
  const correlate = async (now: number): Promise<void> => {
    for (const [id, { endsAt }] of pending) if (endsAt !== null && now - endsAt > config.window) pending.delete(id);
    const homes = createHomes(tracked, topology, config);
    for (const members of together(group([...pending.values()], topology, config), topology, config)) {
      const nearby = homes.near(members);
      const [home, ...others] = homes.of(members, nearby);
      const lasting = members.some(({ endsAt }) => endsAt === null);
      const tells = members.some((one) => userVisible(one) || one.score >= config.metric_score);
      // What is weak yet may grow into an incident of its own beside old trouble.
      if (home && (!tells || (isYoung(members, config, now) && !opens(members, config) && isOther(members, home.incident, topology)))) continue;
      if (home && (home.incident.status !== 'resolved' || (lasting && opens(members, config)))) homes.note(await join(members, home, others, now));
      else if (opens(members, config) && (home || !homes.areSettling(members, nearby, now))) homes.note(await open(members, now));
    }
  };

  /** What touches several incidents makes them one. */
  const join = async (members: readonly Anomaly[], home: Tracked, others: readonly Tracked[], now: number): Promise<Tracked> => {
    attach(home, members, now);
    for (const other of others) {
      if (other.incident.status === 'resolved' || apart(home.incident, other.incident)) continue;
      if (other.version === 0) await alone(other, () => introduce(other, now));
      attach(home, other.incident.evidence, now);
      other.incident = resolved(other.incident, `Merged into ${home.incident.id}`, now);
      await alone(other, () => publish(other, 'resolved'));
    }
    for (const { id } of members) pending.delete(id);
    return home;
  };

  const open = async (members: readonly Anomaly[], now: number): Promise<Tracked> => {
    const opened = openIncident(randomUUID(), members, now);
    const one: Tracked = { incident: { ...opened, expected: calendar?.covering(decisive(members), now) ?? null }, version: 0, analysed: NOT_ANALYSED, dirty: true, due: 'opened', heldUntil: isFoundLate(members, config, now) ? now + config.window : 0 };
    tracked.set(one.incident.id, one);
    for (const { id } of members) pending.delete(id);
    if (hasTime(now)) await alone(one, () => introduce(one, now));
    return one;
  };

  const introduce = async (one: Tracked, now: number): Promise<void> => {
    await tryToAnalyse(one, now);
    await publish(one, 'opened');
  };

  /** What a step has no time for is with the next one. */
  const hasTime = (now: number): boolean => clock() - now < STEP_MS;

  /** Goes on with one that need not be explained anew for that: tells what is due of it, and ends it when it is over. Returns whether it has to be explained or kept. */
  const goOn = async (one: Tracked, now: number): Promise<boolean> => {
    if (one.due !== null && !isHeld(one) && Math.abs(now - (one.refusedAt ?? 0)) >= config.update_every) {
      if (one.version === 0 && !hasTime(now)) return false;
      if (one.version === 0) await tryToAnalyse(one, now);
      await publish(one, one.due);
    }
    if (!hearing.isAnew(now)) {
      const before = one.incident;
      one.incident = hearing.withoutStale(before);
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
      await tryToAnalyse(one, now);
      // Nobody was told that it began.
      one.incident = one.due === 'opened' ? foundOver(one.incident, now) : over(one.incident, now);
      await publish(one, 'resolved');
      return false;
    }
    one.dirty ||= Boolean(incident.expected) && calendar?.covering(decisive(incident.evidence), now) === null;
    return workOn(one, config, now) !== undefined;
  };

  const renew = async (one: Tracked, now: number): Promise<void> => {
    if (workOn(one, config, now) === 'explain') await tryToAnalyse(one, now);
    else one.incident = asExplained(one.incident);
    await publish(one, newsOf(one.incident) === one.told ? null : 'updated');
  };

  const settle = async (now: number): Promise<void> => {
    const due: Tracked[] = [];
    for (const one of tracked.values()) {
      if (Math.abs(now - (one.failedAt ?? 0)) < config.update_every) continue;
      await alone(one, async () => void ((await goOn(one, now)) && due.push(one)));
    }
    // The longest unexplained first.
    for (const one of due.toSorted((a, b) => a.analysed.at - b.analysed.at)) {
      await alone(one, () => renew(one, now));
      if (!hasTime(now)) return;
    }
  };

  const step = async (batch: readonly Anomaly[]): Promise<void> => {
    const now = clock();
    if (batch.length > 0) {
      topology = await attempt('the service map', () => topologyAt(now), topology);
      intake(batch, topology, now);
    }
    if (pending.size > 0) await correlate(now);
    if (batch.length > 0) for (const [home, others] of belated(tracked, topology, config, now)) await join([], home, others, now);
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
  const ticking = createRepeat(TICK_MS, () => serial(() => step([])), (error) => logger.warn({ error: messageOf(error) }, 'an incident step failed and will be tried again'));
  const actions = createActions({ clock, serial, find, analyse, publish, keep, tell, lessons, rankAnew: () => activeOf(tracked).forEach((one) => void (one.dirty = true)), track: (one) => void tracked.set(one.incident.id, one) });

  return {
    ...actions,
    name: 'incidents',
    async start() {
      for (const stored of await loadIncidents(store, clock() - config.reopen_within)) track(stored);
      ticking.start();
    },
    async stop() {
      await ticking.stop();
      await serial(() => Promise.resolve());
    },
    consume: (batch) =>
      serial(() => {
        hearing.hear(batch, clock());
        return step(batch);
      }),
    others: { consume: (batch) => serial(() => step(batch)) },
    openCount: () => activeOf(tracked).length,
  };
}
