import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createEdgeJoiner } from './edges.js';
import { openStore } from './open.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const span = (over: object) => ({
  Timestamp: Date.now() * 1e6, TraceId: 'a'.repeat(32), SpanId: '1'.repeat(16), ParentSpanId: '', SpanName: 'GET /', SpanKind: 'Server', ServiceName: 'shop',
  ResourceAttributes: { 'service.version': '1.0.0' }, SpanAttributes: {}, Duration: 5e6, StatusCode: 'Unset', ...over,
});

test('migrations make the tables, and a span reaches the RED table and the trace index', async () => {
  await store.insert('otel_traces', [span({ StatusCode: 'Error' })]);
  expect(await store.query('SELECT service, operation, kind, version, sum(count) AS requests, sum(errors) AS failures FROM red_5s GROUP BY service, operation, kind, version')).toEqual([
    { service: 'shop', operation: 'GET /', kind: 'Server', version: '1.0.0', requests: '1', failures: '1' },
  ]);
  expect(await store.query('SELECT TraceId FROM otel_traces_trace_id_ts')).toHaveLength(1);
  expect(await store.diskBytes()).toBeGreaterThan(0);
});

test('the halves of a call become one edge; a silent peer keeps its own name', async () => {
  const at = (Date.now() - 30_000) * 1e6;
  await store.insert('otel_traces', [
    span({ Timestamp: at, SpanId: '2'.repeat(16), SpanKind: 'Client', ServiceName: 'cart' }),
    span({ Timestamp: at, SpanId: '3'.repeat(16), ParentSpanId: '2'.repeat(16), ServiceName: 'payment' }),
    span({ Timestamp: at, SpanId: '4'.repeat(16), SpanKind: 'Client', ServiceName: 'payment', SpanAttributes: { 'db.system.name': 'postgresql' } }),
  ]);
  const joiner = createEdgeJoiner({ store, clock: Date.now, logger: silentLogger });
  await joiner.start();
  await expect.poll(() => store.query('SELECT client, server, kind FROM service_edges ORDER BY client'), { timeout: 20_000 }).toEqual([
    { client: 'cart', server: 'payment', kind: 'http' },
    { client: 'payment', server: 'postgresql', kind: 'database' },
  ]);
  await joiner.stop();
});

test('a wrong query and a folder in use are told apart', async () => {
  await expect(store.query('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 'QUERY_INVALID', retryable: false });
  await expect(store.query('SELECT {x:String} AS x', { params: { x: "it's" } })).resolves.toEqual([{ x: "it's" }]);
  await expect(openStore({ url: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
});
