import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createEdgeJoiner } from './edges.js';
import type { Store } from './store.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const table of ['otel_traces', 'edge_halves', 'service_edges', 'edges_joined', 'fresh_edges']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(() => store.close());

const NOW = Math.floor(Date.now() / 1000);
const client = (call: number, { arrived, time = arrived, peer = 'somewhere' }: { arrived: number; time?: number; peer?: string }) => ({ time, call, side: 'client', service: 'web', peer, peer_kind: 'http', duration_ms: 1, error: 0, arrived });
const server = (call: number, { arrived, time = arrived, service = 'stock' }: { arrived: number; time?: number; service?: string }) => ({ time, call, side: 'server', service, peer: '', peer_kind: '', duration_ms: 1, error: 0, arrived });
const edgesIn = (table: string) => store.query(`SELECT toUnixTimestamp(min(time)) AS since, client, server, sum(count) AS calls FROM ${table} GROUP BY client, server ORDER BY server`);
const edge = (time: number, to: string, calls = 1) => ({ since: Math.floor(time / 5) * 5, client: 'web', server: to, calls: String(calls) });

/** Joins what is due in a process that starts at `now` (seconds) and soon ends. */
async function joinAt(now: number, changed: Partial<Store> = {}): Promise<void> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let ended = 0;
  const query: Store['query'] = async (sql, options) => {
    const rows = await store.query<never>(sql.replaceAll('now()', `toDateTime(${now})`), options);
    if (sql.includes('now()') && rows.length === 0) ended += 1;
    return rows;
  };
  const joiner = createEdgeJoiner({ store: { ...store, query, ...changed }, logger: silentLogger });
  await joiner.start();
  await vi.advanceTimersByTimeAsync(15_000);
  await vi.waitUntil(() => ended >= 2, { timeout: 20_000 });
  await joiner.stop();
  vi.useRealTimers();
}

it('counts a call once although the answer was lost, or the process died before it noted that', async () => {
  await store.insert('edge_halves', [client(1, { arrived: NOW - 200 }), server(1, { arrived: NOW - 200 })]);
  const failures = ['the answer was lost', 'the process died'];
  const fail = (): void => {
    const failure = failures.shift();
    if (failure) throw new Error(failure);
  };
  const command: Store['command'] = async (sql, options) => {
    await store.command(sql, options);
    if (failures.length === 2) fail();
  };
  const insert: Store['insert'] = async (table, rows) => {
    fail();
    await store.insert(table, rows);
  };
  await joinAt(NOW, { command, insert });
  await joinAt(NOW);
  expect(failures).toEqual([]);
  expect(await edgesIn('edges')).toEqual([edge(NOW - 200, 'stock')]);
});

it('joins calls whose halves arrive late, each for itself or together', async () => {
  await store.insert('edge_halves', [
    client(1, { time: NOW - 3600, arrived: NOW - 130 }), server(1, { time: NOW - 3600, arrived: NOW - 130 }),
    client(2, { time: NOW - 3600, arrived: NOW - 150 }), server(2, { time: NOW - 3650, arrived: NOW - 3600 }),
    client(3, { time: NOW - 3600, arrived: NOW - 130, peer: 'api.example.com' }),
  ]);
  await joinAt(NOW);
  expect(await edgesIn('service_edges')).toEqual([edge(NOW - 3600, 'api.example.com'), edge(NOW - 3600, 'stock', 2)]);
});

it('joins calls of more days than ClickHouse inserts into at once', async () => {
  const days = Array.from({ length: 120 }, (_, day) => client(day, { arrived: NOW - 130, time: NOW - day * 86_400 }));
  for (const some of [days.slice(0, 60), days.slice(60)]) await store.insert('edge_halves', some);
  const joined: string[] = [];
  const command: Store['command'] = async (sql, options) => {
    await store.command(sql, options);
    joined.push(/INSERT INTO (\w+)/.exec(sql)?.[1] ?? sql);
  };
  await joinAt(NOW, { command });
  expect(joined).toEqual(['service_edges']);
});

it('counts each span of a call that somebody makes, however many take it', async () => {
  const arrived = NOW - 130;
  await store.insert('edge_halves', [client(1, { arrived }), client(1, { arrived }), server(1, { arrived }), server(1, { arrived }), server(1, { arrived: NOW - 100 })]);
  await joinAt(NOW);
  expect(await edgesIn('service_edges')).toEqual([edge(arrived, 'stock', 2)]);
});

it('leads from a message to each service that takes it', async () => {
  const arrived = NOW - 130;
  await store.insert('edge_halves', [client(1, { arrived }), client(2, { arrived }), server(1, { arrived, service: 'billing' }), server(1, { arrived, service: 'email' }), server(1, { arrived, service: 'email' }), server(2, { arrived, service: 'email' })]);
  await joinAt(NOW);
  expect(await edgesIn('service_edges')).toEqual([edge(arrived, 'billing'), edge(arrived, 'email', 2)]);
});

