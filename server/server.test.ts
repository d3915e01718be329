import { get as httpGet, type IncomingMessage, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncomingAlert } from '#core/alert-hook.js';
import type { AlertRouting } from '#core/alert-routing.js';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiSource } from '#core/api/status.js';
import { PipelineError } from '#core/errors.js';
import type { Feedback, IncidentActions } from '#core/feedback.js';
import { Registry } from '#core/metrics.js';
import type { RuleGroupState } from '#core/rules.js';
import { BY_METRICS } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { promqlConfig } from '../promql/config.js';
import { judgeInTurns } from '../detector/long/recording.js';
import { createPromEngine } from '../promql/engine.js';
import { createServer } from './server.js';
import { serverOptions } from './testing.js';

const missing = (id: string): Promise<never> => Promise.reject(new PipelineError('NOT_FOUND', `no incident ${id}`));
const missingIncidents: IncidentActions = { acknowledge: missing, note: missing, resolve: missing, reopen: missing, assign: missing, setSeverity: missing, judge: missing, learn: missing, unlearn: missing, merge: missing, split: missing };
const noFeedback = { context: missing, judged: missing, windows: () => [] } as unknown as Feedback;
const taken: IncomingAlert[] = [];
/** What the rules are in, where a test has any. */
const ruleGroups: RuleGroupState[] = [];
/** What took the last remote write. */
let written: Server | undefined;
const models = (): never => {
  throw new PipelineError('SHUTTING_DOWN', 'the detector is not running');
};
const source = (service: string, over: Partial<ApiSource> = {}): ApiSource => ({ service, sdk: '', signals: [{ signal: 'traces', perSecond: 2, lastSeenAt: 1, stopped: false, late: false }], problems: [], refused: null, ...over });
const sources = [source('cart'), source('Checkout-api'), source('ad'), source('checkout-worker', { problems: ['its clock is off'] })];
let store: Store;
let server: ReturnType<typeof createServer>;
let url = '';

beforeAll(async () => {
  store = await openTestStore();
  server = createServer(serverOptions({
    store, judge: judgeInTurns, promql: createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) }), models, sources: () => sources, incidents: missingIncidents, feedback: noFeedback,
    rules: { groups: () => ruleGroups, faults: () => [], noteOf: (slo, service) => `of ${slo} and ${service}` },
    hook: { take: async (alerts) => (taken.push(...alerts), { accepted: alerts.length, ignored: 0 }) },
    routing: { status: () => ({ file: 'am.yml', faults: ['am.yml:1: no'], original: '', startedAt: 0 }), receivers: () => ['team'] } as unknown as AlertRouting,
    notifications: { replay: missing, told: () => ['pager'] },
    remoteWrite: (request, response) => void ((written = (request.socket as any).server), response).writeHead(request.method === 'POST' ? 204 : 405).end(),
  }));
  await server.start();
  url = `http://127.0.0.1:${server.port()}`;
  const now = Date.now();
  const span = (id: string, parent: string, service: string, kind: string, ms: number, status: string): object => ({
    Timestamp: new Date(now - 30_000).toISOString(), TraceId: '0af7651916cd43dd8448eb211c80319c', SpanId: id, ParentSpanId: parent, ServiceName: service, SpanName: 'op', SpanKind: kind, Duration: ms * 1e6, StatusCode: status, ResourceAttributes: { 'service.version': '1.0.0' }, SpanAttributes: { card: 'visa' },
  });
  await store.insert('otel_traces', [span('00f067aa0ba902b7', '', 'checkout', 'Server', 40, 'Error'), span('00f067aa0ba902b8', '00f067aa0ba902b7', 'checkout', 'Client', 30, 'Unset'), span('00f067aa0ba902b9', '00f067aa0ba902b8', 'payment', 'Server', 25, 'Error')]);
  await store.insert('otel_logs', [{ Timestamp: new Date(now - 30_000).toISOString(), ServiceName: 'payment', SeverityNumber: 17, SeverityText: 'ERROR', Body: 'card declined', PatternId: '18446744073709551615' }]);
  await store.insert('log_patterns', [{ id: '18446744073709551615', service: 'payment', template: 'card <*>', first_seen: new Date(now - 40_000).toISOString(), updated_at: new Date(now).toISOString() }]);
  await store.insert('service_edges', [{ time: Math.floor(now / 1000) - 30, client: 'checkout', server: 'payment', kind: 'http', count: 1, errors: 1, duration_sum: 30 }]);
  await store.insert('metric_series', [{ id: '7', name: 'orders_total', labels: { region: 'eu' }, metric: 'orders', type: 'counter', unit: '1', service: 'checkout', last_seen: Math.floor(now / 1000) }]);
  await store.insert('metric_samples', [0, 1, 2].map((step) => ({ series: '7', time: new Date(now - 60_000 + step * 20_000).toISOString(), value: step * 40 })));
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

const get = async (path: string): Promise<{ status: number; body: any }> => {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: await response.json() };
};

