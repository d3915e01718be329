import { readdirSync, readFileSync } from 'node:fs';
import type { ClickHouseClient } from '@clickhouse/client';
import { PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { STORED } from './engine.js';

/** Seconds that each signal is kept. */
export interface Retention {
  readonly traces: number;
  readonly logs: number;
  readonly metrics: number;
  readonly rollups: number;
}

const DAY = 86_400;
export const DEFAULT_RETENTION: Retention = { traces: 15 * DAY, logs: 15 * DAY, metrics: 15 * DAY, rollups: 400 * DAY };

/** Seconds that rows are kept, by what they follow. A series is described as long as there may be anything of it. */
export function periodsOf(retention: Retention): Retention & { readonly series: number } {
  return { ...retention, series: Math.max(retention.metrics, retention.rollups) };
}

const folder = new URL('./migrations/', import.meta.url);

/**
 * Runs the numbered migrations that this database has not seen, in order. `logger` is told of each where there were tables before: some copy all that is stored.
 * Throws PipelineError DATA_NEWER where the database has seen some that this version does not know.
 */
export async function migrate(client: ClickHouseClient, retention: Retention, logger: Logger): Promise<void> {
  await client.command({ query: 'CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name' });
  const result = await client.query({ query: 'SELECT name FROM schema_migrations', format: 'JSONEachRow' });
  const applied = new Set((await result.json<{ name: string }>()).map((row) => row.name));
  const known = readdirSync(folder).filter((name) => name.endsWith('.sql')).toSorted();
  const unknown = [...applied].filter((name) => !known.includes(name)).toSorted();
  if (unknown.length > 0) throw new PipelineError('DATA_NEWER', `a newer Faultline has changed the tables (${unknown.join(', ')}): start that version, or restore the backup from before it`);
  const pending = known.filter((name) => !applied.has(name));
  for (const [at, name] of pending.entries()) {
    if (applied.size > 0) logger.info({ migration: name, number: at + 1, of: pending.length }, 'the tables are brought up to date; this takes long where much is stored, do not stop it');
    for (const statement of statements(readFileSync(new URL(name, folder), 'utf8'), retention)) await client.command({ query: statement });
    await client.insert({ table: 'schema_migrations', values: [{ name }], format: 'JSONEachRow', clickhouse_settings: STORED });
  }
}

/** The statements of one file, each repeatable: a migration cut off half-way is run again from its start. */
function statements(sql: string, retention: Retention): string[] {
  const periods = periodsOf(retention);
  return sql
    .replace(/\{ttl_(\w+)_s\}/g, (_, period: keyof typeof periods) => String(periods[period]))
    .split(/;\s*\n\s*\n|;\s*$/)
    .map((text) => text.replace(/^\s*(--.*\n\s*)*/, '').trim())
    .filter(Boolean)
    .map((text) => text.replace(/^CREATE (TABLE|MATERIALIZED VIEW|VIEW) (?!IF NOT EXISTS)/, 'CREATE $1 IF NOT EXISTS '));
}
