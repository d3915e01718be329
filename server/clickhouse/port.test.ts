import { createHash } from 'node:crypto';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { openTestStore } from '#store/testing.js';
import { createSqlGuard } from '../auth/guard.js';
import { testAuth } from '../auth/testing.js';
import { createGuard } from '../security.js';
import { createClickHouseFacade } from './facade.js';
import { createClickHousePort } from './port.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const open = (port: number | 'auto', host = '127.0.0.1') => createClickHousePort({ host, port, facade: createClickHouseFacade({ store, registry: new Registry() }), guards: [createGuard('127.0.0.1', [])], logger: silentLogger });

it('serves the official client without a path, and no name that is not its own', async () => {
  const endpoint = open(0);
  await endpoint.start();
  const url = `http://127.0.0.1:${endpoint.port()}`;
  const client = createClient({ url });
  try {
    expect(await client.ping()).toEqual({ success: true });
    expect(await (await client.query({ query: 'SELECT count() AS spans FROM otel_traces', format: 'JSONEachRow' })).json()).toEqual([{ spans: 0 }]);
    await expect(client.command({ query: 'DROP TABLE otel_traces' })).rejects.toThrow(/only reads/);
    const status = await new Promise((resolve, reject) => {
      get(url, { headers: { host: 'evil.example' } }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
    });
    expect(status).toBe(403);
  } finally {
    await client.close();
    await endpoint.stop();
  }
});

it('fails at the start on a port that was asked for and is in use; leaves the usual one to whoever has it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(open(port).start()).rejects.toThrow(`127.0.0.1:${port} is in use, so the ClickHouse endpoint cannot listen there; set FAULTLINE_CLICKHOUSE_HTTP_PORT`);
  other.close();
  const first = open('auto');
  const second = open('auto');
  await first.start();
  await second.start();
  await second.stop();
  await first.stop();
});

it.runIf(Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1'))('names an IPv6 address that is in use in brackets', async () => {
  const other = createServer().listen(0, '::1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(open(port, '::1').start()).rejects.toThrow(`[::1]:${port} is in use`);
  other.close();
});

it('asks who it is, but for whether it is there', async () => {
  const auth = testAuth({ tokens: [{ name: 'grafana', role: 'viewer', token_sha256: createHash('sha256').update('g'.repeat(32)).digest('hex') }, { name: 'sender', role: 'ingest', token_sha256: createHash('sha256').update('s'.repeat(32)).digest('hex') }] });
  const endpoint = createClickHousePort({ host: '127.0.0.1', port: 0, facade: createClickHouseFacade({ store, registry: new Registry() }), guards: [createGuard('127.0.0.1', []), createSqlGuard(auth)], logger: silentLogger });
  await endpoint.start();
  const url = `http://127.0.0.1:${endpoint.port()}`;
  const client = createClient({ url, username: 'grafana', password: 'g'.repeat(32) });
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
    const response = await fetch(`${url}${path}`, { headers });
    return [response.status, await response.text()];
  };
  try {
    expect(await (await client.query({ query: 'SELECT 1 AS one', format: 'JSONEachRow' })).json()).toEqual([{ one: 1 }]);
    expect(await ask('/?query=SELECT+1', { 'x-clickhouse-user': 'grafana', 'x-clickhouse-key': 'g'.repeat(32) })).toEqual([200, '1\n']);
    expect(await ask('/ping')).toEqual([200, 'Ok.\n']);
    for (const path of ['/?query=SELECT+1', '/ping?query=SELECT+1']) expect(await ask(path)).toEqual([401, expect.stringContaining('(AUTHENTICATION_FAILED)')]);
    expect((await ask('/?query=SELECT+1', { 'x-clickhouse-user': 'sender', 'x-clickhouse-key': 's'.repeat(32) }))[0]).toBe(403);
  } finally {
    await client.close();
    await endpoint.stop();
  }
});
