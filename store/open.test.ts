import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { fingerprint } from '#core/fingerprint.js';
import { silentLogger } from '#core/log.js';
import { seriesId } from '#core/series-id.js';
import { createEdgeJoiner } from './edges.js';
import { openStore } from './open.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});

const migration = (name: string): string[] => readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8').replaceAll('{ttl_metrics_s}', '1296000').split(/;\s*\n\s*\n|;\s*$/).filter(Boolean);

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

test('an answer holds nothing of what a statement before it had answered when it failed', async () => {
  const often = <T>(ask: () => Promise<T>): Promise<PromiseSettledResult<T>[]> => Promise.allSettled(Array.from({ length: 8 }, ask));
  const failing = await often(() => store.queryBytes('SELECT number, throwIf(number = 3000) FROM numbers(5000) SETTINGS max_block_size = 100, max_threads = 1', 'RowBinary'));
  expect(failing.map(({ status }) => status)).toEqual(failing.map(() => 'rejected'));
  expect(await often(() => store.queryBytes('SELECT toUInt8(7)', 'RowBinary'))).toEqual(failing.map(() => ({ status: 'fulfilled', value: Buffer.of(7) })));
  await often(() => store.query('SELECT number AS other, throwIf(number = 3000) FROM numbers(5000) SETTINGS max_block_size = 100, max_threads = 1'));
  expect(await often(() => store.query('SELECT 1 AS one'))).toEqual(failing.map(() => ({ status: 'fulfilled', value: [{ one: 1 }] })));
});

test('files are read, and statements of others and what is written find a session, while more of our reads wait than there are threads', async () => {
  let done = 0;
  const reads = Array.from({ length: 24 }, () => store.query('SELECT sleep(0.3)').then(() => (done += 1)));
  await readFile(fileURLToPath(import.meta.url));
  expect(done).toBeLessThan(reads.length);
  await store.insert('otel_traces', [span({ ServiceName: 'beside' })]);
  expect(done).toBeLessThan(reads.length);
  expect((await store.readRaw("SELECT count() FROM otel_traces WHERE ServiceName = 'beside'", { format: 'TSV' })).body.toString()).toBe('1\n');
  await Promise.all(reads);
});

test('merges give way to everything else', async () => {
  expect(await store.query("SELECT value FROM system.server_settings WHERE name = 'os_threads_nice_value_merge_mutate'")).toEqual([{ value: '10' }]);
});

test('samples that were there before take the order of hours, again if it was cut off, and count once', async () => {
  const at = Date.now() - 60_000;
  const put = (time: number): Promise<void> => store.insert('metric_samples', [{ series: '900', time: new Date(time).toISOString(), value: 2 }]);
  const counted = () => store.query('SELECT (SELECT count() FROM metric_samples) AS samples, (SELECT sum(count) FROM metric_1m) AS rolled');
  await put(at);
  for (const statement of migration('0010_samples_by_hour.sql')) await store.command(statement);
  expect(await counted()).toEqual([{ samples: '1', rolled: '1' }]);
  await put(at + 1000);
  expect(await counted()).toEqual([{ samples: '2', rolled: '2' }]);
  expect(await store.query("SELECT sorting_key AS key FROM system.tables WHERE name = 'metric_samples' AND database = currentDatabase()")).toEqual([{ key: 'toStartOfHour(time), series, time' }]);
});

