import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { IncidentEvent } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { incidentsConfig } from './config.js';
import { loadDeploys } from './cause/deploys.js';
import { loadDifferences } from './explain/differences.js';
import { createIncidents, type Incidents } from './incidents.js';
import { openIncident } from './lifecycle.js';
import { loadIncidents, saveIncidents } from './store-incidents.js';
import { anomalyOf } from './testing.js';
import { loadTopology } from './graph/topology.js';
import { loadTraces } from './explain/traces.js';

const now = Math.floor(Date.now() / 1000) * 1000;
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
  const span = (at: number, bad: boolean, version: string): string =>
    `(fromUnixTimestamp64Milli(toInt64(${at})), '${bad ? 'bad' : 'good'}', 's', 'pay', 'Server', 'payment', map('service.version', '${version}'), ${bad ? 9 : 1}000000, '${bad ? 'Error' : 'Ok'}')`;
  // None in a step that begins just a minute ago, so that no request of late is compared with calls.
  const rows = [span(now - 120_000, false, '1'), span(now - 66_000, false, '1'), span(now - 20_000, true, '2'), span(now - 10_000, true, '2')];
  await store.command(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, Duration, StatusCode) VALUES ${rows.join(',')}`,
  );
  await store.command(
    `INSERT INTO service_edges (time, client, server, kind, count, errors, duration_sum) VALUES (toDateTime(${now / 1000 - 300}), 'checkout', 'payment', 'http', 10, 0, 100), (toDateTime(${now / 1000 - 10}), 'checkout', 'payment', 'http', 10, 5, 400), (toDateTime(${now / 1000 - 10}), 'payment', 'postgresql', 'database', 10, 0, 10)`,
  );
});
afterAll(() => store.close());

describe('what differs in bad spans', () => {
  /** `count` spans a second from five minutes before the onset until a minute after it; `bad` is an expression over the number n and the dice r. */
  const fill = (service: string, count: number, bad: string): Promise<void> =>
    store.command(`INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, SpanAttributes, Duration, StatusCode)
      WITH number AS n, cityHash64('${service}', number) AS r, n >= ${300 * count} AND (${bad}) AS isBad
      SELECT fromUnixTimestamp64Milli(toInt64(${now - 360_000} + n * ${1000 / count})), toString(r), toString(n), concat('op', toString(n % 3)), 'Server', '${service}',
        map('service.version', if(r % 4 = 0, '2', '1'), 'service.instance.id', concat('pod-', toString(intDiv(r, 7) % 12))),
        map('request.id', toString(r), 'session.id', toString(intDiv(n, 4)), 'http.response.status_code', if(isBad, '500', '200'), 'noise', toString(intDiv(r, 97) % 30), 'card', ['visa', 'amex'][1 + intDiv(r, 11) % 2]),
        if(isBad, 90, 10) * 1000000 + r % 5000000, if(isBad, 'Error', 'Unset') FROM numbers(${360 * count})`);
  const differ = (service: string, symptom: 'errors' | 'latency') => loadDifferences(store, { service, symptom, onset: now - 60_000, to: now });

  it('is what they have in common beyond chance: how they fail comes last, ids and noise never', async () => {
    await fill('few', 2, 'r % 4 = 0 AND intDiv(r, 13) % 3 > 0');
    for (const symptom of ['errors', 'latency'] as const) {
      const found = await differ('few', symptom);
      expect(found.map(({ key, value }) => `${key}=${value}`)).toEqual(['service.version=2', 'http.response.status_code=500']);
      expect(found[0]).toMatchObject({ badShare: symptom === 'errors' ? 1 : expect.closeTo(0.85, 1), goodShare: expect.closeTo(0.23, 1) });
    }
  });
  it('is nothing where chance alone made them bad, or where there are only two', async () => {
    for (const seed of [1, 2, 3, 4]) {
      await fill(`chance-${seed}`, 2, `intDiv(r, ${100 + seed}) % 8 = 0`);
      expect((await differ(`chance-${seed}`, 'errors')).map(({ key }) => key)).toEqual(['http.response.status_code']);
    }
    await fill('two', 1, 'n IN (310, 320)');
    expect(await differ('two', 'errors')).toEqual([]);
  });
  it('is found among many, also where more came since the onset than are looked at', async () => {
    await fill('many', 600, 'r % 4 = 0 AND intDiv(r, 13) % 3 > 0');
    for (const symptom of ['errors', 'latency'] as const) expect((await differ('many', symptom))[0]).toMatchObject({ key: 'service.version', value: '2', badShare: symptom === 'errors' ? 1 : expect.closeTo(0.85, 1) });
  });
});

describe('reads and writes', () => {
  it('keeps the newest version of an incident', async () => {
    const incident = openIncident('one', [], now);
    await saveIncidents(store, [{ incident: { ...incident, startsAt: now }, version: 1, due: null }]);
    await saveIncidents(store, [{ incident: { ...incident, startsAt: now, title: 'later' }, version: 2, due: 'updated' }]);
    expect(await loadIncidents(store, now)).toMatchObject([{ version: 2, due: 'updated', incident: { title: 'later' } }]);
    const [row] = await store.query<{ ms: string }>(`SELECT toUnixTimestamp64Milli(updated_at) AS ms FROM incidents FINAL`);
    expect(Number(row?.ms)).toBe(now);
  });
  it('keeps one whose evidence began between two milliseconds', async () => {
    await saveIncidents(store, [{ incident: { ...openIncident('between', [], now), startsAt: now + 0.6667, endsAt: now + 9.5, updatedAt: now + 9.5, status: 'resolved' }, version: 1, due: null }]);
    const [row] = await store.query<{ began: string; ended: string }>("SELECT toUnixTimestamp64Milli(starts_at) AS began, toUnixTimestamp64Milli(assumeNotNull(ends_at)) AS ended FROM incidents FINAL WHERE id = 'between'");
    expect(row).toEqual({ began: String(now), ended: String(now + 9) });
  });
  it('reads edges, deploys and traces', async () => {
    expect((await loadTopology(store, now)).edges.toSorted((a, b) => a.client.localeCompare(b.client))).toEqual([{ client: 'checkout', server: 'payment', errorRise: 0.5, slowdown: 4, isKnown: true }, { client: 'payment', server: 'postgresql', errorRise: 0, slowdown: 1, silent: true }]);
    expect(await loadDeploys(store, ['payment'], now - 60_000, now)).toEqual([{ service: 'payment', version: '2', at: expect.any(Number) }]);
    expect((await loadTraces(store, ['payment'], now - 300_000, now))[0]).toBe('bad');
  });
  it('knows which calls a service leaves out for the requests it was asked, as far as calls are known', async () => {
    const at = (secondsAgo: number): string => `toDateTime(${Math.floor(now / 1000) - secondsAgo})`;
    // A request a second leads to a call, until 50 s ago; calls are known until 10 s ago, requests until now. Those of the till go to the queue, and nobody takes them out. All of the lodge comes half a minute late.
    const seconds = Array.from({ length: 600 }, (_, second) => second);
    const requests = (service: string, until = 0): string => seconds.filter((ago) => ago >= until).map((ago) => `(${at(ago)}, '${service}', 'Server', 1)`).join(',');
    await store.command(`INSERT INTO red_5s (time, service, kind, count) VALUES ${requests('shop')}, ${requests('desk')}, ${requests('till')}, ${requests('lodge', 30)}`);
    const calls = (client: string, until: number, server = 'stock', from = 600): string => seconds.filter((ago) => ago >= until && ago < from).map((ago) => `(${at(ago)}, '${client}', '${server}', 'http', 1)`).join(',');
    await store.command(`INSERT INTO service_edges (time, client, server, kind, count) VALUES ${calls('shop', 50)}, ${calls('desk', 10)}, ${calls('till', 50)}, ${calls('till', 10, 'kafka', 50)}, ${calls('lodge', 45)}`);
    const edges = (await loadTopology(store, now)).edges.filter(({ server }) => server === 'stock');
    expect(Object.fromEntries(edges.map(({ client, perRequest }) => [client, perRequest]))).toEqual({ shop: expect.closeTo(11 / 41) as number, desk: undefined, till: undefined, lodge: undefined });
  });
  it('knows the service that an address within the network names, whether or not it sends spans', async () => {
    const at = (secondsAgo: number): string => `toDateTime(${Math.floor(now / 1000) - secondsAgo})`;
    const servers = ['ledger.shop.svc.cluster.local', 'ledger', 'desk.internal', 'ledger.example.com', 'nobody.shop.svc'];
    await store.insert('metric_series', [{ id: '1', name: 'orders_total', type: 'sum', metric: 'orders_total', unit: '', service: 'ledger', labels: {}, resource: {}, last_seen: Math.floor(now / 1000) - 30 }]);
    await store.command(`INSERT INTO red_5s (time, service, kind, count) VALUES (${at(30)}, 'desk', 'Server', 1)`);
    await store.command(`INSERT INTO service_edges (time, client, server, kind, count, errors, duration_sum) VALUES ${servers.flatMap((server) => [`(${at(300)}, 'door', '${server}', 'http', 5, 0, 50)`, `(${at(10)}, 'door', '${server}', 'http', 5, 2, 50)`]).join(',')}`);
    const edges = (await loadTopology(store, now)).edges.filter(({ client }) => client === 'door');
    expect(edges.map(({ server, silent = false, isKnown = false }) => ({ server, silent, isKnown })).toSorted((a, b) => a.server.localeCompare(b.server))).toEqual([
      { server: 'desk', silent: false, isKnown: false }, { server: 'ledger', silent: true, isKnown: true }, { server: 'ledger.example.com', silent: true, isKnown: false }, { server: 'nobody.shop.svc', silent: true, isKnown: false },
    ]);
  });
  it('knows what takes from a queue', async () => {
    const at = `toDateTime(${Math.floor(now / 1000) - 30})`;
    await store.command(`INSERT INTO red_5s (time, service, kind, count) VALUES (${at}, 'porter', 'Producer', 1), (${at}, 'courier', 'Consumer', 1)`);
    await store.command(`INSERT INTO service_edges (time, client, server, kind, count) VALUES (${at}, 'porter', 'rabbitmq', 'messaging', 1), (${at}, 'rabbitmq', 'courier', 'messaging', 1)`);
    const topology = await loadTopology(store, now);
    expect(topology.edges.filter(({ server }) => ['rabbitmq', 'courier'].includes(server))).toMatchObject([{ client: 'porter', silent: true }]);
    expect([topology.isPlaced('courier'), topology.callees('rabbitmq'), topology.around('porter', 2)]).toEqual([true, [], new Set(['porter', 'rabbitmq', 'courier'])]);
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
    const since = { startsAt: now - 10_000, peakAt: now, updatedAt: now };
    const anomaly = anomalyOf('errors', 'cart', since);
    // Nor does it keep what is found beside it from being stored.
    await deaf.consume([anomaly, anomalyOf('errors', 'till', since)]);
    expect(deaf.openCount()).toBe(2);
    await deaf.stop();
    const heard: IncidentEvent[] = [];
    const next = await open(async (event) => void heard.push(event));
    await next.consume([]);
    await next.consume([]);
    await next.stop();
    expect(heard.filter(({ incident }) => /^(cart|till)/.test(incident.title)).map(({ type, incident }) => `${type} ${incident.services.join()}`).toSorted()).toEqual(['opened cart', 'opened till']);
  });
});
