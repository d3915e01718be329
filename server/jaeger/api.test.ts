import { createServer, type Server } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { listening } from '#core/testing.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { createReads } from '../reads.js';
import { jaegerApi } from './api.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const ids = ['1'.padStart(32, '0'), 'a'.repeat(32)];
let store: Store;
let server: Server;
let url = '';

beforeAll(async () => {
  store = await openTestStore();
  const span = (trace: number, id: string, over: object): object => ({
    Timestamp: new Date(NOW - 60_000 * (trace + 1)).toISOString(), TraceId: ids[trace], SpanId: id.padStart(16, '0'), ParentSpanId: '', ServiceName: 'checkout', SpanName: 'POST /orders', SpanKind: 'Server', Duration: 80e6, StatusCode: 'Unset', StatusMessage: '',
    ResourceAttributes: { 'service.name': 'checkout', 'service.version': '1' }, SpanAttributes: { 'http.route': '/orders' }, ...over,
  });
  await store.insert('otel_traces', [
    span(0, '1', { 'Events.Timestamp': [new Date(NOW - 59_990).toISOString()], 'Events.Name': ['retry'], 'Events.Attributes': [{ attempt: '2' }], 'Links.TraceId': [ids[1]], 'Links.SpanId': ['2'.padStart(16, '0')], 'Links.TraceState': [''], 'Links.Attributes': [{}] }),
    span(0, '2', { ParentSpanId: '1'.padStart(16, '0'), ServiceName: 'payment', SpanName: 'charge', SpanKind: 'Client', Duration: 55_000_400, StatusCode: 'Error', StatusMessage: 'card refused', ResourceAttributes: { 'service.name': 'payment' } }),
    span(1, '3', { Duration: 5e6 }),
  ]);
  await store.insert('service_edges', [{ time: Math.floor(NOW / 1000) - 60, client: 'checkout', server: 'payment', kind: 'http', count: 7, errors: 1, duration_sum: 55 }]);
  server = createServer(express().use('/jaeger', jaegerApi({ store, clock: () => NOW, logger: silentLogger, reads: createReads() })));
  url = `${await listening(server)}/jaeger`;
});
afterAll(async () => {
  server.close();
  await store.close();
});

async function get(path: string): Promise<{ status: number; data: any; errors: any }> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, ...((await response.json()) as { data: unknown; errors: unknown }) };
}

/** As Grafana asks: microseconds. */
const search = (params: Record<string, string>): string => `/api/traces?${new URLSearchParams({ start: String((NOW - 3_600_000) * 1000), end: String(NOW * 1000), lookback: 'custom', ...params }).toString()}`;
const found = async (params: Record<string, string>): Promise<string[]> => (await get(search(params))).data.map(({ traceID }: { traceID: string }) => traceID);

