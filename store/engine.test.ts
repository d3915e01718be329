import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from './open.js';
import type { Store } from './store.js';
import { fakeServer, refuse } from './testing.js';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function urlOf(answer: Parameters<typeof fakeServer>[0]): Promise<string> {
  const server = await fakeServer(answer);
  opened.push(server);
  return server.url;
}

async function storeOver(answer: Parameters<typeof fakeServer>[0]): Promise<Store> {
  const store = await openStore({ url: await urlOf(answer) });
  opened.unshift(store);
  return store;
}

function file(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-engine-')), 'rows.native');
  writeFileSync(path, 'rows');
  return path;
}

it('gives back the connections of its inserts', async () => {
  const store = await storeOver((response) => response.end());
  for (let insert = 0; insert < 15; insert += 1) {
    await store.insertNative('models', [Buffer.from('rows')]);
    await store.insertNativeFile('otel_logs', file(), `token-${insert}`);
  }
  await store.query('SELECT 1');
}, 5_000);

it('has its inserts stored before they are answered, whatever the server does by itself', async () => {
  const inserts: string[] = [];
  const store = await storeOver((response, { sql, settings }) => {
    const [, table] = /^INSERT INTO (\w+)/.exec(sql) ?? [];
    if (table !== undefined) inserts.push(`${table} ${settings.get('async_insert')} ${settings.get('wait_for_async_insert')}`);
    response.end();
  });
  await store.insertNative('models', [Buffer.from('rows')]);
  await store.insertNativeFile('otel_logs', file(), 'token');
  await store.insert('incidents', [{}]);
  expect(inserts.slice(-3)).toEqual(['models 0 1', 'otel_logs 0 1', 'incidents 0 1']);
  expect(inserts.filter((insert) => insert.startsWith('schema_migrations')).slice(-1)).toEqual(['schema_migrations 0 1']);
});

it('gives up on a server that hangs, before its answer or within it, when the time of the statement is over', async () => {
  const store = await storeOver((response, { sql }) => {
    if (sql.startsWith('SELECT within')) response.write('{"one":1}\n');
    else if (!sql.startsWith('SELECT before')) response.end();
  });
  const options = { timeoutSeconds: 0.1 };
  const statements = ['before', 'within'].flatMap((when) => [
    store.query(`SELECT ${when}`, options),
    store.queryBytes(`SELECT ${when}`, 'Native', options),
    store.readRaw(`SELECT ${when}`, { format: 'TSV', settings: { max_execution_time: '0.1' } }),
    store.command(`SELECT ${when}`, options),
  ]);
  const late = { code: 'QUERY_TIMEOUT', retryable: true, message: expect.stringMatching(/^the ClickHouse server at 127\.0\.0\.1:\d+ did not answer within 0\.1 s$/) };
  await Promise.all(statements.map((statement) => expect(statement).rejects.toMatchObject(late)));
  await expect(store.query('SELECT 1')).resolves.toEqual([]);
}, 10_000);

it('a server that is too old for the tables is refused before they are touched', async () => {
  const asked: string[] = [];
  const [old = '', young = ''] = await Promise.all(['25.12.3.47', '26.1.2.1-lts'].map((version) => urlOf((response, { sql }) => {
    asked.push(sql);
    response.end(sql.includes('version()') ? `{"version":"${version}"}\n` : '');
  })));
  await expect(openStore({ url: old })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/^the ClickHouse server at 127\.0\.0\.1:\d+ is version 25\.12\.3\.47, and Faultline needs 26\.1 or newer: /) });
  expect(asked).not.toContainEqual(expect.stringContaining('CREATE'));
  const store = await openStore({ url: young });
  opened.unshift(store);
  expect(store.version).toBe('26.1.2.1-lts');
});

describe('what a server refuses', () => {
  it.each([
    ['the password', 516, 'faultline: Authentication failed: password is incorrect, or there is no user with such name.\n\nIf you use ClickHouse Cloud, reset it there.', 'faultline: Authentication failed: password is incorrect, or there is no user with such name; correct the user or the password in CLICKHOUSE_URL'],
    ['rights', 497, "faultline: Not enough privileges. To execute this query, it's necessary to have the grant CREATE TABLE ON telemetry.*.", "faultline: Not enough privileges. To execute this query, it's necessary to have the grant CREATE TABLE ON telemetry.*; give its user that right, or name another in CLICKHOUSE_URL"],
  ])('at the start says what and where in one line: %s', async (_, code, message, said) => {
    const url = await urlOf((response) => refuse(response, code, message));
    await expect(openStore({ url })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: `the ClickHouse server at ${new URL(url).host} refuses: ${said}` });
  });

  it('of rows is final where it is about the rows alone', async () => {
    let code = 0;
    const store = await storeOver((response, { sql }) => (/^INSERT INTO (otel|incidents)/.test(sql) ? refuse(response, code, 'No.') : response.end()));
    for (code of [6, 27, 33, 53, 117]) await expect(store.insertNativeFile('otel_logs', file(), 'token')).rejects.toMatchObject({ code: 'QUERY_INVALID', retryable: false });
    for (code of [49, 60, 75, 81, 164, 173, 201, 236, 344, 394, 439, 497, 499, 516]) {
      await expect(store.insertNativeFile('otel_logs', file(), 'token')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
      await expect(store.insertNative('otel_logs', [Buffer.from('rows')])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
      await expect(store.insert('incidents', [{}])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    }
  });

  it('of a statement is its own fault, unless it is refused whoever sends it', async () => {
    let code = 0;
    const store = await storeOver((response, { sql }) => (sql.startsWith('SELECT nothing') ? refuse(response, code, 'No.') : response.end()));
    for (code of [47, 62]) await expect(store.query('SELECT nothing')).rejects.toMatchObject({ code: 'QUERY_INVALID', retryable: false });
    for (code of [60, 81, 201, 394, 497, 516]) await expect(store.query('SELECT nothing')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    // In somebody else's SQL the names are his.
    for (code of [81, 164, 497]) await expect(store.readRaw('SELECT nothing', { format: 'TSV' })).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    for (code of [192, 193, 194, 195, 516]) await expect(store.readRaw('SELECT nothing', { format: 'TSV' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, message: expect.stringContaining('correct the user or the password in CLICKHOUSE_URL') });
  });
});
