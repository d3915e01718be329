import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '#store/store.js';
import { createEventStream } from './events.js';
import { createApp } from './server.js';
import { serverOptions } from './testing.js';

let folder = '';
let server: Server;
let url = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assets-'));
  writeFileSync(join(folder, 'index.html'), '<p>the dashboard</p>');
  server = createServer(createApp(serverOptions({ store: {} as Store, assets: folder }), createEventStream(() => Promise.resolve(true)), () => url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const ask = async (path: string, init: RequestInit = {}): Promise<[status: number, what: string]> => {
  const response = await fetch(`${url}${path}`, { ...init, headers: { accept: 'text/html,*/*;q=0.8', 'content-type': 'application/json' } });
  const text = await response.text();
  return [response.status, text.includes('the dashboard') ? 'page' : (JSON.parse(text) as { error: { code: string } }).error.code];
};

it.each(['/', '/incidents', '/incidents/mutes', '/Services/', '/services/a%2Fb%20c', '/traces/0af7651916cd43dd8448eb211c80319c', '/metrics', '/metrics/query?query=up', '/status'])('has a page at %s', async (path) => expect(await ask(path)).toEqual([200, 'page']));

it.each(['/incident', '/services/a/b', '/metrics/queries', '/services/50%off', '/no/such/page', '/assets.html'])('says 404 in a page of its own at %s', async (path) => expect(await ask(path)).toEqual([404, 'page']));

it.each([['GET', '/api/nothing'], ['GET', '/api/v1/nothing'], ['GET', '/jaeger/api/nothing'], ['GET', '/v1/traces'], ['POST', '/v1/traces'], ['POST', '/services'], ['DELETE', '/api/incidents/1']])('says 404 to a program in JSON: %s %s', async (method, path) =>
  expect(await ask(path, { method, ...(method === 'GET' ? {} : { body: '{}' }) })).toEqual([404, 'NOT_FOUND']));