describe('the Jaeger API', () => {
  it('lists services, operations and dependencies', async () => {
    expect(await get('/api/services')).toEqual({ status: 200, data: ['checkout', 'payment'], total: 2, limit: 0, offset: 0, errors: null });
    expect((await get('/api/services/checkout/operations')).data).toEqual(['POST /orders']);
    expect((await get('/api/operations?service=payment&spanKind=client')).data).toEqual([{ name: 'charge', spanKind: 'client' }]);
    expect((await get(`/api/dependencies?endTs=${NOW}&lookback=3600000`)).data).toEqual([{ parent: 'checkout', child: 'payment', callCount: 7 }]);
  });
  it('says where a list of names is cut', async () => {
    await store.insert('otel_traces', Array.from({ length: 10_001 }, (_, at) => ({ Timestamp: new Date(NOW - 3 * 3_600_000).toISOString(), TraceId: 'c'.repeat(32), SpanId: String(at).padStart(16, '0'), ServiceName: 'crowd', SpanName: `GET /${at}`, SpanKind: 'Server', Duration: 1, StatusCode: 'Unset' })));
    for (const path of ['/api/services/crowd/operations', '/api/operations?service=crowd']) {
      const { data, ...said } = await get(path);
      expect([path, data.length, said]).toEqual([path, 10_000, { status: 200, total: 10_001, limit: 10_000, offset: 0, errors: null }]);
    }
  });
  it('gives a trace by its id, with or without the zeros before it', async () => {
    const { data } = await get('/api/traces/1');
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ traceID: ids[0], processes: { p1: { serviceName: 'checkout', tags: [{ key: 'service.version', type: 'string', value: '1' }] }, p2: { serviceName: 'payment', tags: [] } } });
    const [first, second] = data[0].spans;
    expect(first).toMatchObject({
      operationName: 'POST /orders', processID: 'p1', startTime: (NOW - 60_000) * 1000, duration: 80_000, references: [{ refType: 'FOLLOWS_FROM', traceID: ids[1], spanID: '2'.padStart(16, '0') }],
      logs: [{ timestamp: (NOW - 59_990) * 1000, fields: [{ key: 'event', type: 'string', value: 'retry' }, { key: 'attempt', type: 'string', value: '2' }] }],
    });
    expect(second).toMatchObject({ duration: 55_000, references: [{ refType: 'CHILD_OF', traceID: ids[0], spanID: '1'.padStart(16, '0') }] });
    expect(second.tags).toEqual(expect.arrayContaining([{ key: 'span.kind', type: 'string', value: 'client' }, { key: 'error', type: 'bool', value: true }, { key: 'otel.status_description', type: 'string', value: 'card refused' }]));
    expect(await get(`/api/traces/${'b'.repeat(32)}`)).toMatchObject({ status: 404, data: null, errors: [{ code: 404, msg: 'trace not found' }] });
    expect(await get('/api/traces/xyz')).toMatchObject({ status: 400 });
  });
  it('searches by service, operation, tags and length, newest first', async () => {
    expect(await found({ service: 'checkout' })).toEqual([ids[0], ids[1]]);
    expect(await found({ service: 'checkout', limit: '1' })).toEqual([ids[0]]);
    expect(await found({ service: 'checkout', maxDuration: '10ms' })).toEqual([ids[1]]);
    expect(await found({ service: 'checkout', minDuration: '0.07s', operation: '' })).toEqual([ids[0]]);
    expect(await found({ service: 'payment', tags: '{"error":"true"}' })).toEqual([ids[0]]);
    expect(await found({ service: 'checkout', tags: '{"error":"true"}' })).toEqual([]);
    expect(await found({ service: 'checkout', tags: '{"http.route":"/orders","service.version":"1","span.kind":"server"}' })).toEqual([ids[0], ids[1]]);
    expect(await found({ service: 'checkout', operation: 'nothing' })).toEqual([]);
    expect(await found({ service: 'checkout', operation: 'all' })).toEqual([ids[0], ids[1]]);
    expect(await found({ service: 'checkout', tags: '{"tenant":"all"}' })).toEqual([]);
  });
  it('finds a span by every tag that it shows', async () => {
    const [, charge] = (await get('/api/traces/1')).data[0].spans;
    expect(charge.tags.map(({ key }: { key: string }) => key)).toEqual(['http.route', 'span.kind', 'error', 'otel.status_code', 'otel.status_description']);
    for (const { key, value } of charge.tags) expect(await found({ service: 'payment', tags: JSON.stringify({ [key]: value }) }), key).toEqual([ids[0]]);
    expect(await found({ service: 'payment', tags: '{"otel.status_code":"OK"}' })).toEqual([]);
    expect(await get(search({ service: 'checkout', tags: 'x' }))).toMatchObject({ status: 400, errors: [{ msg: expect.stringContaining('expected a JSON object of tags') }] });
    expect(await get('/api/traces')).toMatchObject({ status: 400 });
  });
  it('gives the newest traces first and all of each, and says what has no room', async () => {
    const id = (at: number): string => `b${String(at).padStart(31, '0')}`;
    const many = (trace: number, count: number): object[] => Array.from({ length: count }, (_, at) => ({
      Timestamp: new Date(NOW - 60_000 * (trace + 1)).toISOString(), TraceId: id(trace), SpanId: String(at).padStart(16, '0'), ParentSpanId: '', ServiceName: 'bulk', SpanName: 'op', SpanKind: 'Server', Duration: 1e6, StatusCode: 'Unset', ResourceAttributes: {}, SpanAttributes: {},
    }));
    const sizes = [1, 15_000, 15_000, 20_001, 15_000, 15_000];
    for (const [trace, size] of sizes.entries()) await store.insert('otel_traces', many(trace, size));
    const { data } = await get(search({ service: 'bulk' }));
    expect(data.map(({ traceID, spans, warnings }: any) => [traceID, spans.length, warnings])).toEqual([
      [id(0), 1, null], [id(1), 15_000, null], [id(2), 15_000, null], [id(3), 20_000, ['the first 20000 of 20001 spans']], [id(4), 15_000, ['the last trace that is shown; older ones (1) were found too: search for fewer or a shorter time']],
    ]);
    expect((await get(`/api/traces/${id(3)}`)).data[0].warnings).toEqual(['the first 20000 of 20001 spans']);
  });
});
