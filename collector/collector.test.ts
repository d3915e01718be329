import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { logs, metrics, resources, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createCollector, type Collector } from './collector.js';
import { collectorConfig } from './config.js';

const config = collectorConfig.parse({ insert_interval: '50ms', max_body: '1MiB' });
const folder = (): string => mkdtempSync(join(tmpdir(), 'faultline-collector-'));
const collectorOver = (store: Store, dataDir = folder()): Collector =>
  createCollector({ store, registry: new Registry(), logger: silentLogger, clock: systemClock, config, host: '127.0.0.1', ports: { otlpHttp: 0, otlpGrpc: 0 }, dataDir });

let store: Store;
let collector: Collector;
let url = '';
beforeAll(async () => {
  store = await openTestStore();
  collector = collectorOver(store);
  await collector.start();
  url = `http://127.0.0.1:${collector.ports().otlpHttp}`;
});
afterAll(async () => {
  await collector.stop();
  await store.close();
});

const rows = async (sql: string, params = {}): Promise<Record<string, unknown>[]> => store.query(sql, { params });
const stored = (): Promise<void> => vi.waitFor(() => expect(collector.status().queue.segments).toBe(0), { timeout: 20_000 });
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Response> => fetch(`${url}${path}`, { method: 'POST', body, headers });

const now = (): string => `${Date.now()}000000`;
const span = (fields: object = {}): object => ({ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'GET /', kind: 2, startTimeUnixNano: now(), endTimeUnixNano: now(), ...fields });
const traces = (service: string, ...spans: object[]): string =>
  JSON.stringify({ resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] }, scopeSpans: [{ scope: { name: 's' }, spans }] }] });

it('counts log records by their pattern and keeps its template', async () => {
  const record = (body: string): object => ({ timeUnixNano: now(), severityNumber: 17, body: { stringValue: body } });
  const body = JSON.stringify({ resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'patterns' } }] }, scopeLogs: [{ logRecords: [record('card 4711 declined'), record('card 42 declined'), record('shutting down')] }] }] });
  const own = collectorOver(store);
  await own.start();
  const answer = await fetch(`http://127.0.0.1:${own.ports().otlpHttp}/v1/logs`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(answer.status).toBe(200);
  await vi.waitFor(() => expect(own.status().queue.segments).toBe(0), { timeout: 20_000 });
  await own.stop();
  const counted = await rows("SELECT p.template AS template, toUInt32(sum(r.count)) AS records FROM log_pattern_rates AS r INNER JOIN log_patterns AS p ON p.id = r.pattern WHERE r.service = 'patterns' GROUP BY template ORDER BY template");
  expect(counted).toEqual([{ template: 'card <*> declined', records: 2 }, { template: 'shutting down', records: 1 }]);
});

