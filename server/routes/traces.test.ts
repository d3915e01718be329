import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiTrace, ApiTraces } from '#core/api/traces.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { ServerContext } from '../context.js';
import type { Route } from '../route.js';
import { traceRoutes } from './traces.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
let store: Store;

/** A trace is named by a letter; a span that is no root is named by its second. */
const span = (name: string, service: string, ms: number, status = 'Unset'): object => ({
  Timestamp: new Date(NOW - 60_000).toISOString(), TraceId: idOf(name[0] ?? ''), SpanId: name.padStart(16, '0'), ParentSpanId: name.length === 1 ? '' : '1'.padStart(16, '0'), ServiceName: service, SpanName: `op of ${service}`, SpanKind: 'Server', Duration: ms * 1e6, StatusCode: status,
});
const idOf = (name: string): string => name.repeat(32);

beforeAll(async () => {
  store = await openTestStore();
  await store.insert('otel_traces', [
    span('a', 'shop', 100), span('a1', 'cart', 20),
    span('b', 'shop', 2_000, 'Error'), span('b1', 'shop', 30), span('b2', 'cart', 10),
    span('c', 'shop', 50), span('c1', 'shop', 20), span('c2', 'cart', 10, 'Error'),
  ]);
});
afterAll(() => store.close());

const routes = () => traceRoutes({ store, clock: () => NOW } as ServerContext) as [Route, Route];

/** Letters of the traces that are found, and how many are said to match. */
async function found(search: Readonly<Record<string, unknown>>): Promise<[string, number]> {
  const [route] = routes();
  const ask = (pick: string) => route.handle({ query: route.query?.parse({ ...search, pick }) ?? {}, params: {}, body: {} }) as Promise<ApiTraces>;
  const [newest, sample] = [await ask('newest'), await ask('sample')];
  expect(sample.traces.map(({ traceId }) => traceId).toSorted()).toEqual(newest.traces.map(({ traceId }) => traceId).toSorted());
  return [newest.traces.map(({ traceId }) => traceId.slice(0, 1)).toSorted().join(''), sample.matching ?? 0];
}

it('finds traces without an error by all of their spans, or by all of the service that is named', async () => {
  expect(await found({ status: 'error' })).toEqual(['bc', 2]);
  expect(await found({ status: 'ok' })).toEqual(['a', 1]);
  expect(await found({ status: 'ok', service: 'shop' })).toEqual(['ac', 2]);
  expect(await found({ status: 'ok', service: 'cart' })).toEqual(['ab', 2]);
  expect(await found({ status: 'ok', operation: 'op of shop' })).toEqual(['ac', 2]);
});
it('finds traces by their own length, or by that of a span of the service or operation that is named', async () => {
  expect(await found({ maxMs: 40 })).toEqual(['', 0]);
  expect(await found({ minMs: 60 })).toEqual(['ab', 2]);
  expect(await found({ minMs: 60, maxMs: 1_000 })).toEqual(['a', 1]);
  expect(await found({ maxMs: 60, status: 'error', q: 'of cart' })).toEqual(['c', 1]);
  expect(await found({ minMs: 25, maxMs: 60, service: 'shop' })).toEqual(['bc', 2]);
  expect(await found({ minMs: 15, operation: 'op of cart' })).toEqual(['a', 1]);
});
it('finds traces as long as the list shows them: without a root, and where others outlive it', async () => {
  const later = { ...span('h1', 'cart', 900), Timestamp: new Date(NOW - 57_000).toISOString() };
  await store.insert('otel_traces', [span('g1', 'shop', 4_000), span('h', 'shop', 10), later]);
  expect(await found({ minMs: 3_000 })).toEqual(['gh', 2]);
  expect(await found({ minMs: 3_000, maxMs: 3_950 })).toEqual(['h', 1]);
  expect(await found({ maxMs: 60 })).toEqual(['c', 1]);
  const [route] = routes();
  const { traces } = (await route.handle({ query: route.query?.parse({ minMs: 3_000, maxMs: 3_950 }) ?? {}, params: {}, body: {} })) as ApiTraces;
  expect(traces.map(({ durationMs }) => durationMs)).toEqual([3_900]);
});

it('shows a job that began long before the time that is searched as a whole, and does not call it fine where it failed', async () => {
  const ago = (name: string, ms: number, length: number, status?: string): object => ({ ...span(name, 'nightly', length, status), Timestamp: new Date(NOW - ms).toISOString() });
  await store.insert('otel_traces', [ago('n', 2_400_000, 2_280_000, 'Error'), ago('n1', 2_000_000, 1_000), ago('n2', 200_000, 1_000)]);
  const [route] = routes();
  const ask = async (search: object): Promise<unknown[]> => ((await route.handle({ query: route.query?.parse({ q: 'op of nightly', ...search }) ?? {}, params: {}, body: {} })) as ApiTraces).traces.map((one) => ({ ...one, traceId: one.traceId.slice(0, 1) }));
  expect(await ask({})).toEqual([{ traceId: 'n', rootService: 'nightly', rootName: 'op of nightly', startsAt: NOW - 2_400_000, durationMs: 2_280_000, spanCount: 3, errorCount: 1, services: ['nightly'] }]);
  expect(await ask({ status: 'ok' })).toEqual([]);
});

it('says how many spans a trace has of which it shows the first, and shows those that failed', async () => {
  const more = Array.from({ length: 20_001 }, (_, at) => ({ ...span('d', 'bulk', 1), SpanId: String(at).padStart(16, '0') }));
  const [, route] = routes();
  const ask = async (name: string): Promise<[number, number | null]> => {
    const { spans, cut } = (await route.handle({ params: { traceId: idOf(name) }, query: {}, body: {} })) as ApiTrace;
    return [spans.length, cut];
  };
  await store.insert('otel_traces', more.slice(1));
  expect(await ask('d')).toEqual([20_000, null]);
  await store.insert('otel_traces', more.slice(0, 1));
  expect(await ask('d')).toEqual([20_000, 20_001]);
  expect(await ask('a')).toEqual([2, null]);
  await store.insert('otel_traces', [{ ...span('d1', 'bulk', 1, 'Error'), Timestamp: new Date(NOW - 30_000).toISOString() }]);
  const { spans } = (await route.handle({ params: { traceId: idOf('d') }, query: {}, body: {} })) as ApiTrace;
  expect([spans.length, spans.at(-1)?.status]).toEqual([20_000, 'Error']);
});

it('finds traces by an attribute of the resource: by text in it that is not what its service is called, or by all of it', async () => {
  const on = (name: string, pod: string): object => ({ ...span(name, 'till', 10), ResourceAttributes: { 'service.name': 'till', 'k8s.pod.name': pod }, SpanAttributes: { lane: name } });
  await store.insert('otel_traces', [on('k', 'till-7f9c-x2'), on('l', 'till-7f9c-x21'), on('m', 'other=1')]);
  expect(await found({ q: '7F9C-x2' })).toEqual(['kl', 2]);
  expect(await found({ q: 'till-' })).toEqual(['kl', 2]);
  expect(await found({ attribute: 'k8s.pod.name=till-7f9c-x2', service: 'till' })).toEqual(['k', 1]);
  expect(await found({ attribute: 'k8s.pod.name=other=1' })).toEqual(['m', 1]);
  expect(await found({ attribute: 'lane=l' })).toEqual(['l', 1]);
});