it('gives its metrics under any name, and the page of that name under its own alone, which no other page frames', async () => {
  const ask = (host: string, accept: string): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      const answered = (response: IncomingMessage): void => {
        response.resume();
        const { 'content-type': type, 'content-security-policy': policy, 'x-content-type-options': options } = response.headers;
        resolve([response.statusCode === 403, type?.split(';')[0], policy?.includes("frame-ancestors 'none'"), options]);
      };
      httpGet(`${url}/metrics`, { headers: { host, accept } }, answered).on('error', reject);
    });
  for (const host of ['localhost', 'faultline.monitoring.svc']) expect(await ask(host, 'text/plain;version=0.0.4')).toEqual([false, 'text/plain', true, 'nosniff']);
  const page = 'text/html,application/xhtml+xml,*/*;q=0.8';
  expect(await ask('localhost', page)).toEqual([false, expect.any(String), true, 'nosniff']);
  expect(await ask('evil.example', page)).toEqual([true, 'application/json', true, 'nosniff']);
});

describe('JSON API', () => {
  it('answers readers elsewhere in less, and this machine at once', async () => {
    const encoding = async (path: string, headers: Record<string, string>): Promise<string | null> => {
      const response = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'gzip', ...headers } });
      const own = response.headers.get('content-encoding');
      await response.body?.cancel();
      return own;
    };
    const far = { 'x-forwarded-for': '192.0.2.7' };
    expect(await encoding('/api/openapi.json', far)).toBe('gzip');
    expect(await encoding('/api/openapi.json', {})).toBeNull();
    expect(await encoding('/api/openapi.json', { ...far, 'accept-encoding': 'identity' })).toBeNull();
    expect(await encoding('/api/events', far)).toBeNull();
    const stream = await fetch(`${url}/api/events`);
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    await stream.body?.cancel();
  });
  it('samples traces from all over the time where more match than are asked for', async () => {
    const [minutes, from] = [120, Math.floor(Date.now() / 1000) - 20 * 3_600];
    const spans = Array.from({ length: minutes * 5 }, (_, at) => ({ Timestamp: new Date((from + at * 12) * 1000).toISOString(), TraceId: (at + 1).toString(16).padStart(32, '0'), SpanId: (at + 1).toString(16).padStart(16, '0'), ServiceName: 'sampled', SpanName: 'op', SpanKind: 'Server', Duration: 1e6, StatusCode: 'Unset' }));
    await store.insert('otel_traces', spans);
    const path = `/api/traces?service=sampled&from=${from}000&to=${from + minutes * 60}000&limit=40&pick=`;
    const [newest, sample, again] = [await get(`${path}newest`), await get(`${path}sample`), await get(`${path}sample`)];
    const quarters = ({ body }: typeof sample): number[] => [0, 1, 2, 3].map((quarter) => body.traces.filter(({ startsAt }: any) => Math.floor((startsAt / 1000 - from) / (minutes * 15)) === quarter).length);
    expect(quarters(newest)).toEqual([0, 0, 0, 40]);
    expect(Math.min(...quarters(sample))).toBeGreaterThan(2);
    expect([sample.body.traces.length, sample.body.matching, newest.body.matching]).toEqual([40, spans.length, spans.length]);
    expect(again.body).toEqual(sample.body);
    expect(sample.body.traces).toEqual(sample.body.traces.toSorted((a: any, b: any) => b.startsAt - a.startsAt));
  });
  it('answers what it asks itself before anybody else does', async () => {
    await expect(server.warmUp()).resolves.toBeUndefined();
  });
  it('lists who sends what, with those who have something to fix first, and as many as are asked for', async () => {
    const names = async (search: string): Promise<unknown[]> => {
      const { body } = await get(`/api/sources${search}`);
      return [body.sources.map(({ service }: ApiSource) => service), body.matching];
    };
    expect(await names('')).toEqual([['checkout-worker', 'ad', 'cart', 'Checkout-api'], 4]);
    expect(await names('?q=checkout&limit=1')).toEqual([['checkout-worker'], 2]);
    expect((await get('/api/sources?limit=0')).status).toBe(400);
    expect((await get('/api/status')).body.arriving).toEqual({ sources: 4, faulty: 1, perSecond: { traces: 8, metrics: 0, logs: 0 } });
  });
  it.each(['services?', 'services/checkout?', 'services/checkout/metrics?', 'changes?', 'map?', 'traces?', 'logs?', 'logs/patterns?', 'metrics/query?name=orders_total&', 'slos?', 'scaling?', 'incidents?state=all&', 'notifications?'])('answers about all of time: /api/%s', async (path) => {
    const lately = await get(`/api/${path}from=now-1d`);
    expect(lately.status).toBe(200);
    for (const range of ['from=0', 'from=now-30000d', 'to=4300000000000', 'from=0&to=9999999999999999']) {
      const { status, body } = await get(`/api/${path}${range}`);
      expect([range, status]).toEqual([range, 200]);
      // What is there is found, however far the range reaches.
      for (const [name, found] of Object.entries<any>(lately.body)) if (Array.isArray(found) && found.length > 0 && name !== 'times') expect([name, body[name].length > 0]).toEqual([name, true]);
    }
    expect((await get(`/api/${path}from=5000000000000&to=6000000000000`)).status).toBe(400);
  });
  it.each(['traces?minMs=1e308', 'traces?maxMs=Infinity', 'traces?minMs=1e300&maxMs=1e301'])('refuses numbers that no column holds, for good: /api/%s', async (path) => {
    expect(await get(`/api/${path}`)).toMatchObject({ status: 400, body: { error: { code: 'QUERY_INVALID' } } });
  });
  it('lists services with their RED figures', async () => {
    const { body } = await get('/api/services');
    expect(body.services.map((row: any) => [row.service, row.errorRatio, row.state])).toEqual([['checkout', 1, 'learning'], ['payment', 1, 'learning']]);
    expect(body.services[0].p95Ms).toBeCloseTo(40, 0);
    // One request in the half minute since the service came, not in the 15 minutes of the range.
    for (const rate of [body.services[0].requestsPerSecond, (await get('/api/services/checkout')).body.operations[0].requestsPerSecond, (await get('/api/map')).body.edges[0].requestsPerSecond]) expect(rate).toBeGreaterThan(2 / 900);
  });
  it('lists as many services as are asked for, found by name and in the order of any column, and says how many there are', async () => {
    const list = async (search: string): Promise<unknown[]> => {
      const { body } = await get(`/api/services${search}`);
      return [body.services.map(({ service }: any) => service), body.matching, body.all];
    };
    expect(await list('?limit=1')).toEqual([['checkout'], 2, 2]);
    expect(await list('?sort=-service')).toEqual([['payment', 'checkout'], 2, 2]);
    expect(await list('?sort=p95')).toEqual([['payment', 'checkout'], 2, 2]);
    for (const sort of ['__proto__', '-constructor', 'toString']) expect(await list(`?sort=${sort}`)).toEqual(await list(''));
    expect(await list('?q=PAY&own=hide')).toEqual([['payment'], 1, 2]);
    const { body } = await get('/api/services?limit=1');
    expect([body.states.learning, body.services[0].sparkline.requests.some((value: number | null) => value !== null && value > 0), body.services[0].cause]).toEqual([2, true, false]);
  });
  it('lists what sends metrics or logs alone, without figures of requests and off the map', async () => {
    const from = Date.now() - 60_000;
    sources.push(source('postgres', { signals: [{ signal: 'metrics', perSecond: 9, lastSeenAt: from, stopped: false, late: false }] }), source('batch', { signals: [{ signal: 'logs', perSecond: 0, lastSeenAt: from - 500_000, stopped: false, late: false }] }));
    try {
      const { body } = await get('/api/services?sort=service');
      expect(body.services.map((row: any) => [row.service, row.by, row.requestsPerSecond > 0, row.state])).toEqual([['batch', null, false, 'silent'], ['checkout', 'spans', true, 'learning'], ['payment', 'spans', true, 'learning'], ['postgres', null, false, 'ok']]);
      expect((await get(`/api/services?from=${from - 7_200_000}&to=${from - 3_600_000}`)).body.services.map((row: any) => row.service)).not.toContain('postgres');
      expect((await get('/api/map')).body.nodes.map(({ name }: any) => name)).not.toContain('postgres');
    } finally {
      sources.length = 4;
    }
  });
  it('says of whom nothing is judged because it comes too late', async () => {
    const late = (signal: 'traces' | 'metrics', isLate: boolean): ApiSource['signals'][number] => ({ signal, perSecond: 9, lastSeenAt: Date.now(), stopped: false, late: isLate });
    sources.push(source('checkout', { signals: [late('traces', true), late('metrics', false)] }), source('payment', { signals: [late('traces', false), late('metrics', true)] }), source('postgres', { signals: [late('metrics', true)] }));
    try {
      const { body } = await get('/api/services?sort=service&limit=9');
      expect(body.services.map((row: any) => [row.service, row.state])).toEqual([['checkout', 'late'], ['payment', 'learning'], ['postgres', 'late']]);
      expect(body.states.late).toBe(2);
    } finally {
      sources.length = 4;
    }
  });
  it('lists requests that metrics alone tell of: as many as there are, and shares and means by how many they rest on', async () => {
    const now = Math.floor(Date.now() / 5_000) * 5_000;
    const derived = [seriesOf('rate', 'billing', '', 'requests', '1/s', BY_METRICS), seriesOf('errors', 'billing', '', 'error_ratio', '1', BY_METRICS), seriesOf('latency', 'billing', '', 'mean', 'ms', BY_METRICS)];
    const seen = new Date(now - 600_000).toISOString();
    await store.insert('watched_series', derived.map((series) => ({ ...series, first_seen: seen, last_seen: seen })));
    // Ten a second of which a tenth fails, then thirty of which none does; nothing timed in between.
    const scores = [[30, 10, 0.1, 40], [15, 30, 0, 20], [10, 20, null, null]].flatMap(([ago = 0, ...values]) => derived.flatMap(({ id }, which) => (values[which] == null ? [] : { series: id, time: new Date(now - (ago ?? 0) * 1000).toISOString(), value: values[which], expected: 0, lower: 0, upper: 0, score: 0 })));
    await store.insert('anomaly_scores', scores);
    sources.push(source('billing', { signals: [{ signal: 'metrics', perSecond: 9, lastSeenAt: now, stopped: false, late: false }] }));
    try {
      const { services } = (await get(`/api/services?q=billing&from=${now - 60_000}&to=${now}`)).body;
      expect(services).toMatchObject([{ by: 'metrics', requestsPerSecond: 20, errorRatio: 0.025, p95Ms: 0, meanMs: 25 }]);
      const { requests, errors, latency } = services[0].sparkline;
      expect([requests, errors, latency].map((points: (number | null)[]) => points.filter((point) => point !== null))).toEqual([[10, 30, 20], [0.1, 0], [40, 20]]);
    } finally {
      sources.length = 4;
    }
  });
  it('works out the list of services once for all who look at it, and does not send it to whoever has it', async () => {
    const [one, other] = await Promise.all([0, 1].map(() => fetch(`${url}/api/services?from=now-10m`)));
    const etag = one?.headers.get('etag') ?? '';
    expect(other?.headers.get('etag')).toBe(etag);
    expect((await fetch(`${url}/api/services?from=now-10m`, { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } })).status).toBe(304);
  });
  it('tells new versions from the first one of a service, newest first', async () => {
    const at = Date.now() - 20_000;
    const span = (service: string, version: string, agoMs: number): object => ({ Timestamp: new Date(at - agoMs).toISOString(), TraceId: '2'.repeat(32), SpanId: '2'.repeat(16), ServiceName: service, SpanName: 'op', SpanKind: 'Internal', Duration: 1e6, StatusCode: 'Unset', ResourceAttributes: { 'service.version': version } });
    const [from, to] = [at - 40 * 86_400_000, at - 39 * 86_400_000];
    await store.insert('otel_traces', [span('rolled', '1', 40 * 86_400_000 - 60_000), span('rolled', '2', 40 * 86_400_000 - 120_000), span('rolled', '1', 40 * 86_400_000 - 180_000)]);
    const { changes } = (await get(`/api/changes?from=${from}&to=${to}`)).body;
    expect(changes).toEqual([{ kind: 'deploy', at: expect.any(Number), until: expect.any(Number), services: ['rolled'], serviceCount: 1, text: 'version 1 → 2', changed: [{ attribute: 'service.version', from: '1', to: '2' }], incident: '' }]);
    expect((await get('/api/changes')).body).toEqual({ changes: [], matching: 0 });
    const { body } = await get(`/api/services/rolled?from=${from}&to=${to}`);
    expect([body.versions, body.deploys.length, body.state]).toEqual([['1', '2'], 1, 'silent']);
  });
  it('counts requests per second over what has been of a range that ends in the future', async () => {
    const from = Date.now() - 3 * 3_600_000;
    await store.insert('otel_traces', Array.from({ length: 180 }, (_none, at) => ({ Timestamp: new Date(from + at * 10_000).toISOString(), TraceId: '6'.repeat(32), SpanId: '6'.repeat(16), ServiceName: 'ahead', SpanName: 'op', SpanKind: 'Server', Duration: 1e6, StatusCode: 'Unset' })));
    const range = `from=${from - 60_000}&to=${from + 30 * 3_600_000}`;
    for (const rate of [(await get(`/api/services?q=ahead&${range}`)).body.services[0].requestsPerSecond, (await get(`/api/services/ahead?${range}`)).body.operations[0].requestsPerSecond]) expect(rate).toBeCloseTo(180 / 10_800, 3);
  });
  it('shows what a service did last week, of which only minutes are kept', async () => {
    const day = 86_400_000;
    const from = Math.floor(Date.now() / day) * day - 6.5 * day;
    const to = from + 600_000;
    await store.insert('otel_traces', Array.from({ length: 60 }, (_none, at) => ({ Timestamp: new Date(from + at * 10_000).toISOString(), TraceId: '4'.repeat(32), SpanId: '4'.repeat(16), ServiceName: 'past', SpanName: 'op', SpanKind: 'Server', Duration: 1e6, StatusCode: 'Unset' })));
    await store.command(`ALTER TABLE red_5s DROP PARTITION '${new Date(from).toISOString().slice(0, 10)}'`);
    const { body } = await get(`/api/services/past?from=${from}&to=${to}`);
    expect([body.operations[0].requestsPerSecond, body.charts[0].values]).toEqual([0.1, Array<number>(10).fill(0.1)]);
    const [row] = (await get(`/api/services?q=past&from=${from}&to=${to}`)).body.services;
    expect(row.sparkline.requests).toEqual(Array<number>(10).fill(0.1));
  });
  it('shows one service, the map, and 404 for a stranger', async () => {
    const { body } = await get('/api/services/checkout');
    expect([body.operations.length, body.downstream[0].server, body.charts.length]).toEqual([2, 'payment', 3]);
    expect((await get('/api/map')).body.edges).toHaveLength(1);
    expect((await get('/api/services/stranger')).status).toBe(404);
    // A client makes a folder of `..`.
    expect((await get('/api/services/~..')).body.error.message).toContain('spans of service .. in');
  });
  it('shows the judged metrics of a service or a host: what they say of its requests, then the most unusual', async () => {
    const series = (metric: string): object => ({ id: `node-2 ${metric}`, kind: 'metric', service: 'node-2', operation: '', metric, unit: '1', labels: { cpu_mode: 'user' }, first_seen: new Date().toISOString(), last_seen: new Date().toISOString() });
    await store.insert('watched_series', [series('system_cpu_utilization'), series('system_memory_utilization'), series('never_judged'), { ...series('error_ratio'), kind: 'errors', labels: { signal: 'metrics' } }, { ...series('requests'), kind: 'rate', labels: {} }]);
    const at = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const score = (metric: string, value: number, score: number): object => ({ time: new Date(at).toISOString(), series: `node-2 ${metric}`, value, expected: 0.3, lower: 0.2, upper: 0.4, score });
    await store.insert('anomaly_scores', [score('system_cpu_utilization', 0.9, 5), score('system_cpu_utilization', 0.7, 3), score('system_memory_utilization', 0.3, 0.1), score('error_ratio', 0, 0.1), score('requests', 9, 9)]);
    const { body } = await get('/api/services/node-2/metrics?limit=2');
    expect([body.all, body.metrics.map((chart: any) => chart.series.metric)]).toEqual([3, ['error_ratio', 'system_cpu_utilization']]);
    const [slot] = body.metrics[1].values.flatMap((value: number | null, index: number) => (value === null ? [] : [index]));
    expect([body.metrics[1].values[slot], body.metrics[1].upper[slot], Math.abs(body.metrics[1].times[slot] - at) < 60_000]).toEqual([expect.closeTo(0.8), 0.4, true]);
    expect((await get('/api/services/checkout/metrics')).body).toEqual({ metrics: [], all: 0 });
    expect((await get('/api/services/node-2')).body).toMatchObject({ service: 'node-2', operations: [], versions: [] });
  });
  it('finds a trace and gives its spans', async () => {
    const { body } = await get('/api/traces?service=payment&status=error&q=visa');
    expect(body.matching).toBe(1);
    expect(body.traces).toMatchObject([{ rootService: 'checkout', spanCount: 3, errorCount: 2, durationMs: 40 }]);
    const whole = await get('/api/traces/0af7651916cd43dd8448eb211c80319c');
    expect(whole.body.spans.map((span: any) => span.service).toSorted()).toEqual(['checkout', 'checkout', 'payment']);
    expect((await get('/api/traces/ffffffffffffffffffffffffffffffff')).status).toBe(404);
    expect((await get('/api/traces/xyz')).status).toBe(400);
  });
  it('searches logs and metrics', async () => {
    const logs = await get('/api/logs?q=DECLINED&severity=warn');
    expect([logs.body.logs.length, logs.body.histogram.counts.error.reduce((a: number, b: number) => a + b)]).toEqual([1, 1]);
    const { patterns } = (await get('/api/logs/patterns')).body;
    expect(patterns).toMatchObject([{ service: 'payment', template: 'card <*>', example: 'card declined', records: 1, severityText: 'ERROR' }]);
    expect([patterns[0].firstSeenAt < patterns[0].lastAt, (await get(`/api/logs?pattern=${patterns[0].id}`)).body.logs.length, (await get('/api/logs?pattern=7')).body.logs.length]).toEqual([true, 1, 0]);
    expect((await get('/api/metrics')).body).toMatchObject({ metrics: [{ name: 'orders', type: 'counter', seriesCount: 1 }], matching: 1 });
    const { body } = await get('/api/metrics/query?name=orders&from=now-5m');
    expect(body.charts[0].values.filter((value: number | null) => value !== null).every((value: number) => value > 0)).toBe(true);
  });
  it('refuses a parameter that it does not know, and names the one that was meant', async () => {
    const said = async (path: string): Promise<unknown[]> => {
      const { status, body } = await get(path);
      return [status, body.error?.message];
    };
    expect(await said('/api/logs?serivce=payment&colour=red')).toEqual([400, expect.stringMatching(/^query: there is no parameter serivce, did you mean service\?; there is no parameter colour \(known: from, to, q, service, /)]);
    expect(await said('/api/models?name=robust')).toEqual([400, 'query: there is no parameter name (none is taken here)']);
    for (const path of ['/api/metrics?limit=1&q=', '/api/slos?from=now-1h&to=now', '/api/traces?as=columns&own=hide', '/api/incidents?state=all&from=now-1h']) expect([path, (await get(path)).status]).toEqual([path, 200]);
  });
  it('shows counts and sums of a histogram in pairs, however many series it has', async () => {
    const names = ['wait_seconds_count', 'wait_seconds_sum'];
    const parts = Array.from({ length: 20 }, (_, at) => names.map((name, which) => ({ id: String(700 + 2 * at + which), name, labels: { job: 'queues', queue: `q${String(at).padStart(2, '0')}` }, metric: 'wait_seconds', type: 'counter', unit: 's', service: 'queues', last_seen: Math.floor(Date.now() / 1000) }))).flat();
    await store.insert('metric_series', parts);
    await store.insert('metric_samples', parts.flatMap(({ id }) => [0, 1, 2].map((step) => ({ series: id, time: new Date(Date.now() - 60_000 + step * 20_000).toISOString(), value: step }))));
    const { body } = await get('/api/metrics/query?name=wait_seconds&service=queues&from=now-5m');
    expect(body.charts.map(({ title }: { title: string }) => title)).toEqual(Array.from({ length: 6 }, (_, at) => names.map((name) => `queues · ${name} · queue=q0${at}`)).flat());
  });
  it('shows a sum of deltas that may fall as what it changes in a second', async () => {
    const now = Date.now();
    const from = Math.floor(now / 1000) * 1000 - 120_000;
    await store.insert('metric_series', [{ id: '790', name: 'hits', labels: { job: 'statsd' }, metric: 'hits', type: 'gauge', temporality: 'delta', unit: '', service: 'statsd', last_seen: Math.floor(now / 1000) }]);
    await store.insert('metric_samples', [9_000, 9_060, 9_030, 30].map((value, at) => ({ series: '790', time: new Date(from + at * 30_000).toISOString(), value })));
    const { charts, promql } = (await get('/api/metrics/query?name=hits&from=now-5m')).body;
    expect([promql, charts[0].unit, charts[0].values.filter((value: number | null) => value !== null)]).toEqual(['deriv(hits[5m])', '1/s', [2, -1, 1]]);
  });
  it('finds series of a metric by a label, says how many there are, and shows those without a number too', async () => {
    const series = Array.from({ length: 30 }, (_, at) => ({ id: String(800 + at), name: 'depth', labels: { job: 'pods', pod: `web-${at}` }, metric: 'depth', type: 'gauge', unit: '1', service: 'pods', last_seen: Math.floor(Date.now() / 1000) }));
    await store.insert('metric_series', series);
    const valueOf = new Map([['800', 'inf'], ['801', 'nan'], ['802', 'reinterpretAsFloat64(0x7ff0000000000002)']]);
    await store.command(`INSERT INTO metric_samples (series, time, value) VALUES ${series.map(({ id }) => `(${id}, fromUnixTimestamp64Milli(${Date.now() - 60_000}), ${valueOf.get(id) ?? '7'})`).join(', ')}`);
    const find = async (search: string): Promise<unknown> => {
      const { charts, matching } = (await get(`/api/metrics/query?name=depth&from=now-5m${search}`)).body;
      return [charts.map(({ title, values }: ApiChart) => [title.split('=')[1], values.filter((value) => value !== null)]), matching];
    };
    expect(await find('&labels=POD%3Dweb-29')).toEqual([[['web-29', [7]]], 1]);
    expect(await find('&labels=nothing')).toEqual([[], 0]);
    expect(await find('&service=pods')).toEqual([[['web-0', []], ['web-1', []], ...[10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map((pod) => [`web-${pod}`, [7]])], 29]);
  });
  it('lists the newest records however they lie, up to the limit', async () => {
    const second = Math.floor(Date.now() / 1000) * 1000;
    const ages = [500, 1, 400_000, 61_000, 600, 60_999, 800_000, 700_000];
    for (const age of ages) await store.insert('otel_logs', [{ Timestamp: new Date(second - age).toISOString(), ServiceName: 'crowd', SeverityNumber: 9, Body: `aged ${age}` }]);
    const sorted = ages.toSorted((a, b) => a - b);
    for (const limit of [1, 3, 4, 7, 8, 200]) {
      const { body } = await get(`/api/logs?service=crowd&q=aged&from=${second - 900_000}&to=${second}&limit=${limit}`);
      expect([body.logs.map((log: { body: string }) => log.body), body.histogram.counts.info.reduce((a: number, b: number) => a + b)]).toEqual([sorted.slice(0, limit).map((age) => `aged ${age}`), ages.length]);
    }
  });
  it('answers for incidents, and says what is wrong with a request', async () => {
    expect((await get('/api/incidents?state=all')).body).toEqual({ incidents: [], matching: 0 });
    expect((await get('/api/incidents/none')).status).toBe(404);
    expect((await get('/api/services?from=yesterday')).body.error).toMatchObject({ code: 'QUERY_INVALID', message: expect.stringContaining('from') });
    const form = await fetch(`${url}/api/incidents/x/acknowledge`, { method: 'POST', body: 'by=me', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(form.status).toBe(400);
    const json = await fetch(`${url}/api/incidents/x/acknowledge`, { method: 'POST', body: '{"by":"me"}', headers: { 'content-type': 'application/json' } });
    expect(json.status).toBe(404);
  });
  it('takes the webhooks of Alertmanager and Grafana, and nothing else', async () => {
    const post = async (body: object): Promise<{ status: number; body: any }> => {
      const response = await fetch(`${url}/api/v1/hooks/alertmanager`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
      return { status: response.status, body: await response.json() };
    };
    const firing = { status: 'firing', labels: { alertname: 'Down', job: 'a' }, annotations: { summary: 's' }, startsAt: '2026-01-02T03:04:05.123456789Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://prometheus/graph', fingerprint: '1f2e3d4c5b6a7988' };
    const v4 = { version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing', receiver: 'faultline', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://alertmanager', alerts: [firing, { ...firing, status: 'resolved', endsAt: '2026-01-02T03:14:05+01:00' }] };
    expect(await post(v4)).toEqual({ status: 200, body: { accepted: 2, ignored: 0 } });
    expect(taken).toEqual([{ status: 'firing', labels: firing.labels, annotations: { summary: 's' }, startsAt: Date.UTC(2026, 0, 2, 3, 4, 5, 123), endsAt: null, until: null, generatorURL: 'http://prometheus/graph' }, expect.objectContaining({ status: 'resolved', endsAt: Date.UTC(2026, 0, 2, 2, 14, 5) })]);
    expect((await post({ ...v4, version: '1', orgId: 1, title: '[FIRING:1]', state: 'alerting', message: '', alerts: [{ ...firing, silenceURL: 'http://grafana', values: { A: 1.5 }, valueString: '' }] })).status).toBe(200);
    for (const [bad, reason] of [[{ ...v4, version: '3' }, 'body version: expected the webhook body of Alertmanager'], [{ ...v4, version: '1' }, 'body version: expected version 4'], [{ ...v4, alerts: [] }, 'body alerts'], [{ ...v4, alerts: [{ ...firing, startsAt: 'yesterday' }] }, 'body alerts.0.startsAt: expected an RFC 3339 time'], [{ hello: 1 }, 'body version']] as const) {
      expect(await post(bad)).toEqual({ status: 400, body: { error: { code: 'QUERY_INVALID', message: expect.stringContaining(reason) } } });
    }
  });
  it('takes the alerts of a great outage in one body, and says of one that is larger than it takes how large it may be', async () => {
    const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> => {
      const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
      return { status: response.status, body: await response.json() };
    };
    const firing = { status: 'firing', labels: { alertname: 'Down', job: 'a' }, annotations: { summary: 's'.repeat(1_000) }, startsAt: '2026-01-02T03:04:05Z' };
    const many = { version: '4', groupKey: '{}:{}', status: 'firing', receiver: 'faultline', alerts: Array.from({ length: 5_000 }, () => firing) };
    expect(await post('/api/v1/hooks/alertmanager', JSON.stringify(many))).toEqual({ status: 200, body: { accepted: 5_000, ignored: 0 } });
    for (const [path, limit] of [['/api/v1/hooks/alertmanager', '16777216 bytes'], ['/api/incidents/x/notes', '1048576 bytes']] as const) {
      expect(await post(path, ' '.repeat(16 * 1024 * 1024 + 1))).toEqual({ status: 413, body: { error: { code: 'BODY_TOO_LARGE', message: expect.stringContaining(limit) } } });
    }
    expect(await post('/api/incidents/x/notes', '{}', { 'content-encoding': 'zstd' })).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } });
    expect(await post('/api/incidents/x/notes', '{"author":')).toMatchObject({ status: 400, body: { error: { code: 'QUERY_INVALID' } } });
  });
  it('lists objectives from what their rules record', async () => {
    const series = { slo: 'orders', service: 'checkout' };
    const record = async (id: string, name: string, value: number, labels: Record<string, string> = series): Promise<void> => {
      await store.insert('metric_series', [{ id, name, labels, metric: name, type: 'gauge', unit: '', service: 'faultline', last_seen: Math.floor(Date.now() / 1000) }]);
      await store.insert('metric_samples', [{ series: id, time: new Date(Date.now() - 5_000).toISOString(), value }]);
    };
    await record('71', 'slo:objective:ratio', 0.999);
    await record('72', 'slo:error_ratio:rate1h', 0.02);
    await record('73', 'slo:error_budget_left:ratio', -0.4);
    await record('74', 'ALERTS', 1, { ...series, alertname: 'ErrorBudgetBurn', alertstate: 'firing', severity: 'critical' });
    const { slos } = (await get('/api/slos?from=now-1h')).body;
    expect(slos).toMatchObject([{ name: 'orders', service: 'checkout', objective: 0.999, errorRatio: 0.02, budgetLeft: -0.4, burning: 'critical', error: '', note: 'of orders and checkout' }]);
    const rule = { type: 'recording', name: 'slo:error_budget_left:ratio', query: '', labels: series, health: 'err', lastError: 'too many samples', evaluationMs: 1, lastEvaluationAt: 0 } as const;
    ruleGroups.push({ name: 'slo-orders-budget', file: 'rules.slos', intervalMs: 300_000, limit: 0, evaluationMs: 1, lastEvaluationAt: 0, rules: [{ ...rule, labels: { ...series, slo: 'other' }, lastError: 'another' }, rule] });
    expect((await get('/api/slos?from=now-1h')).body.slos).toMatchObject([{ name: 'orders', error: 'too many samples' }]);
    ruleGroups.length = 0;
    expect([slos[0].times.length, slos[0].budget.at(-1)]).toEqual([61, -0.4]);
  });
  it('lists messages by what became of them, and the routing in use', async () => {
    const row = (id: string, status: string, at: number): object => ({ id, receiver: 'team/webhook/0', event: 'firing', incident: '{}:{alertname="Down"}', status, attempts: 2, next_at: at, created_at: at, version: 1, body: 'not shown', error: status === 'dead' ? 'the receiver answered 400' : '' });
    const now = Date.now();
    await store.insert('notifications', [row('msg_1', 'delivered', now - 3000), row('msg_2', 'dead', now - 2000), row('msg_3', 'unsent', now - 1000)]);
    const { body } = await get('/api/notifications');
    expect(body).toMatchObject({ notifications: [{ id: 'msg_2', status: 'dead', attempts: 2, about: '{}:{alertname="Down"}', error: 'the receiver answered 400', createdAt: now - 2000 }, { id: 'msg_1' }], counts: { delivered: 1, dead: 1, unsent: 1 } });
    expect(JSON.stringify(body)).not.toContain('not shown');
    expect((await get('/api/notifications?status=dead&receiver=team/webhook/0')).body.notifications).toHaveLength(1);
    expect((await get('/api/notifications?receiver=other')).body).toEqual({ notifications: [], counts: {} });
    expect([(await get('/api/notifications?about=inc-1')).body.notifications, (await get(`/api/notifications?about=${encodeURIComponent('{}:{alertname="Down"}')}`)).body.notifications.length]).toEqual([[], 2]);
    expect((await get('/api/notifications?status=lost')).status).toBe(400);
    const replay = (headers: Record<string, string>): Promise<Response> => fetch(`${url}/api/notifications/msg_9/replay`, { method: 'POST', headers, body: '{}' });
    expect([(await replay({ 'content-type': 'application/json' })).status, (await replay({ 'content-type': 'text/plain' })).status]).toEqual([404, 400]);
    expect((await get('/alertmanager/api/v2/status')).status).toBe(404);
    expect((await get('/api/routing')).body).toEqual({ file: 'am.yml', faults: ['am.yml:1: no'], receivers: ['team'], ruleFaults: [], told: ['pager'] });
  });
  it('describes every route', async () => {
    const { body } = await get('/api/openapi.json');
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/api/status', '/api/services/{service}', '/api/traces/{traceId}', '/api/incidents/{id}/acknowledge', '/api/logs', '/api/metrics/query']));
    const operations = Object.values<any>(body.paths).flatMap((path) => Object.values<any>(path));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(body.paths['/api/services/{service}/metrics'].get).toMatchObject({ operationId: 'getServicesServiceMetrics', 'x-role': 'viewer' });
    expect(operations.filter((operation) => !['viewer', 'editor', 'admin', 'ingest'].includes(operation['x-role']))).toEqual([]);
    expect(body.security).toEqual([...Object.keys(body.components.securitySchemes).map((scheme) => ({ [scheme]: [] })), {}]);
    expect(Object.keys(body.components.securitySchemes)).toEqual(expect.arrayContaining(['bearer', 'basic']));
  });
  it('hands remote write on, where Prometheus expects it', async () => {
    expect((await fetch(`${url}/api/v1/write`, { method: 'POST', body: 'x' })).status).toBe(204);
    expect((await fetch(`${url}/api/v1/write`)).status).toBe(405);
    // Whatever it cannot take a connection for, it goes on.
    for (const _ of [1, 2]) written?.emit('error', new Error('accept EMFILE'));
    expect((await fetch(`${url}/api/v1/write`)).status).toBe(405);
  });

  it('takes the longest query in an address too', async () => {
    expect(await get(`/api/v1/query?query=${encodeURIComponent(`vector(1)${' '.repeat(131_000)}`)}`)).toMatchObject({ status: 200, body: { status: 'success' } });
    expect(await get(`/api/v1/query?query=${encodeURIComponent(' '.repeat(131_073))}`)).toMatchObject({ status: 400, body: { error: expect.stringContaining('more than 131,072 characters') } });
  });
  it('is ready, exports metrics, refuses foreign names', async () => {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    expect([(await get('/api/nothing')).status, (await get('/federate?match[]=up')).status]).toEqual([404, 404]);
  });
});