describe('real SDK exporters', () => {
  const transports = {
    'http/protobuf': () => ({ trace: new ProtoTraces({ url: `${url}/v1/traces` }), metric: new ProtoMetrics({ url: `${url}/v1/metrics` }), log: new ProtoLogs({ url: `${url}/v1/logs` }) }),
    'http/json': () => ({ trace: new JsonTraces({ url: `${url}/v1/traces` }), metric: new JsonMetrics({ url: `${url}/v1/metrics` }), log: new JsonLogs({ url: `${url}/v1/logs` }) }),
    grpc: () => {
      const to = { url: `http://127.0.0.1:${collector.ports().otlpGrpc}` };
      return { trace: new GrpcTraces(to), metric: new GrpcMetrics(to), log: new GrpcLogs(to) };
    },
  };
  it.each(Object.keys(transports) as (keyof typeof transports)[])('%s: traces, metrics and logs arrive whole', async (transport) => {
    const exporters = transports[transport]();
    const service = `sdk-${transport}`;
    const resource = resources.resourceFromAttributes({ 'service.name': service, 'service.version': '1.2.3' });
    const tracer = new tracing.BasicTracerProvider({ resource, spanProcessors: [new tracing.SimpleSpanProcessor(exporters.trace)] });
    const meter = new metrics.MeterProvider({ resource, readers: [new metrics.PeriodicExportingMetricReader({ exporter: exporters.metric })] });
    const logger = new logs.LoggerProvider({ resource, processors: [new logs.SimpleLogRecordProcessor({ exporter: exporters.log } as never)] });
    const first = tracer.getTracer('t').startSpan('charge', { kind: 1, attributes: { 'big.int': 9007199254740991, list: ['a', 'b'], on: true } });
    first.addEvent('retry', { attempt: 2 });
    first.setStatus({ code: 2, message: 'declined' });
    first.end();
    meter.getMeter('m').createCounter('orders', { unit: '{order}' }).add(3, { region: 'eu' });
    meter.getMeter('m').createHistogram('http.server.request.duration', { unit: 's' }).record(0.2, { route: '/a' });
    logger.getLogger('l').emit({ body: { text: 'hello', n: 1 }, severityNumber: 17, severityText: 'ERROR' });
    await tracer.forceFlush();
    await meter.forceFlush();
    await logger.forceFlush();
    await Promise.all([tracer.shutdown(), meter.shutdown(), logger.shutdown()]);
    await stored();
    const [trace] = await rows('SELECT SpanName, SpanKind, StatusCode, StatusMessage, SpanAttributes, Events.Name AS events, ResourceAttributes FROM otel_traces WHERE ServiceName = {service:String}', { service });
    expect(trace).toMatchObject({ SpanName: 'charge', SpanKind: 'Server', StatusCode: 'Error', StatusMessage: 'declined', SpanAttributes: { 'big.int': '9007199254740991', list: '["a","b"]', on: 'true' }, events: ['retry'], ResourceAttributes: { 'service.version': '1.2.3' } });
    const samples = await rows('SELECT name, labels, argMax(value, time) AS last FROM metric_samples JOIN metric_series ON id = series WHERE service = {service:String} GROUP BY name, labels ORDER BY name', { service });
    expect(samples).toContainEqual({ name: 'orders_total', labels: { region: 'eu', job: service }, last: 3 });
    expect(samples).toContainEqual({ name: 'http_server_request_duration_seconds_bucket', labels: { route: '/a', job: service, le: '+Inf' }, last: 1 });
    expect(await rows('SELECT Body, SeverityText FROM otel_logs WHERE ServiceName = {service:String}', { service })).toEqual([{ Body: '{"text":"hello","n":1}', SeverityText: 'ERROR' }]);
    expect(collector.sources().find((source) => source.service === service)?.signals).toHaveLength(3);
  });
});

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };
  const protobuf = { 'content-type': 'application/x-protobuf' };
  it('refuses what it cannot read, in the encoding of the request', async () => {
    const malformed = await post('/v1/traces', '{"resourceSpans": [', json);
    expect([malformed.status, await malformed.json()]).toEqual([400, { code: 3, message: expect.stringContaining('OTLP/JSON') }]);
    const truncated = await post('/v1/logs', new Uint8Array([10, 200, 1]), protobuf);
    expect([truncated.status, truncated.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    expect((await post('/v1/traces', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('/v1/traces', '{}', { ...json, 'content-encoding': 'br' })).status).toBe(415);
    expect((await post('/v2/traces', '{}', json)).status).toBe(404);
    expect((await fetch(`${url}/v1/traces`)).status).toBe(405);
  });

  it('refuses what is too large, also after decompression', async () => {
    expect((await post('/v1/traces', Buffer.alloc(2 * 1024 * 1024, 32), json)).status).toBe(413);
    expect((await post('/v1/traces', gzipSync(Buffer.alloc(2 * 1024 * 1024, 32)), { ...json, 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('keeps the good part and says what was wrong with the rest', async () => {
    const response = await post('/v1/traces', traces('partly-bad', span(), span({ traceId: '' }), span({ startTimeUnixNano: '1', endTimeUnixNano: '2' })), json);
    expect([response.status, await response.json()]).toEqual([200, { partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringMatching(/trace_id.*older/) } }]);
    await stored();
    expect(await rows("SELECT count() AS n FROM otel_traces WHERE ServiceName = 'partly-bad'")).toEqual([{ n: '1' }]);
  });

  it('warns of what it takes all the same, and shows it among the sources', async () => {
    const late = `${Date.now() - 15 * 60_000}000000`;
    const response = await post('/v1/traces', traces('', span({ startTimeUnixNano: late, endTimeUnixNano: late })), json);
    expect([response.status, await response.json()]).toEqual([200, { partialSuccess: { errorMessage: expect.stringMatching(/OTEL_SERVICE_NAME.*10 minutes/) } }]);
    const problems = collector.sources().find(({ service }) => service === 'unknown_service')?.problems;
    expect(problems).toEqual([expect.stringContaining('OTEL_SERVICE_NAME'), expect.stringContaining('10 minutes')]);
    expect(collector.sources().find(({ service }) => service === 'partly-bad')?.problems).toContainEqual(expect.stringMatching(/trace_id is not 16 bytes/));
    await stored();
  });
});

describe('an acknowledgement is a promise', () => {
  it('stores what a dead process left, once', async () => {
    const dataDir = folder();
    const away: Store = { ...store, insertNativeFile: () => Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'away')) };
    const before = collectorOver(away, dataDir);
    await before.start();
    const sent = await fetch(`http://127.0.0.1:${before.ports().otlpHttp}/v1/traces`, { method: 'POST', body: traces('survivor', span()), headers: { 'content-type': 'application/json' } });
    expect(sent.status).toBe(200);
    await before.stop();
    expect(readdirSync(join(dataDir, 'queue')).filter((name) => /\.(native|insert)$/.test(name))).toHaveLength(1);
    const after = collectorOver(store, dataDir);
    await after.start();
    await vi.waitFor(() => expect(after.status().queue.segments).toBe(0), { timeout: 20_000 });
    await after.stop();
    expect(await rows("SELECT count() AS n FROM otel_traces WHERE ServiceName = 'survivor'")).toEqual([{ n: '1' }]);
  });

  it('names the port that is taken', async () => {
    const { otlpHttp } = collector.ports();
    const second = createCollector({ store, registry: new Registry(), logger: silentLogger, clock: systemClock, config, host: '127.0.0.1', ports: { otlpHttp, otlpGrpc: 0 }, dataDir: folder() });
    await expect(second.start()).rejects.toThrow(new RegExp(`127.0.0.1:${otlpHttp} is in use.*FAULTLINE_OTLP_HTTP_PORT`));
    await second.stop();
  });
});
