import { randomUUID } from 'node:crypto';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Anomaly, Component, Consumer, Incident, IncidentEvent, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { IncidentsConfig } from './config.js';
import { belongs, decisive, opens, recurs, symptomOf, userVisible } from './correlate.js';
import { loadDeploys } from './deploys.js';
import { loadDifferences } from './differences.js';
import { group } from './group.js';
import { acknowledged, isOver, noted, openIncident, reopened, resolved, withEvidence, withoutStale } from './lifecycle.js';
import { rankCauses } from './root-cause.js';
import { loadIncidents, saveIncident } from './store-incidents.js';
import { createTopology, loadTopology, type Topology } from './topology.js';
import { loadTraces } from './traces.js';

const TICK_MS = 1000;

export interface IncidentsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: IncidentsConfig;
  readonly events: Consumer<IncidentEvent>;
  /** Who calls whom as of a time; from the store when absent. */
  readonly topologyAt?: (now: UnixMs) => Promise<Topology>;
}

/** Consumes the episodes of each detection step, also of a step without any. */
export interface Incidents extends Component, Consumer<readonly Anomaly[]> {
  /** These three throw PipelineError NOT_FOUND for an unknown or long resolved incident. */
  acknowledge(id: string, by: string): Promise<Incident>;
  note(id: string, author: string, text: string): Promise<Incident>;
  resolve(id: string, by: string): Promise<Incident>;
  openCount(): number;
}

interface Tracked {
  incident: Incident;
  version: number;
  /** An event that was not accepted yet; sent again with the next step, also after a restart. */
  due: IncidentEvent['type'] | null;
  analysedAt: number;
  detailedFor: string;
  dirty: boolean;
}

