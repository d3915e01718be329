import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Anomaly, SeriesKind } from '#core/types.js';
import { ARRIVAL_METRIC } from '../../words.js';
import { emptyStore } from '#store/empty.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { incidentsConfig } from '../config.js';
import { group } from '../group/group.js';
import { topologyOf } from './hosts.js';
import { scoreCauses } from '../cause/root-cause.js';
import type { Edge } from './edges.js';
import { anomalyOf, edge } from '../testing.js';
import { createTopology } from './topology.js';

const config = incidentsConfig.parse({});
const runsOn = (client: string, server: string): Edge => edge(client, server, { host: true });

function shows(service: string, kind: SeriesKind = 'latency', metric: string = kind, value = 200): Anomaly {
  return anomalyOf(kind, service, { series: { metric }, value, expected: value / 10, upper: 0, score: 6 });
}
const busyHost = shows('node-2', 'metric', 'system_cpu_utilization', 0.98);
const shop = [edge('web', 'orders'), edge('web', 'stock'), runsOn('orders', 'node-2'), runsOn('stock', 'node-2'), runsOn('batch', 'node-2'), runsOn('web', 'node-1')];
const ranked = (anomalies: readonly Anomaly[], edges: readonly Edge[] = shop): string[] => scoreCauses(anomalies, createTopology(edges), [], 0).map(({ service, reason }) => `${service}: ${reason.split('; ')[1] ?? ''}`);
const groups = (anomalies: readonly Anomaly[], edges: readonly Edge[] = shop): string[] => group(anomalies, createTopology(edges), config).map((one) => one.map(({ series }) => series.service).toSorted().join(' ')).toSorted();

it('who calls whom is known also where reading the rest fails, which is tried again after a minute', async () => {
  const read: string[] = [];
  const query = async (sql: string): Promise<never[]> => {
    const what = sql.includes('measured') ? 'hosts' : sql.includes('Consumer') ? 'takers' : 'calls';
    read.push(what);
    if (what !== 'calls') throw new Error('the store is busy');
    return [];
  };
  const failed: string[] = [];
  const topologyAt = topologyOf({ ...emptyStore, query }, async (what, load, otherwise) => {
    try {
      return await load();
    } catch {
      failed.push(what);
      return otherwise;
    }
  });
  for (const at of [0, 1_000, 61_000]) expect((await topologyAt(at)).edges).toEqual([]);
  expect([read, failed]).toEqual([['hosts', 'takers', 'calls', 'calls', 'hosts', 'takers', 'calls'], [0, 61].flatMap(() => ['what runs on which host', 'who takes from which queue'])]);
  await expect(topologyOf({ ...emptyStore, query })(0)).rejects.toThrow('busy');
});

describe('services that share a host', () => {
  const slow = [shows('web'), shows('orders'), shows('stock')];

  it('are slow because it is short of something, and that is one incident', () => {
    expect(groups([...slow, busyHost])).toEqual(['node-2 orders stock web']);
    const [first, ...others] = ranked([...slow, busyHost]);
    expect(first).toBe('node-2: what runs on it degraded with it.');
    expect(others).toContain('orders: it runs on node-2, which is short of processor time.');
  });

  it('suffer from the one that uses it up, which need not be slow itself', () => {
    const busy = shows('batch', 'metric', 'process_cpu_time', 3);
    expect(ranked([...slow, busyHost, busy])[0]).toBe('batch: it uses up what node-2 has, on which others degraded.');
    expect(ranked([...slow, busyHost, shows('orders', 'metric', 'process_cpu_time', 3)])[0]).toMatch(/^orders: /);
    expect(ranked([...slow, busyHost, busy])).toContain('node-2: batch on it uses it up.');
  });

  it('are not slow because of a host that has enough, or on which they do not run', () => {
    expect(ranked([...slow, shows('node-2', 'metric', 'system_cpu_utilization', 0.6)])[0]).toMatch(/^(orders|stock): its callers followed/);
    expect(groups([shows('web'), busyHost], [runsOn('web', 'node-1'), runsOn('batch', 'node-2')])).toEqual(['node-2', 'web']);
  });

  it('fail, or lose their requests, because it is gone, which is no lack of anything', () => {
    const dead = { ...shows('node-2', 'metric', ARRIVAL_METRIC, 0), direction: 'absent' as const };
    const [first, ...others] = ranked([shows('web', 'errors'), shows('orders', 'errors'), dead]);
    expect(first).toBe('node-2: what runs on it began to fail when it went quiet.');
    expect(others).toContain('orders: it runs on node-2, which went quiet.');
    expect(ranked([{ ...shows('orders', 'rate', 'requests', 0), direction: 'absent' }, dead])).toContain('node-2: nothing that runs on it fails.');
    expect(ranked([...slow, dead])).toContain('node-2: only its metrics stopped.');
  });

  it('are not related by it while it is well', () => {
    const apart = [runsOn('mail', 'node-2'), runsOn('stock', 'node-2')];
    expect(groups([shows('mail'), shows('stock')], apart)).toEqual(['mail', 'stock']);
    expect([...createTopology(apart).around('mail', 2)].toSorted()).toEqual(['mail', 'node-2']);
  });
});