test('what was stored before is found under the ids of its metrics and targets, cut off or not', async () => {
  const at = Date.now() - 30_000;
  const labels = { job: 'shop', instance: 'web-1:9090', path: '/ü' };
  const before = BigInt(`0x${fingerprint(labels, 'hits_total')}`);
  const id = String(seriesId('hits_total', labels));
  const statements = migration('0014_ids_by_metric.sql');
  await store.insert('metric_series', [{ id: String(before), name: 'hits_total', labels, metric: 'hits_total', type: 'untyped', unit: '1', service: 'shop', last_seen: Math.floor(at / 1000) }]);
  await store.insert('metric_samples', [{ series: String(before), time: new Date(at).toISOString(), value: 3 }]);
  await store.insert('metric_histograms', [{ series: String(before), time: at, start: at, count: 9 }]);
  await store.insert('metric_exemplars', [{ series: String(before), time: at, value: 9 }]);
  for (const statement of statements.slice(0, 2)) await store.command(statement);
  // Of another type than the ids they are no ids to an older server.
  expect(await store.query("SELECT DISTINCT type FROM system.columns WHERE database = currentDatabase() AND table = 'metric_ids'")).toEqual([{ type: 'UInt64' }]);
  for (let ran = 0; ran <= statements.length; ran += 6) {
    for (const statement of statements.slice(0, ran)) await store.command(statement);
  }
  for (const statement of statements) await store.command(statement);
  expect(await store.query(`SELECT * FROM (
    SELECT 'series' AS table, toString(id) AS id, labels['path'] AS value FROM metric_series WHERE name = 'hits_total' UNION ALL SELECT 'samples', toString(series), toString(value) FROM metric_samples WHERE value = 3
    UNION ALL SELECT 'rollup', toString(series), toString(sum(count)) FROM metric_1m WHERE max = 3 GROUP BY series UNION ALL SELECT 'histograms', toString(series), toString(count) FROM metric_histograms
    UNION ALL SELECT 'exemplars', toString(series), toString(value) FROM metric_exemplars) ORDER BY table`)).toEqual([
    { table: 'exemplars', id, value: '9' }, { table: 'histograms', id, value: '9' }, { table: 'rollup', id, value: '1' }, { table: 'samples', id, value: '3' }, { table: 'series', id, value: '/ü' },
  ]);
});

test('the halves of a call become one edge; a silent peer keeps its own name', async () => {
  const at = (Date.now() - 30_000) * 1e6;
  await store.insert('otel_traces', [
    span({ Timestamp: at, SpanId: '2'.repeat(16), SpanKind: 'Client', ServiceName: 'cart' }),
    span({ Timestamp: at, SpanId: '3'.repeat(16), ParentSpanId: '2'.repeat(16), ServiceName: 'payment' }),
    span({ Timestamp: at, SpanId: '4'.repeat(16), SpanKind: 'Client', ServiceName: 'payment', SpanAttributes: { 'db.system.name': 'postgresql' } }),
  ]);
  const soon: typeof store.query = (sql, options) => store.query(sql.replaceAll('now()', '(now() + 20)'), options);
  const joiner = createEdgeJoiner({ store: { ...store, query: soon }, logger: silentLogger });
  await joiner.start();
  await expect.poll(() => store.query('SELECT client, server, kind FROM edges ORDER BY client'), { timeout: 20_000 }).toEqual([
    { client: 'cart', server: 'payment', kind: 'http' },
    { client: 'payment', server: 'postgresql', kind: 'database' },
  ]);
  await joiner.stop();
});

test('halves of calls that were there before find those of today', async () => {
  const at = Date.now() - 30_000;
  await store.insert('edge_halves', [{ time: Math.floor(at / 1000), trace_id: 'b'.repeat(32), span_id: '5'.repeat(16), side: 'client', service: 'web', peer: 'somewhere', peer_kind: 'http', duration_ms: 1, error: 0 }]);
  await store.insert('otel_traces', [span({ Timestamp: at * 1e6, TraceId: 'b'.repeat(32), SpanId: '6'.repeat(16), ParentSpanId: '5'.repeat(16), ServiceName: 'stock' })]);
  expect(await store.query("SELECT uniqExact(call) AS calls, count() AS halves FROM edge_halves WHERE service IN ('web', 'stock')")).toEqual([{ calls: '1', halves: '2' }]);
});

