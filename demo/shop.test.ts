import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAULTS } from './faults/catalogue.js';
import { startControl } from './faults/control.js';
import { CALLS, SERVICE_NAMES } from './services/index.js';
import { startShop, type Shop } from './shop.js';
import { startSink, type SeenSpan, type Sink } from './testing.js';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const MIB = 1024 * 1024;
const options = { controlPort: 0, host: '127.0.0.1', seed: 7, autoFault: false };

let sink: Sink;
let shop: Shop;
const said: string[] = [];
beforeAll(async () => {
  sink = await startSink();
  shop = await startShop({ ...options, otlpHttpUrl: sink.url }, (line) => said.push(line));
});
afterAll(async () => {
  await shop.stop();
  sink.close();
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 250 });
const control = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${shop.controlPort}${path}`, init);
const json = async (path: string, init?: RequestInit): Promise<any> => (await control(path, init)).json();
/** Plants by the control API; returns when, in epoch milliseconds. */
async function plant(name: string, body: object = {}): Promise<number> {
  const { planted } = await json(`/faults/${name}`, { method: 'POST', body: JSON.stringify({ seconds: 120, ...body }) });
  expect(planted).toMatchObject({ name });
  return Date.now();
}
const recover = (): Promise<Response> => control('/faults', { method: 'DELETE' });
const since = (at: number, wanted: (span: SeenSpan) => boolean): SeenSpan[] => sink.spans.filter((span) => span.startMs >= at && wanted(span));
const share = (spans: readonly SeenSpan[]): number => spans.filter(({ failed }) => failed).length / Math.max(1, spans.length);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const latest = (service: string, name: string, attribute?: string): number | undefined => sink.points.findLast((point) => point.service === service && point.name === name && (attribute === undefined || Object.values(point.attributes).includes(attribute)))?.value;

describe('a healthy shop', () => {
  it('reports nine services with versions and instances of their own', async () => {
    await until(() => expect(new Set(sink.spans.map(({ service }) => service))).toEqual(new Set(SERVICE_NAMES)));
    const resources = new Map(sink.spans.map(({ service, resource }) => [service, resource]));
    for (const [service, resource] of resources) expect(resource).toMatchObject({ 'service.name': service, 'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/), 'deployment.environment.name': 'demo' });
    expect(new Set([...resources.values()].map((resource) => resource['service.instance.id'])).size).toBe(9);
  });

  it('keeps one trace from the visitor to the parcel, through HTTP and the queue', async () => {
    await until(() => expect(sink.spans.some(({ kind, failed }) => kind === CONSUMER && !failed)).toBe(true));
    const consumed = sink.spans.find(({ kind }) => kind === CONSUMER);
    await until(() => {
      const trace = sink.spans.filter(({ traceId }) => traceId === consumed?.traceId);
      const byId = new Map(trace.map((span) => [span.spanId, span]));
      expect(trace.filter(({ parentSpanId }) => !byId.has(parentSpanId)).map(({ service, name }) => `${service}: ${name}`)).toEqual(['frontend: POST /checkout']);
      const producer = byId.get(consumed?.parentSpanId ?? '');
      expect(producer).toMatchObject({ service: 'checkout', kind: PRODUCER, name: 'send orders', attributes: { 'messaging.system': 'kafka' } });
      expect(consumed?.links).toEqual([producer?.spanId]);
      expect(new Set(trace.map(({ service }) => service))).toEqual(new Set(['frontend', 'checkout', 'cart', 'payment', 'inventory', 'fulfilment']));
      expect(trace.filter(({ kind, attributes }) => kind === CLIENT && attributes['db.system.name'] !== undefined).map(({ name }) => name)).toEqual(expect.arrayContaining(['HGETALL cart', 'SELECT stock', 'INSERT payments', 'INSERT orders', 'UPDATE stock']));
    });
    expect(consumed?.attributes['app.platform']).toMatch(/^(web|ios|android)$/);
  });

  it('calls as it is said to', async () => {
    await until(() => {
      const byId = new Map(sink.spans.map((span) => [span.spanId, span]));
      const seen = sink.spans.flatMap(({ service, kind, attributes, parentSpanId }) =>
        kind === CLIENT ? `${service} calls ${String(attributes['server.address'])}` : kind === CONSUMER ? `${byId.get(parentSpanId)?.service ?? ''} calls ${service}` : [],
      );
      expect([...new Set(seen)].toSorted()).toEqual(Object.entries(CALLS).flatMap(([service, callees]) => callees.map((callee) => `${service} calls ${callee}`)).toSorted());
    });
  });

  it('names and measures requests as the semantic conventions say', async () => {
    const page = sink.spans.find(({ service, kind, name }) => service === 'frontend' && kind === SERVER && name === 'GET /products/{id}');
    expect(page?.attributes).toMatchObject({ 'http.request.method': 'GET', 'http.route': '/products/{id}', 'url.path': expect.stringMatching(/^\/products\/\d+$/), 'http.response.status_code': 200 });
    await until(() => {
      for (const name of ['http.server.request.duration', 'http.server.active_requests', 'http.client.request.duration', 'nodejs.eventloop.utilization', 'v8js.memory.heap.used']) expect(latest('checkout', name)).toBeDefined();
      expect(latest('fulfilment', 'kafka.consumer_group.lag')).toBeDefined();
      expect(latest('catalog', 'db.client.connection.count', 'used')).toBeDefined();
    });
    expect(latest('search', 'db.client.connection.count')).toBeUndefined();
    await until(() => {
      const placed = sink.logs.find(({ service, body }) => service === 'checkout' && body.startsWith('order '));
      expect(sink.spans.find(({ spanId }) => spanId === placed?.spanId)).toMatchObject({ service: 'checkout', name: 'POST /checkout', traceId: placed?.traceId });
    });
  });

  it('fails now and then, but seldom', async () => {
    const served = (): SeenSpan[] => sink.spans.filter(({ kind }) => kind === SERVER);
    await until(() => expect(served().length).toBeGreaterThan(500));
    expect(share(served())).toBeLessThan(0.02);
  });
});

describe('faults', () => {
  it('slow-dependency: statements wait, and with them the pages', async () => {
    const at = await plant('slow-dependency');
    await until(() => {
      const statements = since(at, ({ attributes }) => attributes['db.system.name'] === 'postgresql');
      expect(statements.length).toBeGreaterThan(50);
      expect(median(statements.map(({ durationMs }) => durationMs))).toBeGreaterThan(120);
      expect(median(since(at, ({ service, name, kind }) => service === 'frontend' && kind === SERVER && name === 'GET /').map(({ durationMs }) => durationMs))).toBeGreaterThan(120);
    });
    await recover();
  });

  it('error-burst: requests fail at the cause and above it, with error logs inside their traces', async () => {
    const at = await plant('error-burst', { service: 'catalog' });
    await until(() => {
      const served = since(at, ({ service, kind }) => service === 'catalog' && kind === SERVER);
      expect(served.length).toBeGreaterThan(50);
      expect(share(served)).toBeGreaterThan(0.2);
      expect(share(since(at, ({ service, kind }) => service === 'frontend' && kind === SERVER))).toBeGreaterThan(0.1);
    });
    const bad = since(at, ({ service, failed }) => service === 'catalog' && failed)[0];
    expect(bad?.attributes).toMatchObject({ 'error.type': 'ConnectionResetError', 'http.response.status_code': 500 });
    await until(() => expect(sink.logs.find(({ spanId }) => spanId === bad?.spanId)).toMatchObject({ service: 'catalog', severity: 17 }));
    await recover();
    const over = Date.now() + 500;
    await until(() => {
      const served = since(over, ({ service, kind }) => service === 'catalog' && kind === SERVER);
      expect(served.length).toBeGreaterThan(30);
      expect(share(served)).toBeLessThan(0.05);
    });
  });

  it('memory-leak: the heap of one service grows, and shrinks again', async () => {
    const heap = (): number => latest('recommendation', 'v8js.memory.heap.used', 'old_space') ?? Number.NaN;
    await until(() => expect(heap()).toBeGreaterThan(0));
    const before = heap();
    await plant('memory-leak');
    await until(() => expect(heap() - before).toBeGreaterThan(12 * MIB));
    const peak = heap();
    await recover();
    await until(() => expect(heap()).toBeLessThan(Math.max(before + 4 * MIB, peak - 8 * MIB)));
  });

  it('traffic-drop: a stalled consumer falls silent while its queue grows', async () => {
    const at = await plant('traffic-drop', { service: 'fulfilment' });
    await until(() => expect(latest('fulfilment', 'kafka.consumer_group.lag')).toBeGreaterThan(8));
    expect(since(at + 1500, ({ kind }) => kind === CONSUMER)).toEqual([]);
    await recover();
    await until(() => expect(latest('fulfilment', 'kafka.consumer_group.lag')).toBeLessThan(3));
  });

  it('traffic-drop: visitors stay away', async () => {
    await plant('traffic-drop');
    await until(() => {
      const times = sink.spans.filter(({ service, kind }) => service === 'frontend' && kind === SERVER).map(({ startMs }) => startMs);
      const now = Math.max(...times);
      const perSecond = (from: number, to: number): number => times.filter((time) => time > now - from && time <= now - to).length / ((from - to) / 1000);
      expect(perSecond(2_000, 0)).toBeLessThan(12);
    });
    await recover();
  });

  it('retry-storm: refusals are repeated at once and multiply the traffic', async () => {
    const at = await plant('retry-storm');
    await until(() => {
      expect(since(at, ({ service, attributes }) => service === 'checkout' && attributes['server.address'] === 'inventory' && Number(attributes['http.request.resend_count']) >= 2).length).toBeGreaterThan(5);
      expect(since(at, ({ service, attributes }) => service === 'inventory' && attributes['http.response.status_code'] === 503).length).toBeGreaterThan(20);
    });
    await recover();
  });

  it('cpu-saturation: one event loop is busy, the others are not', async () => {
    await plant('cpu-saturation');
    await until(() => expect(latest('search', 'nodejs.eventloop.utilization')).toBeGreaterThan(0.6));
    expect(latest('catalog', 'nodejs.eventloop.utilization')).toBeLessThan(0.5);
    await recover();
    await until(() => expect(latest('search', 'nodejs.eventloop.utilization')).toBeLessThan(0.4));
  });

  it('bad-deploy: a new version fails one platform until it is rolled back', async () => {
    const at = await plant('bad-deploy', { service: 'search' });
    await until(() => {
      const served = since(at, ({ service, kind, resource }) => service === 'search' && kind === SERVER && resource['service.version'] === '1.10.0');
      const of = (platform: string): SeenSpan[] => served.filter(({ attributes }) => attributes['app.platform'] === platform);
      expect(of('ios').length).toBeGreaterThan(8);
      expect(share(of('ios'))).toBeGreaterThan(0.4);
      expect(share(of('web'))).toBeLessThan(0.2);
    });
    await recover();
    expect(shop.fleet.version('search')).toBe('1.9.3');
    const over = Date.now();
    await until(() => expect(since(over, ({ service, resource }) => service === 'search' && resource['service.version'] === '1.9.3').length).toBeGreaterThan(10));
  });
});

it('two faults at once: each is felt where it was planted, and nowhere when both are over', async () => {
  const at = await plant('error-burst', { service: 'search' });
  await plant('slow-dependency', { service: 'cart', beside: true });
  const served = (from: number, name: string): SeenSpan[] => since(from, ({ service, kind }) => service === name && kind === SERVER);
  await until(() => {
    expect(served(at, 'search').length).toBeGreaterThan(20);
    expect(share(served(at, 'search'))).toBeGreaterThan(0.2);
    expect(median(served(at, 'cart').map(({ durationMs }) => durationMs))).toBeGreaterThan(120);
  });
  expect(await (await recover()).json()).toMatchObject({ ended: [{ service: 'search' }, { service: 'cart' }] });
  const over = Date.now() + 1_000;
  await until(() => {
    expect(served(over, 'search').length).toBeGreaterThan(20);
    expect(share(served(over, 'search'))).toBeLessThan(0.1);
    expect(median(served(over, 'cart').map(({ durationMs }) => durationMs))).toBeLessThan(100);
  });
});

describe('control', () => {
  it('lists the faults with their causes, and the one that is active since when', async () => {
    await plant('error-burst');
    const { active, faults } = await json('/faults');
    expect(active).toMatchObject([{ name: 'error-burst', service: 'payment', cause: 'payment', since: expect.any(Number), until: expect.any(Number) }]);
    expect(faults.map((fault: { name: string }) => fault.name)).toEqual(FAULTS.map(({ name }) => name));
    expect(faults[0]).toMatchObject({ name: 'slow-dependency', description: expect.any(String), cause: 'postgresql' });
  });

  it('replaces the active fault, ends it on request, and says so in plain lines', async () => {
    said.length = 0;
    await plant('cpu-saturation', { service: 'cart' });
    expect(await (await recover()).json()).toMatchObject({ ended: [{ name: 'cpu-saturation', service: 'cart' }] });
    expect(await json('/faults')).toMatchObject({ active: [] });
    expect(said).toEqual(['error-burst in payment is over.', 'cpu-saturation in cart for 120 s.', 'cpu-saturation in cart is over.']);
  });

  it('ends a fault by itself', async () => {
    await plant('error-burst', { seconds: 5 });
    await until(() => expect(shop.faults.active()).toEqual([]));
  });

  it.each([
    { title: 'an unknown fault', path: '/faults/fire', init: { method: 'POST' }, status: 404 },
    { title: 'a place where the fault cannot be', path: '/faults/traffic-drop', init: { method: 'POST', body: '{"service":"cart"}' }, status: 400 },
    { title: 'an endless fault', path: '/faults/memory-leak', init: { method: 'POST', body: '{"seconds":100000}' }, status: 400 },
    { title: 'what is not JSON', path: '/faults/memory-leak', init: { method: 'POST', body: 'soon' }, status: 400 },
    { title: 'a web page', path: '/faults/error-burst', init: { method: 'POST', headers: { origin: 'https://example.org' } }, status: 403 },
  ])('refuses $title', async ({ path, init, status }) => {
    const response = await control(path, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: expect.any(String) });
  });

  it('does not share its port', async () => {
    await expect(startControl(shop.faults, '127.0.0.1', shop.controlPort)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
