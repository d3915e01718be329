import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from '#core/metrics.js';
import { listening } from '#core/testing.js';
import { createRemoteEngine } from '#store/engine.js';
import { openStore } from '#store/open.js';
import { fakeServer, openTestStore, refuse } from '#store/testing.js';
import { createClickHouseFacade } from './facade.js';

const HELLO = 'SELECT displayName(), version(), revision(), timezone()';
const folder = mkdtempSync(join(tmpdir(), 'facade-'));
const secret = join(folder, 'secret.csv');
let store: Awaited<ReturnType<typeof openTestStore>>;
let server: Server;
let url = '';
let client: ClickHouseClient;
let outsideHits = 0;
let outside: Server;

beforeAll(async () => {
  writeFileSync(secret, 'column_of_the_secret\n1\n');
  store = await openTestStore();
  const facade = createClickHouseFacade({ store, registry: new Registry() });
  const app = express();
  app.use('/clickhouse', facade);
  app.use(express.json());
  app.post('/api/echo', (request, response) => void response.json(request.body));
  app.use(facade);
  server = createServer(app);
  url = await listening(server);
  outside = createServer((_request, response) => {
    outsideHits += 1;
    response.end('1\n');
  });
  client = createClient({ url, pathname: '/clickhouse', compression: { response: true }, log: { level: ClickHouseLogLevel.OFF } });
  await store.insert('otel_traces', [1, 2, 3].map((n) => ({ Timestamp: new Date().toISOString(), TraceId: 'a'.repeat(32), SpanId: `${n}`.repeat(16), ServiceName: 'shop', SpanName: 'GET /', SpanKind: 'Server', Duration: n * 1e6, StatusCode: 'Ok', SpanAttributes: { 'http.route': '/' } })));
});
afterAll(async () => {
  await client.close();
  server.close();
  outside.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const post = (sql: string, search = '', headers: Record<string, string> = {}): Promise<Response> => fetch(`${url}/clickhouse/?${search}`, { method: 'POST', body: sql, headers });
const text = async (sql: string, search = ''): Promise<string> => (await post(sql, search)).text();

describe('as a ClickHouse server', () => {
  it('serves the official client: rows, parameters, streams, ping, errors with code and type', async () => {
    const rows = await (await client.query({
      query: 'SELECT ServiceName AS service, sum(Duration) AS total FROM otel_traces WHERE SpanName = {name:String} AND Duration IN {durations:Array(UInt64)} GROUP BY service',
      query_params: { name: 'GET /', durations: [1e6, 2e6] }, format: 'JSONEachRow', clickhouse_settings: { max_execution_time: 10, output_format_json_quote_64bit_integers: 0, wait_end_of_query: 1, date_time_output_format: 'iso' },
    })).json();
    expect(rows).toEqual([{ service: 'shop', total: 3e6 }]);
    expect(await (await client.query({ query: "SELECT {s:String} AS s -- it's\n;", query_params: { s: "tab\t'quote'\\" }, format: 'JSON' })).json()).toMatchObject({ data: [{ s: "tab\t'quote'\\" }], meta: [{ name: 's', type: 'String' }] });
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
    await expect(client.query({ query: 'SELECT nothing FROM nowhere', format: 'JSON' })).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
    const many = await client.query({ query: 'SELECT number FROM numbers(50000)', format: 'JSONEachRow' });
    let count = 0;
    for await (const batch of many.stream()) count += batch.length;
    expect(count).toBe(50_000);
  });
  it('answers what explorers ask: databases, tables, columns, DESC, keys of maps, EXPLAIN', async () => {
    expect(await text('SHOW DATABASES')).toContain('default');
    expect(await text("SELECT name FROM system.tables WHERE database = 'default' ORDER BY name")).toContain('otel_traces_trace_id_ts');
    expect(await text("SELECT name, type, table FROM system.columns WHERE database = 'default' AND table = 'otel_logs' AND name = 'Body'")).toBe('Body\tString\totel_logs\n');
    expect(await text('DESC TABLE "default"."otel_traces"')).toMatch(/^Timestamp\tDateTime64\(9\)/);
    expect(await text('SELECT DISTINCT arrayJoin(mapKeys(SpanAttributes)) AS k FROM otel_traces LIMIT 1000')).toBe('http.route\n');
    expect(await text('EXPLAIN ESTIMATE SELECT Duration FROM otel_traces WHERE ServiceName = \'shop\'')).toContain('otel_traces');
    expect(await text('SELECT count() FROM system.data_skipping_indices')).toMatch(/^\d+\n$/);
    expect(await text('SELECT name FROM tables WHERE name = \'one\'', 'database=system')).toBe('one\n');
    expect(await text('EXISTS TABLE otel_logs')).toBe('1\n');
    expect(await text('(SELECT 1) UNION ALL (SELECT 2) FORMAT CSV')).toBe('1\n2\n');
  });
  it('takes curl: GET with query, format by header, parameter and clause, gzip only when asked', async () => {
    const get = await fetch(`${url}/clickhouse?query=${encodeURIComponent('SELECT 1 AS one')}&default_format=JSONEachRow`);
    expect([get.status, await get.text(), get.headers.get('x-clickhouse-format'), get.headers.get('content-type')]).toEqual([200, '{"one":1}\n', 'JSONEachRow', 'application/json; charset=UTF-8']);
    expect(await (await post('SELECT 1', '', { 'x-clickhouse-format': 'CSVWithNames' })).text()).toBe('"1"\n1\n');
    expect((await post('SELECT 1 FORMAT TSV', 'default_format=Native')).headers.get('x-clickhouse-format')).toBe('TSV');
    const native = await post('SELECT 1', 'default_format=Native&client_protocol_version=54483');
    expect(Buffer.from(await native.arrayBuffer())).toEqual(Buffer.from('\x01\x01\x011\x05UInt8\x01', 'latin1'));
    const big = 'SELECT * FROM numbers(5000)';
    expect((await post(big, '', { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBe('gzip');
    expect((await post(big, '', { 'accept-encoding': 'identity' })).headers.get('content-encoding')).toBe(null);
    expect(JSON.parse((await post(big, 'query_id=mine')).headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ read_rows: '5000' });
    expect(await (await fetch(`${url}/clickhouse/ping`)).text()).toBe('Ok.\n');
    const json = await fetch(`${url}/api/echo`, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } });
    expect(await json.json()).toEqual({ a: 1 });
  });
  it('frames the greeting for the revision of the Go driver, and tells it to read plain blocks afterwards', async () => {
    const block = Buffer.from(await (await post(HELLO, 'default_format=Native&client_protocol_version=54483')).arrayBuffer());
    expect(block.subarray(0, 10).toString('hex')).toBe('010002ffffffff000401');
    expect(block.toString('latin1')).toContain(`version()\x06String\x00${String.fromCharCode(store.version.length)}${store.version}`);
    expect(block.toString('latin1')).toContain('revision()\x06UInt32\x00\x00\x00\x00\x00');
    expect(await text(HELLO, 'default_format=JSONCompactEachRow')).toContain(store.version);
  });
});

describe('as a reader only', () => {
  const out = join(folder, 'out.tsv');
  it.each([
    ['a write', "INSERT INTO otel_logs (Body) VALUES ('x')"], ['a drop', 'DROP TABLE otel_logs'], ['a temporary table', 'CREATE TEMPORARY TABLE x (a Int8)'], ['a setting', 'SET readonly = 0'], ['KILL', 'KILL QUERY WHERE 1'], ['SYSTEM', 'SYSTEM FLUSH LOGS'], ['USE', 'USE system'],
    ['two statements', 'SELECT 1; SELECT 2'], ['settings in the text', 'SELECT 1 SETTINGS max_execution_time = 1000'],
    ['INTO OUTFILE', `SELECT 1 INTO OUTFILE '${out}'`], ['INTO OUTFILE in disguise', `select 1 /*x*/ iNtO -- '\n /* " */ OutFile $a$${out}$a$ append format CSV`], ['EXPLAIN … INTO OUTFILE', `EXPLAIN SELECT 1 INTO OUTFILE '${out}'`], ['INTO OUTFILE after a second statement', `SELECT 1; SELECT 1 INTO OUTFILE '${out}'`],
    ['file()', `SELECT * FROM file('${secret}')`], ['the function file', `SELECT file('${secret}')`], ['the function file, quoted', `SELECT "file"('${secret}')`], ['the function file by name', `SELECT arrayMap(file, ['${secret}'])`], ['APPLY file', 'SELECT COLUMNS(\'ServiceName\') APPLY(file) FROM otel_traces'], ['file in SHOW', `SHOW TABLES WHERE name = file('${secret}')`],
    ['a path as a table', `SELECT * FROM '${secret}'`], ['DESCRIBE file()', `DESCRIBE TABLE file('${secret}')`], ['DESCRIBE loop(file())', `desc loop(file('${secret}'))`], ['a view of file()', `DESCRIBE (SELECT * FROM file('${secret}'))`], ['EXISTS of a path', `EXISTS TABLE \`${secret}\``],
  ])('refuses %s', async (_what, sql) => {
    const response = await post(sql);
    const answer = await response.text();
    expect([response.ok, answer]).toEqual([false, expect.stringMatching(/^Code: \d+\. DB::Exception: .+ \([A-Z_]+\) \(version /s)]);
    expect(response.headers.get('x-clickhouse-exception-code')).toMatch(/^\d+$/);
    expect(answer).not.toContain('column_of_the_secret');
    expect(existsSync(out)).toBe(false);
  });
  it('refuses a function named by a parameter, but not a word in a string or a comment', async () => {
    expect(await text(`SELECT arrayMap({f:Identifier}, ['${secret}'])`, 'param_f=file')).toContain('READONLY');
    expect(await text(`SELECT arrayMap({f:Identifier}, ['${secret}'])`, `param_f=${encodeURIComponent('fi\\x6ce')}`)).toContain('READONLY');
    expect(await text('SELECT {c:Identifier} FROM {t:Identifier} LIMIT 1', 'param_c=ServiceName&param_t=otel_traces')).toBe('shop\n');
    expect(await text("SELECT 'into outfile', {w:String}, map('file', 1)['file'] -- file() INTO OUTFILE", 'param_w=file')).toBe('into outfile\tfile\t1\n');
  });
  it('tells of no file whether it is there', async () => {
    const paths = [secret, `${secret}x`];
    for (const sqlOf of [
      (path: string) => `SELECT * FROM '${path}'`, (path: string) => `SELECT * FROM otel_logs, \`${path}\``, (path: string) => `SELECT * FROM default."${path}"`, (path: string) => `SELECT * FROM view(SELECT * FROM \`${path}\`)`,
      (path: string) => `SELECT 1 IN \`..${path}\``, (path: string) => `SELECT in(1, \`x/../../..${path}\`)`, (path: string) => `DESCRIBE '${path}'`, (path: string) => `EXPLAIN ESTIMATE SELECT * FROM one JOIN \`${path}\` ON 1`,
      (path: string) => `SELECT hasColumnInTable('default', concat('${path.slice(0, 3)}', '${path.slice(3)}'), 'a')`, (path: string) => `SELECT * FROM mergeTreeIndex(default, '${path}')`, (path: string) => `SELECT * FROM "timeSeriesData"('${path}')`, (path: string) => `SELECT * FROM prometheusQuery('${path}', 'up', 1)`,
    ]) {
      const answers = await Promise.all(paths.map(async (path) => (await text(sqlOf(path))).replaceAll(path, 'PATH')));
      expect(answers, sqlOf('PATH')).toEqual([expect.stringContaining('READONLY'), answers[0]]);
    }
    expect(await text("SELECT 1 AS `req/s`, `req/s` + 1 AS `b..c`, '/etc/passwd', '..'")).toBe('1\t2\t/etc/passwd\t..\n');
  });
  it('never connects anywhere', async () => {
    const there = await listening(outside);
    for (const source of [`url('${there}/x.csv')`, `s3('${there}/bucket/x.csv')`, `remote('${there.slice(7)}', 'default', 't')`, `mysql('${there.slice(7)}', 'd', 't', 'u', 'p')`, `icebergS3('${there}/bucket/t')`]) {
      for (const sql of [`SELECT * FROM ${source}`, `DESCRIBE TABLE ${source}`, `EXPLAIN SELECT * FROM ${source}`, `DESCRIBE (SELECT * FROM ${source})`, `SELECT * FROM view(SELECT * FROM ${source})`]) expect((await post(sql)).ok, sql).toBe(false);
    }
    expect(outsideHits).toBe(0);
  });
  it('passes reading settings, ignores transport ones, refuses all others', async () => {
    expect(await text('SELECT toUInt64(1) AS n FORMAT JSONEachRow', 'output_format_json_quote_64bit_integers=1&enable_http_compression=1&readonly=2')).toBe('{"n":"1"}\n');
    for (const setting of ['allow_experimental_eval_table_function=1', 'format_schema=/etc/passwd', 'output_format_schema=/tmp/x', 'max_memory_usage=0', 'dialect=prql', 'compress=1']) expect((await post('SELECT 1', setting)).ok, setting).toBe(false);
    const { status, headers } = await post('SELECT 1', '', { 'sec-fetch-site': 'cross-site' });
    expect([status, headers.get('x-clickhouse-exception-code')]).toEqual([403, '164']);
  });
  it('ends what takes too long, is too large, or is too much at once', async () => {
    const slow = await post('SELECT count() FROM numbers(1e12) WHERE NOT ignore(sipHash64(number))', 'max_execution_time=1');
    expect([slow.status, slow.headers.get('x-clickhouse-exception-code')]).toEqual([408, '159']);
    expect(await text("SELECT materialize(repeat('x', 1000)) FROM numbers(1000000)")).toMatch(/^Code: 396\./);
    expect(await text("SELECT repeat('x', 1000) FROM numbers(1000000)")).toMatch(/^Code: 241\./);
    expect((await post(`SELECT 1 /*${'x'.repeat(300_000)}*/`)).status).toBe(413);
    const crowd = await Promise.all(Array.from({ length: 60 }, () => post('SELECT sleep(0.5)').then(async (response) => (await response.text(), response.status))));
    // 36 at once are let in; who comes later finds places that are free again.
    expect(new Set(crowd)).toEqual(new Set([200, 503]));
    expect(crowd.filter((status) => status === 200).length).toBeGreaterThanOrEqual(36);
    expect(await text('SELECT 1')).toBe('1\n');
  });
  it('does not wait for what cannot be stopped, nor does anything of ours', async () => {
    const call = 'SELECT arrayLevenshteinDistance(range(70000), range(1, 70001))';
    const late = await Promise.all([call, call].map((sql) => post(sql, 'max_execution_time=1')));
    expect(late.map(({ status, headers }) => [status, headers.get('x-clickhouse-exception-code')])).toEqual([[408, '159'], [408, '159']]);
    expect(await late[0]?.text()).toContain('the statement goes on past its 1 s, inside of a function that cannot be stopped');
    await Promise.all(Array.from({ length: 12 }, () => store.query('SELECT count() FROM otel_traces')));
    const refused = await post('SELECT 1');
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('2 statements go on past their time')]);
    await vi.waitFor(async () => expect((await post('SELECT 1')).status).toBe(200), { timeout: 100_000, interval: 500 });
  });
  it('leaves out whoever is gone before the turn comes', async () => {
    let [asked, closed] = [0, 0];
    const count = (_request: unknown, response: ServerResponse): void => {
      asked += 1;
      response.once('close', () => (closed += 1));
    };
    server.on('request', count);
    const hasty = new AbortController();
    const gone = Array.from({ length: 36 }, () => fetch(`${url}/clickhouse/?query=SELECT+sleep(2)`, { signal: hasty.signal }).catch(() => undefined));
    await vi.waitFor(() => expect(asked).toBe(36), { timeout: 20_000 });
    hasty.abort();
    await Promise.all(gone);
    await vi.waitFor(() => expect(closed).toBe(36), { timeout: 20_000 });
    server.off('request', count);
    expect(await text('SELECT 1')).toBe('1\n');
  });
});

it('is away where the server behind it refuses the password of Faultline, which the caller cannot correct', async () => {
  const behind = await fakeServer((response, { sql }) => (sql.includes('timezone()') ? refuse(response, 516, 'faultline: Authentication failed.') : response.end()));
  const remote = await openStore({ url: behind.url });
  const front = createServer(createClickHouseFacade({ store: remote, registry: new Registry() }));
  const response = await fetch(`${await listening(front)}/?query=SELECT+1`);
  expect([response.status, response.headers.get('x-clickhouse-exception-code'), await response.text()]).toEqual([503, '210', expect.stringContaining('correct the user or the password in CLICKHOUSE_URL')]);
  front.close();
  front.closeAllConnections();
  await remote.close();
  behind.close();
});

it('serves the reads of the engine for servers', async () => {
  const remote = createRemoteEngine(url);
  const result = await remote.read((client) => client.query({ query: 'SELECT count() AS spans FROM otel_traces WHERE ServiceName = {s:String}', query_params: { s: 'shop' }, format: 'JSONEachRow' }));
  expect(await result.json()).toEqual([{ spans: 3 }]);
  const raw = await remote.readRaw('SELECT {a:Array(String)} AS a, currentDatabase() AS d', { format: 'JSONEachRow', database: 'system', params: { a: "['x', 'y']" }, settings: { max_execution_time: '5' } }, 5_000);
  expect([raw.body.toString(), raw.readRows]).toEqual(['{"a":["x","y"],"d":"system"}\n', 1]);
  await expect(remote.readRaw('DROP TABLE otel_logs', { format: 'TSV' }, 5_000)).rejects.toMatchObject({ code: '164', type: 'READONLY' });
  await remote.close();
});
