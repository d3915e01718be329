import { createServer } from 'node:http';
import { expect, it, vi } from 'vitest';
import { listening } from '#core/testing.js';
import { askOver } from './ask.js';

it('says that an answer takes too long, before it begins or in the midst of it', async () => {
  const server = createServer((request, response) => void (request.url === '/begun' && response.writeHead(200).write('{')));
  const url = await listening(server);
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(50));
  const ask = askOver(url, '');
  for (const path of ['/silent', '/begun']) await expect(ask(path)).rejects.toMatchObject({ code: 'QUERY_TIMEOUT', message: expect.stringContaining('longer than 30 s') });
  server.closeAllConnections();
  server.close();
  await expect(ask('/gone')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  vi.restoreAllMocks();
});

it('asks below the path of a proxy', async () => {
  const server = createServer(({ url }, response) => void response.end(JSON.stringify(url)));
  const url = await listening(server);
  for (const base of [`${url}/ops`, `${url}/ops/`]) expect(await askOver(base, '')('/api/v1/query', { query: 'up' })).toBe('/ops/api/v1/query?query=up');
  server.close();
});
