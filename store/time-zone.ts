import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Session } from 'chdb';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';

/*
 * Rows lie in parts by day, and which day a time belongs to depends on ClickHouse's own time zone. Under another than they were stored in it looks for those near midnight where they are not:
 * they are missing from every answer, without an error.
 */

/** In the folder of the embedded engine: the zone that its data is stored in. */
const ZONE_FILE = 'time_zone';

/**
 * Has `open` start the embedded engine in the time zone of its `folder`, which is UTC for a new one, and for one without a note, of earlier versions, that of this process from now on.
 * The engine stays in it for as long as the process lives; all else has its own zone again.
 */
export function inItsZone(folder: string, open: () => Session): Session {
  const path = join(folder, ZONE_FILE);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length === 0) writeFileSync(path, 'UTC\n');
  const noted = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  const own = process.env['TZ'];
  if (noted !== '') process.env['TZ'] = noted;
  try {
    const session = open();
    // It looks for its zone at the first statement.
    const zone = session.query('SELECT timezone()', 'TSV');
    if (noted === '') writeFileSync(path, zone);
    return session;
  } finally {
    if (own === undefined) delete process.env['TZ'];
    else process.env['TZ'] = own;
  }
}

/** Parts with rows of another day than that they are kept under. */
export const STRAYS = `SELECT serverTimezone() AS zone, count() AS parts FROM system.parts
WHERE active AND rows > 0 AND database = currentDatabase() AND partition LIKE '____-__-__' AND (toString(toDate(min_time, serverTimezone())) != partition OR toString(toDate(max_time, serverTimezone())) != partition)`;

/** Says so where some of what is stored was stored under another time zone. */
export async function tellOfStrays(client: ClickHouseClient, isEmbedded: boolean, logger: Logger): Promise<void> {
  try {
    const [{ zone, parts } = { zone: '', parts: 0 }] = await (await client.query({ query: STRAYS, format: 'JSONEachRow' })).json<{ zone: string; parts: number | string }>();
    if (Number(parts) === 0) return;
    const remedy = isEmbedded ? `stop, write the name of that zone into clickhouse/${ZONE_FILE} in the data directory, and start again` : "set the server's time zone back to that";
    logger.warn({ zone, parts: Number(parts) }, `some data was stored under another time zone than ClickHouse has now, and what happened near midnight is missing from every answer: ${remedy} (docs/operate.md#time-zone)`);
  } catch (error) {
    logger.warn({ error: messageOf(error) }, 'whether data was stored under another time zone is not known');
  }
}
