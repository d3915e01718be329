import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Registry } from '#core/metrics.js';
import { listening, testAnomaly } from '#core/testing.js';
import type { Incident, Series } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createClickHouseFacade } from '../server/clickhouse/facade.js';
import { expandSql, promqlQueries, readDashboards, readYaml, runPromqlQueries, sqlQueries } from './testing.js';

const sources = z.object({ datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), isDefault: z.boolean().optional() })) });
const uidsOf = (path: string): Record<string, string> => Object.fromEntries(sources.parse(readYaml(path)).datasources.map(({ uid, type }) => [uid, type]));
const boards = readDashboards();
const SERIES_ID = '0000000000000007';

describe('what Grafana is given', () => {
  const known = uidsOf('grafana/provisioning/datasources/faultline.yaml');
  it('names its data sources, the same in docker compose, and a folder of dashboards', () => {
    expect(known).toEqual({ 'faultline-prometheus': 'prometheus', 'faultline-clickhouse': 'grafana-clickhouse-datasource', 'faultline-alertmanager': 'alertmanager', 'faultline-jaeger': 'jaeger' });
    expect(uidsOf('deploy/grafana-datasources.yaml')).toEqual(known);
    expect(readYaml('grafana/provisioning/dashboards/faultline.yaml')).toMatchObject({ apiVersion: 1, providers: [{ type: 'file', options: { path: '/var/lib/grafana/dashboards' } }] });
  });
  it.each(boards.map((board) => [board.file, board] as const))('%s: known data sources, unique panels, nothing overlaps, links lead somewhere', (_file, board) => {
    const used = [...board.panels.flatMap((panel) => [panel.datasource, ...panel.targets.map((target) => target.datasource)]), ...board.annotations.list.map((one) => one.target.datasource), ...board.templating.list.flatMap((one) => one.datasource ?? [])];
    for (const { type, uid } of used) expect(known[uid], uid).toBe(type);
    expect(new Set(board.panels.map((panel) => panel.id)).size).toBe(board.panels.length);
    for (const [index, { gridPos: a }] of board.panels.entries()) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      for (const { gridPos: b } of board.panels.slice(index + 1)) expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h, JSON.stringify([a, b])).toBe(false);
    }
    for (const [, uid] of JSON.stringify(board).matchAll(/\/d\/([\w-]+)/g)) expect(boards.map((one) => one.uid)).toContain(uid);
  });
  it('leads from an exemplar to its trace', () => {
    const destinations = z.object({ datasources: z.array(z.object({ type: z.string(), url: z.string().optional(), jsonData: z.object({ exemplarTraceIdDestinations: z.array(z.object({ name: z.string(), datasourceUid: z.string() })).optional() }) })) });
    for (const file of ['grafana/provisioning/datasources/faultline.yaml', 'deploy/grafana-datasources.yaml']) {
      const { datasources } = destinations.parse(readYaml(file));
      expect(datasources.find(({ type }) => type === 'prometheus')?.jsonData.exemplarTraceIdDestinations).toEqual([{ name: 'trace_id', datasourceUid: 'faultline-jaeger' }]);
      expect(datasources.find(({ type }) => type === 'jaeger')?.url).toMatch(/:8080\/jaeger$/);
    }
  });
  it('marks incidents on every dashboard but their own', () => {
    expect(boards.filter(({ annotations }) => !annotations.list.some(({ name }) => name === 'Incidents')).map(({ uid }) => uid)).toEqual(['faultline-incidents']);
  });
  it('has dashboards of their own uids', () => {
    expect(boards.map((board) => board.uid).toSorted()).toEqual(['faultline-autoscaling', 'faultline-detector', 'faultline-incidents', 'faultline-ingest', 'faultline-overview', 'faultline-service']);
  });
});

describe('every SQL query, over the ClickHouse endpoint', () => {
  const to = Date.now();
  const range = { from: to - 3_600_000, to, variables: { service: 'checkout', series: SERIES_ID, policy: 'shop', faultline: 'http://localhost:8080' } };
  let store: Store;
  let server: Server;
  let url = '';
  beforeAll(async () => {
    store = await openTestStore();
    await fill(store, to);
    server = createServer(createClickHouseFacade({ store, registry: new Registry() }));
    url = `${await listening(server)}/`;
  });
  afterAll(async () => {
    server.close();
    await store.close();
  });
  it.each(sqlQueries().map((one) => [one.name, one] as const))('%s', async (_name, { query, step }) => {
    const response = await fetch(`${url}?default_format=JSONEachRow`, { method: 'POST', body: expandSql(query, { ...range, step }) });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    const rows = text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.length, 'rows').toBeGreaterThan(0);
    expect(Object.values(rows[0] ?? {}).some((value) => value !== null && value !== '' && value !== 0 && value !== '0'), JSON.stringify(rows[0])).toBe(true);
  });
  it('counts as nobody\'s what is open, not acknowledged and not assigned', async () => {
    const { query = '' } = sqlQueries().find(({ name }) => name === 'incidents.json: Nobody is on it A') ?? {};
    expect(await store.query(query)).toEqual([{ incidents: '1' }]);
  });
});