/** Joins anomalies into incidents and owns their life. Work is done one step at a time, in the order it came. */
export function createIncidents({ store, registry, logger, clock, config, events, topologyAt = (now) => loadTopology(store, now) }: IncidentsOptions): Incidents {
  const metrics = registerMetrics(registry, {
    faultline_incidents_events_total: { type: 'counter', help: 'Incident events by type.', labels: ['type'] },
    faultline_incidents_read_failures_total: { type: 'counter', help: 'Reads for explanations that failed; the incident goes on without.' },
  });
  const tracked = new Map<string, Tracked>();
  const pending = new Map<string, Anomaly>();
  let topology: Topology = createTopology([]);
  let tail: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  /** When the detector last spoke: evidence is not stale because the detector is. */
  let heardAt = 0;

  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  const attempt = async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      metrics.faultline_incidents_read_failures_total.inc();
      logger.warn({ error: messageOf(error) }, `could not read ${what}`);
      return otherwise;
    }
  };
  const publish = async (one: Tracked, type: IncidentEvent['type'] | null): Promise<void> => {
    one.version = Math.max(one.version + 1, clock());
    one.due = one.due === 'opened' && type !== 'resolved' ? 'opened' : (type ?? one.due);
    await saveIncident(store, one);
    one.dirty = false;
    if (one.due === null) return;
    await events.consume({ type: one.due, incident: one.incident });
    metrics.faultline_incidents_events_total.inc({ type: one.due });
    one.due = null;
    one.version += 1;
    await saveIncident(store, one);
  };
  const active = (): Tracked[] => [...tracked.values()].filter(({ incident }) => incident.status !== 'resolved');

  const analyse = async (one: Tracked, now: number): Promise<void> => {
    const { evidence, startsAt } = one.incident;
    const services = [...new Set(evidence.map(({ series }) => series.service))];
    const deploys = await attempt('deploys', () => loadDeploys(store, services, startsAt - config.deploy_window, now), []);
    const causes = rankCauses(evidence, topology, deploys, config.deploy_window);
    one.incident = withEvidence(one.incident, evidence, causes, deploys, config, now);
    one.analysedAt = now;
    const key = `${causes[0]?.service ?? ''} ${one.incident.services.length}`;
    const cause = causes[0];
    if (key === one.detailedFor || !cause) return;
    one.detailedFor = key;
    const symptom = evidence.some((anomaly) => anomaly.series.service === cause.service && symptomOf(anomaly) === 'errors') ? 'errors' : 'latency';
    const differences = await attempt('differences', () => loadDifferences(store, { service: cause.service, symptom, onset: startsAt, to: now }), one.incident.differences);
    const traces = await attempt('traces', () => loadTraces(store, [cause.service], startsAt - 5000, now), one.incident.traces);
    one.incident = { ...one.incident, differences, traces };
  };

  const attach = (one: Tracked, anomalies: readonly Anomaly[], now: number): void => {
    const ids = new Set(anomalies.map(({ id }) => id));
    one.incident = { ...one.incident, evidence: [...one.incident.evidence.filter(({ id }) => !ids.has(id)), ...anomalies] };
    if (one.incident.status === 'resolved') {
      one.incident = reopened(one.incident, now);
      one.analysedAt = 0;
    }
    one.dirty = true;
  };

  const take = (anomaly: Anomaly, now: number): void => {
    if (symptomOf(anomaly) === 'none') return;
    const owner = active().find(({ incident }) => incident.evidence.some(({ id }) => id === anomaly.id));
    if (owner) return attach(owner, [anomaly], now);
    const closed = [...tracked.values()].find(({ incident }) => incident.evidence.some(({ id }) => id === anomaly.id));
    // Whoever closed it knew of this evidence: that it goes on is no news.
    if (closed) closed.incident = { ...closed.incident, evidence: closed.incident.evidence.map((one) => (one.id === anomaly.id ? anomaly : one)) };
    else pending.set(anomaly.id, anomaly);
  };

  const correlate = async (now: number): Promise<void> => {
    for (const [id, { endsAt }] of pending) if (endsAt !== null && now - endsAt > config.window) pending.delete(id);
    for (const members of group([...pending.values()], topology, config)) {
      const touching = [...tracked.values()]
        .filter(({ incident }) =>
          incident.status === 'resolved'
            ? decisive(incident.evidence).some((before) => members.some((one) => recurs(one, before, config)))
            : belongs(members, incident, topology, config))
        .toSorted((a, b) => Number(a.incident.status === 'resolved') - Number(b.incident.status === 'resolved') || a.incident.openedAt - b.incident.openedAt);
      const home = touching[0];
      const lasting = members.some(({ endsAt }) => endsAt === null);
      const tells = members.some((one) => userVisible(one) || one.score >= config.metric_score);
      if (home && !tells) continue;
      if (home && (home.incident.status !== 'resolved' || (lasting && opens(members, config)))) {
        attach(home, members, now);
        for (const other of touching.slice(1)) {
          if (other.incident.status === 'resolved') continue;
          attach(home, other.incident.evidence, now);
          other.incident = resolved(other.incident, `Merged into ${home.incident.id}`, now);
          await publish(other, 'resolved');
        }
      } else if (opens(members, config)) {
        const one: Tracked = { incident: openIncident(randomUUID(), members, now), version: 0, analysedAt: 0, detailedFor: '', dirty: true, due: null };
        await analyse(one, now);
        tracked.set(one.incident.id, one);
        for (const { id } of members) pending.delete(id);
        await publish(one, 'opened');
        continue;
      } else continue;
      for (const { id } of members) pending.delete(id);
    }
  };

  const settle = async (now: number): Promise<void> => {
    for (const one of tracked.values()) {
      if (one.due !== null) await publish(one, one.due);
      one.incident = withoutStale(one.incident, heardAt - config.stale_after);
      const { incident } = one;
      if (incident.status === 'resolved') {
        if (one.dirty) await publish(one, null);
        const lasts = incident.evidence.some(({ endsAt }) => endsAt === null);
        if (!lasts && now - (incident.endsAt ?? now) > config.reopen_within) tracked.delete(incident.id);
      } else if (isOver(incident, config, now)) {
        await analyse(one, now);
        one.incident = resolved(one.incident, 'All evidence is over', now);
        await publish(one, 'resolved');
      } else if (one.dirty && now - one.analysedAt >= config.update_every) {
        await analyse(one, now);
        await publish(one, 'updated');
      }
    }
  };

  const step = async (batch: readonly Anomaly[]): Promise<void> => {
    const now = clock();
    for (const anomaly of batch) take(anomaly, now);
    if (batch.length > 0) topology = await attempt('the service map', () => topologyAt(now), topology);
    if (pending.size > 0) await correlate(now);
    await settle(now);
  };

  const edit = (id: string, type: IncidentEvent['type'], change: (incident: Incident) => Incident): Promise<Incident> =>
    serial(async () => {
      const one = tracked.get(id);
      if (!one) throw new PipelineError('NOT_FOUND', `no open incident ${id}`, { retryable: false });
      const next = change(one.incident);
      if (next !== one.incident) {
        one.incident = next;
        await publish(one, type);
      }
      return one.incident;
    });

  return {
    name: 'incidents',
    async start() {
      for (const stored of await loadIncidents(store, clock() - config.reopen_within)) {
        tracked.set(stored.incident.id, { ...stored, analysedAt: 0, detailedFor: '', dirty: false });
      }
      timer = setInterval(() => {
        serial(() => step([])).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'an incident step failed and will be tried again'));
      }, TICK_MS);
      timer.unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await tail;
    },
    consume: (batch) =>
      serial(() => {
        heardAt = clock();
        return step(batch);
      }),
    acknowledge: (id, by) => edit(id, 'acknowledged', (incident) => acknowledged(incident, by, clock())),
    note: (id, author, text) => edit(id, 'updated', (incident) => noted(incident, author, text, clock())),
    resolve: (id, by) => edit(id, 'resolved', (incident) => resolved(incident, `Resolved by ${by}`, clock())),
    openCount: () => active().length,
  };
}
