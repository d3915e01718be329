import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeServer, refuse } from '#store/testing.js';
import { checkFolder, checkStore } from './surroundings.js';

it.each([
  ['whose database is made at the start', 81, 'Database telemetry does not exist.', 'ok', /^server at 127\.0\.0\.1:\d+; its database telemetry is made at the start$/],
  ['that knows another password', 516, 'faultline: Authentication failed: password is incorrect.\n\nReset it.', 'broken', /refuses: faultline: Authentication failed: password is incorrect; correct the user or the password in CLICKHOUSE_URL$/],
  ['that has run out of something', 241, 'Memory limit exceeded.\nAt all.', 'broken', /^the server at 127\.0\.0\.1:\d+ refuses: Memory limit exceeded\.$/],
] as const)('a ClickHouse server %s is told from one that does not answer', async (_, code, message, state, text) => {
  const server = await fakeServer((response) => refuse(response, code, message));
  expect(await checkStore(server.url)).toEqual({ part: 'clickhouse', state, text: expect.stringMatching(text) });
  server.close();
});

it.each([
  [0o700, 'ok', /, free$/],
  [0o755, 'warning', /, free; other users of this machine can read what is stored: chmod 700 \/\S+$/],
])('a data directory of mode %o', (mode, state, text) => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-doctor-'));
  chmodSync(folder, mode);
  expect(checkFolder(folder).check).toEqual({ part: 'data', state, text: expect.stringMatching(text) });
  rmSync(folder, { recursive: true });
});
