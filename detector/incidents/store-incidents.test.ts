import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, IncidentEvent } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { incidentsConfig } from './config.js';
import { loadDeploys } from './deploys.js';
import { loadDifferences } from './differences.js';
import { createIncidents, type Incidents } from './incidents.js';
import { openIncident } from './lifecycle.js';
import { loadIncidents, saveIncident } from './store-incidents.js';
import { loadTopology } from './topology.js';
import { loadTraces } from './traces.js';

const now = Math.floor(Date.now() / 1000) * 1000;
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
  const span = (at: number, bad: boolean, version: string): string =>
    `(fromUnixTimestamp64Milli(toInt64(${at})), '${bad ? 'bad' : 'good'}', 's', 'pay', 'Server', 'payment', map('service.version', '${version}'), ${bad ? 9 : 1}000000, '${bad ? 'Error' : 'Ok'}')`;
  const rows = [span(now - 120_000, false, '1'), span(now - 60_000, false, '1'), span(now - 20_000, true, '2'), span(now - 10_000, true, '2')];
  await store.command(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, Duration, StatusCode) VALUES ${rows.join(',')}`,
  );
  await store.command(
    `INSERT INTO service_edges (time, client, server, kind, count, errors, duration_sum) VALUES (toDateTime(${now / 1000 - 300}), 'checkout', 'payment', 'http', 10, 0, 100), (toDateTime(${now / 1000 - 10}), 'checkout', 'payment', 'http', 10, 5, 400), (toDateTime(${now / 1000 - 10}), 'payment', 'postgresql', 'database', 10, 0, 10)`,
  );
});
afterAll(() => store.close());

describe('reads and writes', () => {
  it('keeps the newest version of an incident', async () => {
    const incident = openIncident('one', [], now);
    await saveIncident(store, { incident: { ...incident, startsAt: now }, version: 1, due: null });
    await saveIncident(store, { incident: { ...incident, startsAt: now, title: 'later' }, version: 2, due: 'updated' });
    expect(await loadIncidents(store, now)).toMatchObject([{ version: 2, due: 'updated', incident: { title: 'later' } }]);
    const [row] = await store.query<{ ms: string }>(`SELECT toUnixTimestamp64Milli(updated_at) AS ms FROM incidents FINAL`);
    expect(Number(row?.ms)).toBe(now);
  });
  it('reads edges, deploys, differences and traces', async () => {
    expect((await loadTopology(store, now)).edges.toSorted((a, b) => a.client.localeCompare(b.client))).toEqual([{ client: 'checkout', server: 'payment', errorRise: 0.5, slowdown: 4 }, { client: 'payment', server: 'postgresql', errorRise: 0, slowdown: 1, silent: true }]);
    expect(await loadDeploys(store, ['payment'], now - 60_000, now)).toEqual([{ service: 'payment', version: '2', at: expect.any(Number) }]);
    expect((await loadTraces(store, ['payment'], now - 300_000, now))[0]).toBe('bad');
    for (const symptom of ['errors', 'latency'] as const) {
      expect((await loadDifferences(store, { service: 'payment', symptom, onset: now - 30_000, to: now }))[0]).toMatchObject({ key: 'service.version', value: '2', badShare: 1, goodShare: 0 });
    }
  });
  it('tells of an incident after a restart when nobody could be told before', async () => {
    const open = async (consume: (event: IncidentEvent) => Promise<void>): Promise<Incidents> => {
      const incidents = createIncidents({ store, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}), events: { consume } });
      await incidents.start();
      return incidents;
    };
    const deaf = await open(async () => {
      throw new Error('down');
    });
    const series = { id: 'x', kind: 'errors', service: 'cart', operation: '', metric: 'error_ratio', unit: '1', labels: {} } as const;
    const anomaly: Anomaly = { id: 'x-1', series, startsAt: now - 10_000, endsAt: null, peakAt: now, updatedAt: now, value: 0.4, expected: 0, lower: 0, upper: 0.05, score: 8, direction: 'up', points: 3, contributions: [] };
    await expect(deaf.consume([anomaly])).rejects.toThrow('down');
    await deaf.stop();
    const heard: IncidentEvent[] = [];
    const next = await open(async (event) => void heard.push(event));
    await next.consume([]);
    await next.consume([]);
    await next.stop();
    expect(heard.filter(({ incident }) => incident.title.startsWith('cart')).map(({ type }) => type)).toEqual(['opened']);
  });
});
