import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident, IncidentEvent } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { incidentsConfig } from './config.js';
import { createIncidents, type Incidents } from './incidents.js';

const T = Math.floor((Date.now() - 3_600_000) / 60_000) * 60_000;
const config = incidentsConfig.parse({});
let store: Store;
let now = T;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  now = T;
  for (const table of ['incidents', 'otel_traces', 'red_5s', 'service_edges']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(() => store.close());

interface Product extends Incidents {
  readonly events: readonly IncidentEvent[];
  readonly failures: () => Promise<string>;
}
function start(): Product {
  const events: IncidentEvent[] = [];
  const registry = new Registry();
  const incidents = createIncidents({ store, registry, logger: silentLogger, clock: () => now, config, events: { consume: async (event) => void events.push(event) } });
  return { ...incidents, events, failures: () => registry.getSingleMetricAsString('faultline_incidents_read_failures_total') };
}
const newest = ({ events }: Product): Incident => events.at(-1)?.incident as Incident;

function anomaly(kind: 'errors' | 'rate' | 'metric' | 'latency', service: string, after: number, change: Partial<Anomaly> = {}): Anomaly {
  const series = seriesOf(kind, service, '', { errors: 'error_ratio', rate: 'requests', metric: 'queue_depth', latency: 'p95' }[kind], kind === 'latency' ? 'ms' : '1');
  const startsAt = T + after * 1000;
  return testAnomaly({ id: `${series.id}-${startsAt}`, series, startsAt, peakAt: startsAt, updatedAt: Math.max(now, startsAt), value: 0.4, expected: 0.01, upper: 0.05, score: 9, points: 6, ...change });
}
const seconds = (after: number): number => T / 1000 + after;
const edge = (client: string, server: string, after: number): object => ({ time: seconds(after), client, server, kind: 'http', count: 20, errors: 0, duration_sum: 200 });
const span = (service: string, id: string, parent: string, after: number, kind = 'Server', trace = 'trace'): object => ({
  Timestamp: new Date(T + after * 1000).toISOString(), TraceId: trace, SpanId: id, ParentSpanId: parent, ServiceName: service, SpanName: 'op', SpanKind: kind, Duration: 30e6, StatusCode: 'Error', SpanAttributes: { card: 'visa' },
});

describe('telemetry that is not what it should be', () => {
  it('no traces at all: metrics alone are explained by their own order, and nothing is made up', async () => {
    const product = start();
    now = T + 60_000;
    await product.consume([anomaly('metric', 'broker', 0, { value: 900, expected: 3, score: 99, points: 9 })]);
    expect(product.events.map(({ type }) => type)).toEqual(['opened']);
    expect(newest(product)).toMatchObject({ causes: [{ service: 'broker' }], services: ['broker'], differences: [], traces: [] });
    expect(newest(product).summary).not.toMatch(/NaN|undefined|null|requests failed/);
    expect(await product.failures()).not.toMatch(/total [1-9]/);
  });

  it('parents that never came, that are each other, or a span that is its own', async () => {
    await store.insert('otel_traces', [
      span('web', 'a', 'b', 5, 'Client'), span('pay', 'b', 'a', 5), span('pay', 'c', 'c', 6), span('pay', 'd', 'lost', 7), ...Array.from({ length: 8 }, (_, at) => span('pay', `e${at}`, 'gone', 8 + at, 'Server', `t${at}`)),
    ]);
    await store.insert('service_edges', [edge('web', 'pay', -60), edge('pay', 'web', -60), edge('pay', 'pay', -60)]);
    const product = start();
    now = T + 30_000;
    await product.consume([anomaly('errors', 'pay', 0), anomaly('errors', 'web', 5)]);
    expect(product.events).toHaveLength(1);
    expect(newest(product).causes.map(({ service }) => service).toSorted()).toEqual(['pay', 'web']);
    expect(newest(product).traces.length).toBeGreaterThan(0);
    // Nine traces, one of which both services are in.
    expect(newest(product).impact).toMatchObject({ failed: 9 });
    expect(await product.failures()).not.toMatch(/total [1-9]/);
  });

  it('a service that goes on under another name in the midst of it stays one incident, says so, and ends with its trouble', async () => {
    const red = (service: string, after: number): object => ({ time: seconds(after), service, operation: 'pay', kind: 'Server', version: '1', count: 50, errors: 20, duration_sum: 500 });
    await store.insert('red_5s', [red('payment', -600), red('payment', 0), red('checkout', -600), red('checkout', 60), red('payments', 62), red('payments', 90)]);
    await store.insert('service_edges', [edge('checkout', 'payment', -60), edge('checkout', 'payments', 62)]);
    const product = start();
    now = T + 20_000;
    await product.consume([anomaly('errors', 'payment', 0), anomaly('errors', 'checkout', 5)]);
    const { id } = newest(product);
    now = T + 90_000;
    const gone = anomaly('rate', 'payment', 60, { direction: 'absent', value: 0, expected: 10 });
    await product.consume([anomaly('errors', 'payment', 0, { endsAt: T + 60_000 }), anomaly('errors', 'checkout', 5), gone, anomaly('errors', 'payments', 70)]);
    expect(new Set(product.events.map(({ incident }) => incident.id))).toEqual(new Set([id]));
    expect(newest(product).summary).toContain('payment goes on as payments, it seems.');
    expect(newest(product).services).toContain('payments');
    const endsAt = T + 120_000;
    now = endsAt + config.resolve_after + 1_000;
    await product.consume([anomaly('errors', 'checkout', 5, { endsAt, updatedAt: endsAt }), anomaly('errors', 'payments', 70, { endsAt, updatedAt: endsAt }), { ...gone, updatedAt: now }]);
    expect(newest(product)).toMatchObject({ id, status: 'resolved' });
  });

  it('a clock that is two minutes ahead at the cause, which then seems to follow its effect', async () => {
    const ahead = 120;
    await store.insert('otel_traces', Array.from({ length: 10 }, (_, at) => [
      { ...span('checkout', `c${at}`, '', at - 300, 'Client', `t${at}`), StatusCode: 'Unset', Duration: 40e6 },
      { ...span('payment', `s${at}`, `c${at}`, at - 300 + ahead, 'Server', `t${at}`), StatusCode: 'Unset' },
    ]).flat());
    await store.insert('service_edges', [edge('checkout', 'payment', -60)]);
    const product = start();
    now = T + ahead * 1000 + 60_000;
    await product.consume([anomaly('errors', 'checkout', 0, { updatedAt: now }), anomaly('errors', 'payment', ahead, { updatedAt: now })]);
    expect(newest(product).causes[0]?.service).toBe('payment');
    expect(newest(product).summary).toContain('The clock of payment runs 120 s ahead');
  });
});
