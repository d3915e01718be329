import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createEmbeddedEngine, STORED } from './engine.js';
import { DEFAULT_RETENTION, migrate } from './migrate.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-migrate-'));
const engine = createEmbeddedEngine(folder);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Dies after every statement that it had not run before. */
function dying(client: ClickHouseClient, ran: Set<string>): ClickHouseClient {
  const command: ClickHouseClient['command'] = async (params) => {
    const result = await client.command(params);
    if (!ran.has(params.query)) throw new Error(`cut off after ${ran.add(params.query).size}`);
    return result;
  };
  return { command, query: client.query.bind(client), insert: client.insert.bind(client) } as unknown as ClickHouseClient;
}

it('starts again after it was cut off behind any of its statements', async () => {
  const ran = new Set<string>();
  const once = (): Promise<unknown> => engine.write((client) => migrate(dying(client, ran), DEFAULT_RETENTION, silentLogger)).then(() => 'done', (error: unknown) => String(error));
  for (let starts = 1; ; starts += 1) {
    const end = await once();
    if (end === 'done') break;
    expect(end).toBe(`Error: cut off after ${starts}`);
  }
  const names = readdirSync(new URL('./migrations/', import.meta.url)).toSorted();
  expect(ran.size).toBeGreaterThan(names.length);
  const rows = await engine.read(async (client) => (await client.query({ query: 'SELECT name, count() AS times FROM schema_migrations GROUP BY name ORDER BY name', format: 'JSONEachRow' })).json());
  expect(rows).toEqual(names.map((name) => ({ name, times: 1 })));
}, 120_000);

it('leaves tables alone that a newer version has changed', async () => {
  await engine.write((client) => client.insert({ table: 'schema_migrations', values: [{ name: '9999_of_tomorrow.sql' }], format: 'JSONEachRow', clickhouse_settings: STORED }));
  await expect(engine.write((client) => migrate(client, DEFAULT_RETENTION, silentLogger))).rejects.toMatchObject({ code: 'DATA_NEWER', message: expect.stringContaining('9999_of_tomorrow.sql') });
});