test('minutes are made of the steps of 5 s: each insert once, also when it was cut off between the two', async () => {
  const rows = Array.from({ length: 200 }, (_, index) => span({ ServiceName: 'minutes', SpanId: String(index).padStart(16, '0'), Timestamp: Date.now() * 1e6 - 30e9, Duration: (index + 1) * 1e6, StatusCode: index < 10 ? 'Error' : 'Unset' }));
  await store.insert('otel_traces', rows);
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-rollup-')), 'spans.native');
  writeFileSync(path, await store.queryBytes("SELECT * REPLACE ('again' AS ServiceName) FROM otel_traces WHERE otel_traces.ServiceName = 'minutes'", 'Native'));
  const [view] = await store.query<{ sql: string }>("SELECT create_table_query AS sql FROM system.tables WHERE name = 'red_1m_mv' AND database = currentDatabase()");
  await store.command('DROP VIEW red_1m_mv');
  await store.insertNativeFile('otel_traces', path, 'cut-off');
  await store.command(view?.sql ?? '');
  for (let repetition = 0; repetition < 2; repetition += 1) await store.insertNativeFile('otel_traces', path, 'cut-off');
  const figures = (table: string) => store.query(`SELECT service, sum(count) AS spans, sum(errors) AS failures, sum(duration_sum) AS ms, arrayMap(q -> round(q), quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)) AS quantiles FROM ${table} WHERE service IN ('minutes', 'again') GROUP BY service ORDER BY service`);
  const expected = ['again', 'minutes'].map((service) => ({ service, spans: '200', failures: '10', ms: 20_100, quantiles: expect.arrayContaining([expect.closeTo(100, -1)]) }));
  expect(await figures('red_5s')).toEqual(expected);
  expect(await figures('red_1m')).toEqual(expected);
});

test('a wrong query and a folder in use are told apart', async () => {
  await expect(store.query('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 'QUERY_INVALID', retryable: false });
  for (const far of [2 ** 60, Infinity]) await expect(store.query('SELECT {far:Float64}', { params: { far } })).rejects.toMatchObject({ code: 'QUERY_INVALID', retryable: false });
  await expect(store.query('SELECT {x:String} AS x', { params: { x: "it's" } })).resolves.toEqual([{ x: "it's" }]);
  await expect(openStore({ url: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, message: expect.stringMatching(/^the ClickHouse server at 127\.0\.0\.1:9 .*CLICKHOUSE_URL/) });
});

test('metrics can be read under the names of the OpenTelemetry ClickHouse exporter', async () => {
  const time = Date.now();
  const series = (id: string, name: string, type: string, labels: object): object => ({ id, name, type, labels, metric: 'http.server.request.duration', unit: 's', service: 'shop', temporality: 'cumulative', last_seen: Math.floor(time / 1000) });
  const base = 'http_server_request_duration_seconds';
  await store.insert('metric_series', [
    series('1', `${base}_count`, 'counter', {}), series('2', `${base}_sum`, 'counter', {}), series('3', `${base}_bucket`, 'histogram', { le: '0.1' }), series('4', `${base}_bucket`, 'histogram', { le: '+Inf' }),
    { ...series('5', 'orders_total', 'counter', {}), metric: 'orders', monotonic: true }, { ...series('6', 'temperature', 'gauge', {}), metric: 'temperature', temporality: '' },
  ]);
  await store.insert('metric_samples', [5, 0.9, 3, 5, 7, 21.5].map((value, index) => ({ series: String(index + 1), time: new Date(time).toISOString(), value })));
  expect(await store.query('SELECT MetricName, Count, Sum, BucketCounts, ExplicitBounds FROM otel_metrics_histogram')).toEqual([
    { MetricName: 'http.server.request.duration', Count: '5', Sum: 0.9, BucketCounts: ['3', '2'], ExplicitBounds: [0.1] },
  ]);
  expect(await store.query('SELECT MetricName, Value, IsMonotonic FROM otel_metrics_sum')).toEqual([{ MetricName: 'orders', Value: 7, IsMonotonic: true }]);
  expect(await store.query('SELECT MetricName, Value FROM otel_metrics_gauge')).toEqual([{ MetricName: 'temperature', Value: 21.5 }]);
  for (const view of ['exponential_histogram', 'summary']) expect(await store.query(`SELECT * FROM otel_metrics_${view}`)).toEqual([]);
});

// The last one: there is one store per process.
test('closing waits for what runs, and takes nothing new', async () => {
  const running = store.query<{ done: number }>('SELECT toUInt8(sum(sleepEachRow(0.3)) = 0) AS done FROM numbers(3)');
  const closing = store.close();
  await expect(store.query('SELECT 1')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  await closing;
  expect(await running).toEqual([{ done: 1 }]);
});

test('a data directory that is none is refused by name, saying what to do', async () => {
  await expect(openStore({ dataDir: '/proc/none/data' })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  await expect(openStore({ dataDir: '/dev/null' })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining('set FAULTLINE_DATA_DIR') });
});
