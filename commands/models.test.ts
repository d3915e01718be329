import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { listening } from '#core/testing.js';
import { runModels } from './models.js';

vi.mock('node:os', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:os')>()),
  userInfo: () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  },
}));

const asked: string[] = [];
let server: Server;
let base = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push(`${request.url} ${body}`);
      response.end(request.url?.startsWith('/faultline/') ? '{"name":"forecaster","version":1,"state":"shadow"}' : '<html>a gateway</html>');
    });
  });
  base = await listening(server);
});
afterAll(() => void server.close());

const options = { authorization: '', dataDir: '', reason: 'a try', force: false };

it('asks below the path of the address, also where the system has no name for the user', async () => {
  const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await runModels(['shadow', 'forecaster', '1'], { ...options, url: `${base}/faultline/` });
  expect([asked, said.mock.calls]).toEqual([['/faultline/api/models/forecaster/1/shadow {"by":"cli","reason":"a try"}'], [['forecaster version 1 is shadow.']]]);
});

it('says that what answers is no Faultline', async () => {
  await expect(runModels(['list'], { ...options, url: base })).rejects.toThrow(`what answers at ${base} is no Faultline (status 200): say where it is with --url`);
});