it('tells of a peer at once, and of the service that answered it when the caller had given up', async () => {
  await store.insert('edge_halves', [client(1, { arrived: NOW - 20 }), client(2, { arrived: NOW - 20, peer: 'api.example.com' })]);
  await joinAt(NOW);
  expect(await edgesIn('edges')).toEqual([edge(NOW - 20, 'api.example.com'), edge(NOW - 20, 'somewhere')]);
  expect(await edgesIn('service_edges')).toEqual([]);
  await store.insert('edge_halves', [server(1, { arrived: NOW + 5 })]);
  await joinAt(NOW + 100);
  expect(await edgesIn('service_edges')).toEqual([]);
  await joinAt(NOW + 110);
  expect(await edgesIn('edges')).toEqual([edge(NOW - 20, 'api.example.com'), edge(NOW - 20, 'stock')]);
  expect(await edgesIn('service_edges')).toEqual(await edgesIn('edges'));
});

it('goes on after a restart where it stopped', async () => {
  await store.insert('edge_halves', [client(1, { arrived: NOW - 7000 }), client(2, { arrived: NOW - 100 })]);
  await joinAt(NOW);
  await joinAt(NOW);
  expect(await edgesIn('edges')).toEqual([edge(NOW - 7000, 'somewhere', 2)]);
  await store.insert('edge_halves', [client(3, { arrived: NOW + 300 })]);
  await joinAt(NOW + 315);
  await joinAt(NOW + 330);
  expect(await edgesIn('edges')).toEqual([edge(NOW - 7000, 'somewhere', 3)]);
  expect(await edgesIn('service_edges')).toEqual([edge(NOW - 7000, 'somewhere', 2)]);
});

it('names the queue as the client of a consumer whose producers are only linked', async () => {
  const span = (SpanId: string, SpanKind: string, ServiceName: string, more: object = {}) => ({ Timestamp: NOW * 1e9, TraceId: 'b'.repeat(32), SpanId, SpanKind, ServiceName, Duration: 1e6, StatusCode: 'Unset', SpanAttributes: { 'messaging.system': 'kafka' }, ...more });
  await store.insert('otel_traces', [
    span('1', 'Producer', 'web'), span('2', 'Consumer', 'stock', { TraceId: 'c'.repeat(32), StatusCode: 'Error', 'Links.TraceId': ['b'.repeat(32)], 'Links.SpanId': ['1'], 'Links.TraceState': [''], 'Links.Attributes': [{}] }),
    span('3', 'Producer', 'web'), span('4', 'Consumer', 'desk', { ParentSpanId: '3' }), span('5', 'Consumer', 'timer', { SpanAttributes: {} }),
  ]);
  await joinAt(NOW + 600);
  expect(await store.query('SELECT client, server, kind, sum(count) AS calls, sum(errors) AS failed FROM service_edges GROUP BY client, server, kind ORDER BY client, server')).toEqual([
    { client: 'kafka', server: 'stock', kind: 'messaging', calls: '1', failed: '1' }, { client: 'web', server: 'desk', kind: 'messaging', calls: '1', failed: '0' }, { client: 'web', server: 'kafka', kind: 'messaging', calls: '1', failed: '0' },
  ]);
});

it('goes on where the clock was set back, and takes the same seconds for others when they come again', async () => {
  const AHEAD = NOW + 3600;
  const warn = vi.spyOn(silentLogger, 'warn');
  await store.insert('edge_halves', [client(1, { arrived: AHEAD - 200 }), client(2, { arrived: AHEAD - 20 })]);
  await joinAt(AHEAD);
  expect(await edgesIn('edges')).toEqual([edge(AHEAD - 200, 'somewhere', 2)]);
  await joinAt(NOW);
  await store.command('OPTIMIZE TABLE edges_joined FINAL');
  await store.insert('edge_halves', [client(3, { arrived: NOW + 10, peer: 'api.example.com' })]);
  await joinAt(NOW + 30);
  expect(await edgesIn('edges')).toEqual([edge(NOW + 10, 'api.example.com'), edge(AHEAD - 200, 'somewhere')]);
  await store.insert('edge_halves', [client(4, { arrived: AHEAD - 200 })]);
  await joinAt(AHEAD);
  expect(await edgesIn('service_edges')).toEqual([edge(NOW + 10, 'api.example.com'), edge(AHEAD - 200, 'somewhere', 2)]);
  expect(warn).toHaveBeenCalledTimes(1);
});

it('takes spans that are inserted again a second later for the same halves', async () => {
  const span = { Timestamp: (NOW - 3600) * 1e9, TraceId: 'a'.repeat(32), SpanId: '1'.repeat(16), SpanKind: 'Client', ServiceName: 'web', Duration: 1e6, StatusCode: 'Unset', SpanAttributes: { 'server.address': 'somewhere' } };
  await store.insert('otel_traces', [span]);
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-halves-')), 'spans.native');
  writeFileSync(path, await store.queryBytes("SELECT * REPLACE ('again' AS ServiceName) FROM otel_traces", 'Native'));
  await store.insertNativeFile('otel_traces', path, 'again');
  await delay(1100);
  await store.insertNativeFile('otel_traces', path, 'again');
  expect(await store.query(`SELECT service, count() AS halves, toUnixTimestamp(min(time)) AS since, min(arrived) >= toDateTime(${NOW}) AS isNow FROM edge_halves GROUP BY service ORDER BY service`)).toEqual(
    ['again', 'web'].map((service) => ({ service, halves: '1', since: NOW - 3600, isNow: 1 })),
  );
});
