import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createCollector, type Collector, type CollectorOptions } from '../collector.js';
import { collectorConfig } from '../config.js';
import { encodeV1, encodeV2, packed, type TestSeries } from '../testing/remote-write.js';

const V1 = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'user-agent': 'Prometheus/2.42.0', 'x-prometheus-remote-write-version': '0.1.0' };
const V2 = { ...V1, 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request', 'x-prometheus-remote-write-version': '2.0.0' };
const registry = new Registry();
const folder = (): string => mkdtempSync(join(tmpdir(), 'faultline-remote-write-'));
const config = collectorConfig.parse({ insert_interval: '50ms', max_body: '1MiB' });
const collectorOver = (over: Store, dataDir: string, options: Partial<CollectorOptions> = {}): Collector =>
  createCollector({ store: over, registry: new Registry(), logger: silentLogger, clock: systemClock, config, host: '127.0.0.1', ports: { otlpHttp: 0, otlpGrpc: 0 }, dataDir, ...options });
let store: Store;
let collector: Collector;
beforeAll(async () => {
  store = await openTestStore();
  collector = collectorOver(store, folder(), { registry });
  await collector.start();
});
afterAll(async () => {
  await collector.stop();
  await store.close();
});

const post = (headers: Record<string, string>, body: Uint8Array, method = 'POST', to = collector): Promise<Response> =>
  fetch(`http://127.0.0.1:${to.ports().otlpHttp}/api/v1/write`, { method, headers, ...(method === 'POST' && { body: new Uint8Array(body) }) });
const stored = (to = collector): Promise<void> => vi.waitFor(() => expect(to.status().queue.segments).toBe(0), { timeout: 20_000 });
const written = (response: Response): (string | null)[] => ['samples', 'histograms', 'exemplars'].map((what) => response.headers.get(`x-prometheus-remote-write-${what}-written`));
const series = (job: string, name: string, ...samples: [number, number][]): TestSeries => ({ labels: [['__name__', name], ['job', job]], samples });
const valuesOf = (job: string): Promise<object[]> => store.query('SELECT name, type, value FROM metric_samples JOIN (SELECT DISTINCT id, name, type, service FROM metric_series) AS s ON s.id = series WHERE service = {job:String} ORDER BY name, time', { params: { job } });

describe('a sender of 1.0', () => {
  it('is told 204 when its samples are safe, and again when it repeats them, but they are stored once', async () => {
    const now = Date.now();
    const body = packed(encodeV1([series('one', 'jobs_total', [now - 2, 1], [now - 1, 2]), series('one', 'up', [now, 1])]));
    for (let time = 0; time < 3; time += 1) {
      const response = await post(V1, body);
      expect([response.status, await response.text(), written(response)]).toEqual([204, '', [null, null, null]]);
    }
    await stored();
    expect(await valuesOf('one')).toEqual([{ name: 'jobs_total', type: 'counter', value: 1 }, { name: 'jobs_total', type: 'counter', value: 2 }, { name: 'up', type: 'gauge', value: 1 }]);
    expect(collector.sources().find(({ service }) => service === 'one')).toMatchObject({ sdk: 'Prometheus/2.42.0', problems: [], signals: [{ signal: 'metrics' }] });
    expect(await registry.metrics()).toContain('faultline_collector_remote_write_duplicates_total 6');
  });

  it('that repeats a request at once is not told of success before the first is safe', async () => {
    const now = Date.now();
    const body = packed(encodeV1([series('twice', 'up', [now, 1])]));
    expect((await Promise.all([post(V1, body), post(V1, body), post(V1, body)])).map(({ status }) => status)).toEqual([204, 204, 204]);
    await stored();
    expect(await valuesOf('twice')).toHaveLength(1);
  });

  it('is told 400 and why when a part was refused; the rest is stored', async () => {
    const now = Date.now();
    const response = await post(V1, packed(encodeV1([series('partly', 'up', [now, 1], [1, 1]), { labels: [['job', 'partly']], samples: [[now, 1]] }])));
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/1 rejected: time stamp older.*1 rejected: a series without the label __name__/)]);
    await stored();
    expect(await valuesOf('partly')).toHaveLength(1);
    expect(await registry.metrics()).toMatch(/remote_write_refused_items_total\{reason="time"\} 1\n.*reason="labels"\} 1/);
  });

  it('may send metadata alone', async () => {
    expect((await post(V1, packed(encodeV1([], [{ type: 1, metricFamilyName: 'up', help: 'h' }])))).status).toBe(204);
  });
});

