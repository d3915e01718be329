import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createCollector, type Collector } from './collector.js';
import { collectorConfig } from './config.js';
import { encodeV1, packed } from './testing/remote-write.js';

let store: Store;
const running: Collector[] = [];
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  for (const collector of running) await collector.stop();
  await store.close();
});

async function start(perSource: object = {}) {
  const registry = new Registry();
  const config = collectorConfig.parse({ insert_interval: '50ms', limits: { per_source: perSource } });
  const collector = createCollector({ store, registry, logger: silentLogger, clock: systemClock, config, host: '127.0.0.1', ports: { otlpHttp: 0, otlpGrpc: 0 }, dataDir: mkdtempSync(join(tmpdir(), 'faultline-teaching-')) });
  await collector.start();
  running.push(collector);
  const url = `http://127.0.0.1:${collector.ports().otlpHttp}`;
  return {
    registry,
    problemsOf: (service: string) => collector.sources().find((source) => source.service === service)?.problems,
    refusedOf: (service: string) => collector.sources().find((source) => source.service === service)?.refused?.items,
    send: async (signal: 'traces' | 'metrics', body: object) => {
      const response = await fetch(`${url}/v1/${signal}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), answer: (await response.json()) as { partialSuccess?: { rejectedSpans?: string; rejectedDataPoints?: string; errorMessage: string }; message?: string } };
    },
    write: async (series: Parameters<typeof encodeV1>[0]) => {
      const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, body: new Uint8Array(packed(encodeV1(series))) });
      return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), text: await response.text() };
    },
  };
}

const ns = (ms: number): string => `${Math.floor(ms)}000000`;
const resource = (service?: string): object => ({ attributes: service === undefined ? [] : [{ key: 'service.name', value: { stringValue: service } }] });
const spans = (service: string | undefined, count: number, atMs = Date.now()): object => ({ resource: resource(service), scopeSpans: [{ spans: Array.from({ length: count }, () => ({ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'GET /', startTimeUnixNano: ns(atMs), endTimeUnixNano: ns(atMs) })) }] });
const traces = (...groups: object[]): object => ({ resourceSpans: groups });
const metrics = (service: string, ...list: object[]): object => ({ resourceMetrics: [{ resource: resource(service), scopeMetrics: [{ metrics: list }] }] });
const urls = (from: number, count: number): object => ({ name: 'requests', gauge: { dataPoints: Array.from({ length: count }, (_, index) => ({ timeUnixNano: ns(Date.now()), asDouble: 1, attributes: [{ key: 'http.url', value: { stringValue: `/orders/${from + index}` } }, { key: 'region', value: { stringValue: 'eu' } }] })) } });
const delta = (fields: object): object => ({ name: 'orders', sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ timeUnixNano: ns(Date.now()), asInt: '3', ...fields }] } });
const total = (startMs: number): object => ({ name: 'jobs', sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ timeUnixNano: ns(Date.now()), startTimeUnixNano: ns(startMs), asInt: '3' }] } });

describe('a sender is told, in an answer that takes everything, and on the status page', () => {
  it.each([
    ['that it has no name', 'traces', [traces(spans(undefined, 1))], 'unknown_service', /OTEL_SERVICE_NAME/],
    ['that its clock is off', 'traces', [traces(spans('late', 1, Date.now() - 1_200_000))], 'late', /more than 10 minutes from this machine's clock/],
    ['which attribute makes thousands of series', 'metrics', [metrics('exploding', urls(0, 2_500))], 'exploding', /more than 2000 values of http\.url/],
    ['that deltas have no start', 'metrics', [metrics('startless', delta({}))], 'startless', /deltas without a start time/],
    ['that two processes send one series', 'metrics', [metrics('shared', total(Date.now() - 5_000)), metrics('shared', total(Date.now() - 9_000))], 'shared', /service\.instance\.id/],
  ] as const)('%s', async (_, signal, bodies, service, words) => {
    const { send, problemsOf } = await start();
    let last: Awaited<ReturnType<typeof send>> | undefined;
    for (const body of bodies) last = await send(signal, body);
    expect(last).toMatchObject({ status: 200, answer: { partialSuccess: { errorMessage: expect.stringMatching(words) } } });
    expect(last?.answer.partialSuccess).not.toHaveProperty(signal === 'traces' ? 'rejectedSpans' : 'rejectedDataPoints');
    expect(problemsOf(service)).toEqual([expect.stringMatching(words)]);
  });
});

describe('a source over its limit', () => {
  it('is told when to come again; others are not held up, not even in the same request', async () => {
    const { send, problemsOf, refusedOf, registry } = await start({ items_per_second: 10 });
    expect((await send('traces', traces(spans('flood', 200)))).status).toBe(200);
    const refused = await send('traces', traces(spans('flood', 5)));
    expect([refused.status, refused.answer.message]).toEqual([429, expect.stringMatching(/more than 10 items a second/)]);
    expect(refused.retryAfter).toBeGreaterThanOrEqual(9);
    expect((await send('traces', traces(spans('calm', 5)))).answer).toEqual({});
    expect((await send('traces', traces(spans('flood', 7), spans('calm', 5)))).answer.partialSuccess).toMatchObject({ rejectedSpans: '7' });
    expect(problemsOf('flood')).toEqual([expect.stringMatching(/some of it is refused: this source sends more than 10 items a second/)]);
    expect(refusedOf('flood')).toBe(12);
    expect(problemsOf('calm')).toEqual([]);
    expect(await registry.metrics()).toContain('faultline_collector_limited_items_total{reason="rate"} 12');
  });

  it('of series learns which label makes them', async () => {
    const { send, problemsOf, registry } = await start({ new_series: 100 });
    const { answer } = await send('metrics', metrics('exploding', urls(0, 150)));
    expect(answer.partialSuccess).toMatchObject({ rejectedDataPoints: '50', errorMessage: expect.stringMatching(/50 rejected: more than 100 new series.*label http\.url has the most values/) });
    expect(problemsOf('exploding')).toEqual([expect.stringMatching(/http\.url/)]);
    expect((await send('metrics', metrics('calm', urls(0, 10)))).answer).toEqual({});
    expect(await registry.metrics()).toContain('faultline_collector_limited_items_total{reason="series"} 50');
  });

  it('that is a job of Prometheus is refused alone; when it is alone, all of it is asked for again', async () => {
    const { write } = await start({ items_per_second: 10, new_series: 150 });
    const now = Date.now();
    const job = (name: string, count: number) => Array.from({ length: count }, (_, index) => ({ labels: [['__name__', 'm'], ['job', name], ['path', `/${String(index).padStart(4, '0')}`]] as const, samples: [[now, 1]] as const }));
    expect(await write(job('flood', 200))).toMatchObject({ status: 400, text: expect.stringMatching(/50 rejected: more than 150 new series.*label path has the most values/) });
    expect(await write(job('flood', 5))).toMatchObject({ status: 503, retryAfter: expect.any(Number), text: expect.stringMatching(/more than 10 items a second/) });
    expect((await write(job('calm', 5))).status).toBe(204);
    expect(await write([...job('calm', 5), ...job('flood', 5)])).toMatchObject({ status: 400, text: expect.stringMatching(/^5 rejected: this source sends/) });
  });
});
