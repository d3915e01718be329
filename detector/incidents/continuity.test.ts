import { describe, expect, it } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Incident, IncidentEvent } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import type { Store } from '#store/store.js';
import { atPaceOf, incidentsConfig } from './config.js';
import { createIncidents, type Incidents } from './incidents.js';
import { anomalyOf, T } from './testing.js';
import { createTopology } from './graph/topology.js';

const STEP_S = 15;
/** A point is so old when it is judged. */
const LAG_S = STEP_S + 8;
const config = atPaceOf({ step: STEP_S * 1000, delay: 8_000 }, incidentsConfig.parse({}));

/** Trouble of one series that began at `from` and was last seen at `to`, seconds. */
function trouble(metric: string, from: number, to: number, over: Partial<Anomaly> = {}): Anomaly {
  const kind = metric.startsWith('errors') ? 'errors' : 'metric';
  return anomalyOf(kind, 'payment', { series: { metric }, id: `payment/${metric}-${from}`, startsAt: T + from * 1000, updatedAt: T + to * 1000, ...over });
}

/** Incidents that may be started anew on what is stored of them. */
function setUp() {
  const rows = new Map<string, { id: string; document: string; version: number; due: string }>();
  const at = { now: T, away: false };
  const seen: string[] = [];
  const last = new Map<string, Incident>();
  const store: Store = {
    ...emptyStore,
    query: async <T>(sql: string) => (sql.includes('FROM incidents FINAL WHERE status') ? [...rows.values()] : []) as T[],
    insert: async (table, all) => {
      if (at.away) throw new PipelineError('STORE_UNAVAILABLE', 'the store is away');
      if (table === 'incidents') for (const row of all as (typeof rows extends Map<string, infer R> ? R : never)[]) rows.set(row.id, row);
    },
  };
  const make = (): Incidents =>
    createIncidents({
      store, registry: new Registry(), logger: silentLogger, clock: () => at.now, config, topologyAt: async () => createTopology([]),
      events: {
        consume: async ({ type, incident }: IncidentEvent) => {
          last.set(incident.id, incident);
          if (type !== 'updated') seen.push(type);
        },
      },
    });
  const restarted = async (): Promise<Incidents> => {
    const next = make();
    await next.start();
    await next.stop();
    return next;
  };
  /** Steps of the detector in [from, until), and what it says of each. */
  const live = async (incidents: Incidents, from: number, until: number, say: (second: number) => Anomaly[]): Promise<void> => {
    for (let second = from; second < until; second += STEP_S) {
      at.now = T + (second + LAG_S) * 1000;
      await incidents.consume(say(second));
    }
  };
  return { at, seen, last, make, restarted, live };
}

describe('an incident goes on', () => {
  it.each([15, 45, 90, 180, 1_800])('over a restart of %i s, in which the detector forgot its episodes', async (down) => {
    const { seen, last, make, restarted, live } = setUp();
    await live(make(), 15, 615, (second) => [trouble('errors', 0, second)]);
    const from = 600 + down;
    await live(await restarted(), from, from + 600, (second) => (second > from ? [trouble('errors', from, second)] : []));
    expect(seen).toEqual(['opened']);
    expect([...last.values()].map(({ status, evidence }) => [status, evidence.length, evidence[0]?.startsAt])).toEqual([['open', 1, T]]);
  });

  it('over a restart, where its points come once a minute', async () => {
    const { seen, make, restarted, live } = setUp();
    const each = (first: number, second: number): Anomaly[] => (second % 60 === 0 && second > first ? [trouble('process_memory_usage', first, second)] : []);
    await live(make(), 15, 615, (second) => each(0, second));
    await live(await restarted(), 630, 1_500, (second) => each(660, second));
    expect(seen).toEqual(['opened']);
  });

  it('over two minutes in which the detector read nothing, and where a request fails once in a while', async () => {
    const rare = setUp();
    await rare.live(rare.make(), 15, 3_600, (second) => (second % 150 === 0 || second < 75 ? [trouble('errors', 0, second)] : []));
    expect(rare.seen).toEqual(['opened']);
    const leak = (second: number): Anomaly[] => (second % 60 === 0 ? [trouble('process_memory_usage', 0, second)] : []);
    const { seen, make, live } = setUp();
    const incidents = make();
    await live(incidents, 15, 615, leak);
    await live(incidents, 735, 3_600, leak);
    expect(seen).toEqual(['opened']);
  });

  it('and is told of while the clock is set back', async () => {
    const { seen, last, make, live } = setUp();
    const incidents = make();
    await live(incidents, 15, 75, (second) => [trouble('errors', 0, second), trouble('errors of b', 0, second)]);
    const ends = (second: number): Partial<Anomaly> => (second >= -3_570 ? { endsAt: T - 3_570_000 } : {});
    await live(incidents, -3_600, -3_540, (second) => [trouble('errors', 0, second), trouble('errors of b', 0, second, ends(second))]);
    expect([...last.values()].map(({ evidence }) => evidence.map(({ endsAt }) => endsAt))).toEqual([[null, T - 3_570_000]]);
    await live(incidents, -3_540, -3_525, (second) => [trouble('errors', 0, second, { endsAt: T - 3_540_000 })]);
    await live(incidents, -3_525, -3_300, () => []);
    expect(seen).toEqual(['opened', 'resolved']);
  });

  it('where it was taken for over, as nothing was heard of it', async () => {
    const { seen, make, live } = setUp();
    const incidents = make();
    await live(incidents, 15, 75, (second) => [trouble('errors', 0, second)]);
    await live(incidents, 75, 330, () => []);
    expect(seen).toEqual(['opened', 'resolved']);
    await live(incidents, 330, 360, (second) => [trouble('errors', 0, second)]);
    expect([incidents.openCount(), seen]).toEqual([1, ['opened', 'resolved']]);
  });
});