describe('Model Context Protocol', () => {
  const connect = async (transport: StreamableHTTPClientTransport | StdioClientTransport): Promise<Client> => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport as never);
    return client;
  };
  const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';

  it.each([
    ['HTTP', () => new StreamableHTTPClientTransport(new URL(`${url}/mcp`))],
    ['stdin and stdout', () => new StdioClientTransport({ command: process.execPath, args: [fileURLToPath(new URL('../bin/faultline.js', import.meta.url)), 'mcp', '--url', url] })],
  ])('answers an agent over %s', async (_name, transport) => {
    const client = await connect(transport());
    const { tools } = await client.listTools();
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['list_incidents', 'explain_incident', 'what_changed', 'query_metrics']));
    expect(JSON.parse(textOf(await client.callTool({ name: 'list_services', arguments: {} })))).toMatchObject({ services: [{ service: 'checkout' }, { service: 'payment' }], all: 2 });
    expect(textOf(await client.callTool({ name: 'query_metrics', arguments: { query: 'max(orders_total)' } }))).toContain('"80"');
    const hour = { query: 'max(orders_total)', from: new Date(Date.now() - 3_600_000).toISOString(), to: Date.now() };
    expect(textOf(await client.callTool({ name: 'query_metrics', arguments: hour }))).toContain('"80"');
    expect(textOf(await client.callTool({ name: 'query_metrics', arguments: { ...hour, from: 'now-1d', to: 'now-20h' } }))).not.toContain('"80"');
    const missed = await client.callTool({ name: 'explain_incident', arguments: { id: 'none' } });
    expect([missed.isError, textOf(missed)]).toEqual([true, 'no incident none']);
    expect((await client.callTool({ name: 'what_changed', arguments: {} })).isError).toBeFalsy();
    await client.close();
  });

  it('asks for POST', async () => expect((await fetch(`${url}/mcp`)).status).toBe(405));
});

