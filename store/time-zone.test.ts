import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from 'chdb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { openStore } from './open.js';
import type { Store } from './store.js';
import { fakeServer } from './testing.js';
import { inItsZone, STRAYS } from './time-zone.js';

const DAY_S = 86_400;
const MIDNIGHT_S = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S;
const IN_THE_FIRST_HOUR = `time >= toDateTime64(${MIDNIGHT_S}, 3) AND time < toDateTime64(${MIDNIGHT_S + 3600}, 3)`;

const before = process.env['TZ'];
const root = mkdtempSync(join(tmpdir(), 'faultline-zone-'));
const dataDir = join(root, 'data');
const noted = (folder: string): string => readFileSync(join(folder, 'time_zone'), 'utf8').trim();
let store: Store;
beforeAll(async () => {
  process.env['TZ'] = 'Asia/Tokyo';
  store = await openStore({ dataDir });
});
afterAll(() => {
  rmSync(root, { recursive: true });
  if (before === undefined) delete process.env['TZ'];
  else process.env['TZ'] = before;
});

it('stores by the days of UTC wherever the process is, which keeps its own zone', async () => {
  expect(noted(join(dataDir, 'clickhouse'))).toBe('UTC');
  expect(await store.query('SELECT timezone() AS zone, toString(toDateTime(0)) AS epoch')).toEqual([{ zone: 'UTC', epoch: '1970-01-01 00:00:00' }]);
  expect(process.env['TZ']).toBe('Asia/Tokyo');
  expect(new Date(0).getHours()).toBe(9);
});

it.each([
  { name: 'a new folder', files: {}, opened: 'UTC' },
  { name: 'a folder with a note', files: { time_zone: 'America/New_York\n', store: '' }, opened: 'America/New_York' },
  { name: 'a folder of an earlier version', files: { store: '' }, opened: 'Asia/Tokyo' },
])('opens $name in $opened, and so it stays', ({ name, files, opened }) => {
  const folder = join(root, name);
  if (Object.keys(files).length > 0) mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  for (const own of ['Asia/Tokyo', 'Europe/Berlin']) {
    process.env['TZ'] = own;
    let seen = '';
    inItsZone(folder, () => {
      seen = process.env['TZ'] ?? '';
      return { query: () => `${seen}\n` } as unknown as Session;
    });
    expect([seen, noted(folder), process.env['TZ']]).toEqual([opened, opened, own]);
  }
});

it('a server in another zone than before is told of', async () => {
  const server = await fakeServer((response, { sql }) => response.end(sql.startsWith(STRAYS) ? '{"zone":"Asia/Tokyo","parts":"3"}\n' : ''));
  const warn = vi.spyOn(silentLogger, 'warn');
  const remote = await openStore({ url: server.url });
  expect(warn.mock.calls).toEqual([[{ zone: 'Asia/Tokyo', parts: 3 }, expect.stringContaining("set the server's time zone back")]]);
  await remote.close();
  server.close();
});

/** Asks an engine in another process and zone. */
function askIn(zone: string, sql: string): unknown {
  const script = "const { Session } = require('chdb'); process.stdout.write(new Session(process.argv[1]).query(process.argv[2], 'JSONEachRow')); process.exit()";
  return JSON.parse(execFileSync(process.execPath, ['-e', script, join(dataDir, 'clickhouse'), sql], { env: { ...process.env, TZ: zone }, encoding: 'utf8' }));
}

// The last one: there is one store per process.
it('what an engine in another zone misses is known by its parts', async () => {
  await store.command(`INSERT INTO metric_samples SELECT 7, toDateTime64(${MIDNIGHT_S} + 60 * number, 3), number FROM numbers(1440)`);
  expect(await store.query(STRAYS)).toEqual([{ zone: 'UTC', parts: '0' }]);
  expect(await store.query(`SELECT count() AS rows FROM metric_samples WHERE ${IN_THE_FIRST_HOUR}`)).toEqual([{ rows: '60' }]);
  await store.close();
  const zone = 'America/New_York';
  expect(askIn(zone, `SELECT count() AS rows FROM metric_samples WHERE ${IN_THE_FIRST_HOUR}`)).toEqual({ rows: 0 });
  expect(askIn(zone, STRAYS)).toEqual({ zone, parts: 2 });
});