it('is over after a restart when nothing is heard of it', async () => {
  const { seen, make, restarted, live } = setUp();
  await live(make(), 15, 75, (second) => [trouble('errors', 0, second)]);
  await live(await restarted(), 600, 1_200, () => []);
  expect(seen).toEqual(['opened', 'resolved']);
});

it('stays closed when a person closes one of more anomalies than it keeps, also over a restart', async () => {
  const { at, seen, last, make, restarted, live } = setUp();
  const all = (from: number, second: number): Anomaly[] => Array.from({ length: config.max_evidence + 10 }, (_, index) => trouble(`errors ${index}`, from, second, { score: 8 + index / 100 }));
  const incidents = make();
  await live(incidents, 15, 75, (second) => all(0, second));
  at.now += 1_000;
  await incidents.resolve([...last.keys()][0] ?? '', 'ada');
  await live(incidents, 90, 150, (second) => all(0, second));
  await live(await restarted(), 165, 300, (second) => all(165, second));
  expect(seen).toEqual(['opened', 'resolved']);
});

it('tells that one is over also when somebody speaks of it before that could be told', async () => {
  const { at, seen, last, make, live } = setUp();
  const incidents = make();
  await live(incidents, 15, 75, (second) => [trouble('errors', 0, second)]);
  at.away = true;
  await expect(live(incidents, 150, 165, () => [trouble('errors', 0, 60, { endsAt: T + 62_000 })])).rejects.toThrow('away');
  await expect(incidents.note([...last.keys()][0] ?? '', 'ada', 'it was the cable')).rejects.toThrow('away');
  at.away = false;
  await live(incidents, 180, 210, () => []);
  expect(seen).toEqual(['opened', 'resolved']);
});

it('gives what recurs of a part that a person split off to that part, also when it is over', async () => {
  const { at, last, make, live } = setUp();
  const incidents = make();
  await live(incidents, 15, 75, (second) => [trouble('errors a', 0, second), trouble('errors b', 0, second)]);
  at.now += 1_000;
  const [id = ''] = last.keys();
  const { created } = await incidents.split(id, [trouble('errors b', 0, 0).id], 'ada');
  await live(incidents, 75, 90, (second) => [trouble('errors a', 0, second), trouble('errors b', 0, 60, { endsAt: T + 70_000 })]);
  await live(incidents, 90, 150, (second) => [trouble('errors a', 0, second)]);
  expect(last.get(created.id)?.status).toBe('resolved');
  await live(incidents, 150, 210, (second) => [trouble('errors a', 0, second), trouble('errors b', 140, second)]);
  expect([last.get(created.id)?.status, last.get(id)?.evidence.map((one) => one.series.metric)]).toEqual(['open', ['errors a']]);
});