// Last: what it stores is among every list of services after it.
it('leaves out its own traces and calls where asked to, and not where they are asked for', async () => {
  const at = new Date(Date.now() - 30_000).toISOString();
  await store.insert('otel_traces', [{ Timestamp: at, TraceId: '1af7651916cd43dd8448eb211c80319c', SpanId: '10f067aa0ba902b7', ParentSpanId: '', ServiceName: 'faultline', SpanName: 'GET /api/map', SpanKind: 'Server', Duration: 1e6, StatusCode: 'Unset', ResourceAttributes: {}, SpanAttributes: {} }]);
  await store.insert('service_edges', [{ time: Math.floor(Date.now() / 1000) - 30, client: 'faultline', server: 'hooks.example.com', kind: 'external', count: 1, errors: 0, duration_sum: 30 }]);
  const traces = async (search: string): Promise<number> => (await get(`/api/traces${search}`)).body.traces.length;
  expect(await Promise.all([traces(''), traces('?own=hide'), traces('?own=hide&service=faultline')])).toEqual([2, 1, 1]);
  const names = async (search: string): Promise<string[]> => (await get(`/api/map${search}`)).body.nodes.map(({ name }: { name: string }) => name).toSorted();
  expect(await names('?own=show')).toEqual(['checkout', 'faultline', 'hooks.example.com', 'payment']);
  expect(await names('?own=hide')).toEqual(['checkout', 'payment']);
});