describe('a sender of 2.0', () => {
  it('is told how much was written, also of what was there', async () => {
    const now = Date.now();
    const one = { ...series('two', 'jobs_total', [now, 5]), exemplars: [{ labels: [['trace_id', '0af7651916cd43dd8448eb211c80319c']] as const, value: 1, timestamp: now }], metadata: { type: 1, help: 'Jobs.', unit: '' } };
    const two = { labels: one.labels.map(([key, value]) => [key, key === '__name__' ? 'latency' : value] as const), histograms: [{ countInt: 1, sum: 1, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [1], timestamp: now }] };
    const body = packed(encodeV2([one, two]));
    for (let time = 0; time < 2; time += 1) {
      const response = await post(V2, body);
      expect([response.status, written(response)]).toEqual([204, ['1', '1', '1']]);
    }
    await stored();
    expect(await valuesOf('two')).toEqual([{ name: 'jobs_total', type: 'counter', value: 5 }, { name: 'latency_count', type: 'counter', value: 1 }, { name: 'latency_sum', type: 'counter', value: 1 }]);
    expect(await store.query("SELECT trace_id, description FROM metric_exemplars JOIN metric_series ON id = series WHERE service = 'two'")).toEqual([{ trace_id: '0af7651916cd43dd8448eb211c80319c', description: 'Jobs.' }]);
    expect(await store.query("SELECT positive_counts FROM metric_histograms JOIN metric_series ON id = series WHERE name = 'latency'")).toEqual([{ positive_counts: ['1'] }]);
  });

  it('is told how much was written when a part, or all, was refused', async () => {
    const response = await post(V2, packed(encodeV2([series('two', 'up', [Date.now(), 1], [1, 1])])));
    expect([response.status, written(response)]).toEqual([400, ['1', '0', '0']]);
    const malformed = await post(V2, packed(Buffer.from([0x2a, 99])));
    expect([malformed.status, written(malformed)]).toEqual([400, ['0', '0', '0']]);
  });
});

describe('what cannot be read', () => {
  const good = packed(encodeV1([series('bad', 'up', [Date.now(), 1])]));
  it.each([
    ['another type', { ...V1, 'content-type': 'application/json' }, good, 415],
    ['another message', { ...V1, 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' }, good, 415],
    ['a message of every object', { ...V1, 'content-type': 'application/x-protobuf;proto=constructor' }, good, 415],
    ['another encoding', { ...V1, 'content-encoding': 'gzip' }, good, 415],
    ['no encoding', { 'content-type': 'application/x-protobuf' }, good, 415],
    ['no snappy', V1, Buffer.from('not snappy at all'), 400],
    ['the framed format of snappy', V1, Buffer.from([0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]), 400],
    ['large snappy cut short', V1, (compressSync(Buffer.alloc(1_000_000, 'not all the same')) as Buffer).subarray(0, -3), 400],
    ['snappy cut short', V1, good.subarray(0, good.length - 3), 400],
    ['nothing', V1, Buffer.alloc(0), 400],
    ['a length without end', V1, Buffer.alloc(10, 0xff), 400],
    ['no protobuf', V1, packed(Buffer.from([0x0a, 200, 1])), 400],
    ['a bomb, by its own word', V1, Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08, 0x00]), 413],
    ['a bomb', V1, packed(Buffer.alloc(2 * 1024 * 1024)), 413],
    ['a body that is too large as sent', V1, Buffer.alloc(2 * 1024 * 1024), 413],
  ])('%s is refused for good', async (_, headers, body, status) => {
    const response = await post(headers, body);
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, null]);
    expect(await response.text()).not.toBe('');
  });

  it('another method is told which', async () => {
    const response = await post(V1, good, 'GET');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('when it cannot be kept', () => {
  const away = (): Promise<never> => Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'away'));

  it('a full queue answers 503 with Retry-After, and the repetition is stored', async () => {
    let isAway = true;
    const other = collectorOver({ ...store, insertNativeFile: (...args) => (isAway ? away() : store.insertNativeFile(...args)) }, folder(), { config: { ...config, max_queue: 4_000 } });
    await other.start();
    const now = Date.now();
    const body = (name: string): Buffer => packed(encodeV2(Array.from({ length: 20 }, (_, index) => series('full', `${name}${index}`, [now, 1]))));
    expect((await post(V2, body('a'), 'POST', other)).status).toBe(204);
    const refused = await post(V2, body('b'), 'POST', other);
    expect([refused.status, refused.headers.get('retry-after'), written(refused)]).toEqual([503, '5', ['0', '0', '0']]);
    isAway = false;
    await stored(other);
    expect((await post(V2, body('b'), 'POST', other)).status).toBe(204);
    await stored(other);
    await other.stop();
    expect(await valuesOf('full')).toHaveLength(40);
  });

  it('a sender that did not hear of success before a crash repeats itself, and is stored once', async () => {
    const dataDir = folder();
    const before = collectorOver({ ...store, insertNativeFile: away }, dataDir);
    await before.start();
    const now = Date.now();
    const body = packed(encodeV1([series('crashed', 'up', [now - 1, 1], [now, 2])]));
    expect((await post(V1, body, 'POST', before)).status).toBe(204);
    await before.stop();
    const after = collectorOver(store, dataDir);
    await after.start();
    expect((await post(V1, body, 'POST', after)).status).toBe(204);
    await stored(after);
    await after.stop();
    expect(await valuesOf('crashed')).toHaveLength(2);
  });
});
