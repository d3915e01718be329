import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { listening } from '#core/testing.js';
import { readModel } from '../detector/models/files.js';
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

it.each([
  ...['show', 'diff', 'shadow', 'retire', 'promote'].flatMap((command) => [[command], [command, 'forecaster'], [command, 'forecaster', 'latest']]), ['rollback'], ['verify'], ['register'],
])('prints the usage and asks nobody where it is not told of which model: %s %s %s', async (...line) => {
  const before = asked.length;
  await expect(runModels(line, { ...options, url: base })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('usage: faultline models') });
  expect(asked).toHaveLength(before);
});

it('says that what answers is no Faultline', async () => {
  await expect(runModels(['list'], { ...options, url: base })).rejects.toThrow(`what answers at ${base} is no Faultline (status 200): say where it is with --url`);
});

it('copies a model anew where a copy was cut off, and says what keeps it from that', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const folder = join(import.meta.dirname, '../detector/models/shipped/forecaster');
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-models-'));
  const register = (into: string): Promise<void> => runModels(['register', folder], { ...options, dataDir: into, url: 'http://127.0.0.1:1' });
  await register(dataDir);
  const [name = ''] = readdirSync(join(dataDir, 'models'));
  const target = join(dataDir, 'models', name);
  truncateSync(join(target, 'model.onnx'), 1000);
  await register(dataDir);
  expect(readModel(target).card).toEqual(readModel(folder).card);
  const file = join(dataDir, 'file');
  writeFileSync(file, '');
  await expect(register(file)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining(join(file, 'models', name)) });
  rmSync(dataDir, { recursive: true });
});