describe('every PromQL query', () => {
  const base = process.env['FAULTLINE_TEST_URL'] ?? '';
  it('asks for our own metrics by their registered names', () => {
    for (const { query } of promqlQueries()) expect(query).toMatch(/faultline_\w+|process_\w+|nodejs_\w+/);
  });
  it.skipIf(base === '')('is answered by the Prometheus API of a running Faultline', async () => {
    const { faults } = await runPromqlQueries(base, { from: Date.now() - 900_000, to: Date.now() });
    expect(faults).toEqual([]);
  });
});

/** Half an hour of a shop: payment fails in the last five minutes, checkout with it. */
async function fill(store: Store, now: number): Promise<void> {
  const minutes = Array.from({ length: 30 }, (_, index) => now - (30 - index) * 60_000);
  const iso = (ms: number): string => new Date(ms).toISOString();
  const hex = (number: number, width: number): string => number.toString(16).padStart(width, '0');
  await store.insert('otel_traces', minutes.flatMap((at, minute) => [['checkout', 'POST /orders', 'Server', 80], ['checkout', 'POST /charge', 'Client', 60], ['payment', 'POST /charge', 'Server', 55]].map(([service, name, kind, ms], index) => ({
    Timestamp: iso(at), TraceId: hex(minute + 1, 32), SpanId: hex(minute * 3 + index + 1, 16), ParentSpanId: index === 0 ? '' : hex(minute * 3 + index, 16), ServiceName: service, SpanName: name, SpanKind: kind, Duration: Number(ms) * 1e6,
    StatusCode: minute >= 25 ? 'Error' : 'Ok', StatusMessage: minute >= 25 ? 'card refused' : '', ResourceAttributes: { 'service.version': minute >= 24 ? '1.1.0' : '1.0.0' }, SpanAttributes: {},
  }))));
  await store.insert('otel_logs', minutes.map((at, minute) => ({ Timestamp: iso(at), ServiceName: 'checkout', SeverityNumber: minute >= 25 ? 17 : 9, SeverityText: minute >= 25 ? 'ERROR' : 'INFO', Body: 'order placed', LogAttributes: { order: String(minute) } })));
  await store.insert('service_edges', minutes.map((at) => ({ time: Math.floor(at / 1000), client: 'checkout', server: 'payment', kind: 'http', count: 10, errors: 1, duration_sum: 550, duration_max: 70 })));
  const series: Series = { id: SERIES_ID, kind: 'errors', service: 'checkout', operation: 'POST /orders', metric: 'error_ratio', unit: '1', labels: {} };
  await store.insert('watched_series', [{ ...series, first_seen: iso(now - 3_600_000), last_seen: iso(now) }]);
  await store.insert('anomaly_scores', minutes.map((at, minute) => ({ time: iso(at), series: series.id, value: minute >= 25 ? 0.9 : 0, expected: 0, lower: 0, upper: 0.05, score: minute >= 25 ? 6 : 0.2 })));
  const startsAt = now - 300_000;
  const anomaly = testAnomaly({ id: 'a1', series, startsAt, peakAt: now, updatedAt: now, value: 0.9, expected: 0, upper: 0.05, score: 6 });
  await saveAnomalies(store, [anomaly]);
  const incident = (id: string, status: Incident['status'], began: number, endsAt: number | null, assignee = ''): object => {
    const document: Incident = {
      id, status, severity: 'critical', title: 'checkout: errors 0.2 % → 90 %', summary: 'Errors began in payment.', startsAt: began, openedAt: began, updatedAt: now, endsAt, acknowledgedAt: null, acknowledgedBy: '',
      causes: [{ service: 'payment', confidence: 0.8, reason: 'first', onsetAt: began }], services: ['payment', 'checkout'], evidence: [anomaly], differences: [], traces: [], timeline: [], notes: [], assignee,
    };
    return { id, status, severity: 'critical', title: document.title, starts_at: iso(began), ends_at: endsAt === null ? null : iso(endsAt), updated_at: iso(now), version: 1, document: JSON.stringify(document) };
  };
  await store.insert('incidents', [incident('i1', 'open', startsAt, null), incident('i3', 'open', startsAt, null, 'ada'), incident('i2', 'resolved', now - 1_500_000, now - 1_200_000)]);
  await store.insert('models', [{ name: 'seasonal', version: 1, state: 'champion', sha256: 'ab', document: '{}', onnx: '', registered_at: iso(now), since: iso(now), revision: 1 }]);
  await store.insert('load_forecasts', minutes.map((at) => ({ time: at, policy: 'shop', service: 'checkout', horizon: 300, load: 10, forecast: 14, lower: 12, upper: 16 })));
  await store.insert('scaling_decisions', [{ time: now - 60_000, policy: 'shop', service: 'checkout', value: 10, forecast: 14, current: 1, desired: 2, applied: true, reason: 'load rises' }]);
  await store.insert('notifications', [{ id: 'n1', receiver: 'slack', event: 'opened', incident: 'i1', status: 'delivered', attempts: 1, next_at: iso(now), created_at: iso(now - 290_000), version: 1, body: '{}', error: '' }]);
}