describe('what runs where, and who takes from what', () => {
  let store: Store;
  const now = Date.now();
  beforeAll(async () => {
    store = await openTestStore();
    const seen = new Date(now - 30_000).toISOString();
    const process = (service: string, host: string, last = seen): object => ({ service, process: `${service} ${host}`, host, first: seen, last, attributes: {} });
    await store.insert('service_processes', [process('orders', 'node-2'), process('orders', 'node-9'), process('stock', ''), process('gone', 'node-2', new Date(now - 3_600_000).toISOString())]);
    const series = (id: string, name: string, service: string, labels: object, resource: object = {}): object => ({ id, name, type: 'gauge', metric: name, unit: '', service, labels, resource, last_seen: Math.floor(now / 1000) - 30 });
    const taking = (service: string, name: string, kind = 'Consumer'): object => ({ Timestamp: seen, TraceId: service, SpanId: name, SpanName: name, SpanKind: kind, ServiceName: service, Duration: 1e6, StatusCode: 'Unset' });
    await store.insert('otel_traces', [taking('biller', 'process invoices'), taking('biller', 'process events'), taking('indexer', 'events receive'), taking('web', 'send invoices', 'Producer')]);
    await store.insert('metric_series', [
      series('1', 'system_cpu_utilization_ratio', 'unknown_service', { instance: 'node-2' }, { 'host.name': 'node-2' }), series('2', 'node_load1', 'node', { instance: '10.0.0.7:9100' }),
      series('3', 'up', 'billing', { instance: '10.0.0.7:8080' }), series('4', 'up', 'billing', { instance: '10.0.0.8:8080' }), series('5', 'up', 'node', { instance: '10.0.0.7:9100' }),
      series('6', 'node_load1', 'node', { instance: '[fd00::7]:9100' }), series('7', 'up', 'ledger', { instance: '[fd00::7]:8080' }),
    ]);
  });
  afterAll(() => store.close());

  it('is known of hosts that are measured, by processes and by addresses of targets', async () => {
    const topology = await topologyOf(store)(now);
    expect(['orders', 'billing', 'ledger', 'stock', 'gone'].map((service) => [...topology.below(service, 1)])).toEqual([['node-2'], ['10.0.0.7'], ['fd00::7'], [], []]);
    expect([topology.isHost('node-2'), topology.isHost('node-9'), topology.isHost('orders')]).toEqual([true, false, false]);
    expect(topology.callees('orders')).toEqual([]);
  });

  it('is known of queues by what consumers call what they do', async () => {
    const topology = await topologyOf(store)(now);
    expect(['invoices', 'events', 'parked'].map((queue) => topology.takersFrom(queue).toSorted())).toEqual([['biller'], ['biller', 'indexer'], []]);
  });
});
