import { crc32 } from 'node:zlib';
import { messageOf } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { LOGS_SINCE } from '#store/logs-since.js';
import type { Store } from '#store/store.js';
import type { KeptMemory, LongMemories } from './live.js';

/** What the bytes of a state mean. A new meaning is a new version: older states are learned anew. */
const VERSION = 4;
/** States that are read, or written, at a time: 8 MB. */
const SLICE = 100;

export interface RefusedMemory {
  readonly series: string;
  readonly reason: string;
}

interface Row {
  readonly series: string;
  readonly rank: number;
  readonly at: string;
  readonly version: number;
  readonly sum: number;
  readonly state: string;
}

/** What was learned of errors in logs while nobody saw those of records without a severity. */
const UNSEEN_ERRORS = `until < toDateTime(${LOGS_SINCE}) AND series IN (SELECT id FROM watched_series WHERE metric = 'error_logs' AND service IN (SELECT service FROM log_rates WHERE severity = 'unset' AND time < toDateTime(${LOGS_SINCE})))`;

/** Restores what was learned since `from`, those that matter most first. What is damaged or of another version is refused: it is learned anew. */
export async function loadMemories(store: Store, memories: LongMemories, from: UnixMs, most: number): Promise<readonly RefusedMemory[]> {
  const refused: RefusedMemory[] = [];
  const known = await store.query<{ series: string }>(`SELECT series FROM long_memories FINAL WHERE until >= fromUnixTimestamp64Milli({from:Int64}) AND NOT (${UNSEEN_ERRORS}) ORDER BY rank, series LIMIT {most:UInt32}`, { params: { from, most } });
  for (let at = 0; at < known.length; at += SLICE) {
    const series = known.slice(at, at + SLICE).map((row) => row.series);
    const rows = await store.query<Row>('SELECT series, rank, toString(toUnixTimestamp64Milli(until)) AS at, version, sum, state FROM long_memories FINAL WHERE series IN {series:Array(String)} ORDER BY rank, series', { params: { series } });
    for (const row of rows) {
      try {
        memories.restore(memoryOf(row));
      } catch (error) {
        refused.push({ series: row.series, reason: messageOf(error) });
      }
    }
  }
  return refused;
}

function memoryOf({ series, rank, at, version, sum, state }: Row): KeptMemory {
  if (version !== VERSION) throw new Error(`it is of version ${version}, and this Faultline reads ${VERSION}`);
  const bytes = Buffer.from(state, 'base64');
  if (crc32(bytes) !== sum) throw new Error('its checksum is another');
  return { series, rank, until: Number(at), state: bytes };
}

/** Keeps up to `most` of the memories that have learned since they were kept. */
export async function saveMemories(store: Store, memories: LongMemories, most: number): Promise<void> {
  for (let left = most; left > 0; left -= SLICE) {
    const slice = memories.unkept(Math.min(left, SLICE));
    if (slice.length === 0) return;
    await store.insert('long_memories', slice.map(({ series, rank, until, state }) => ({ series, rank, until: rfc3339(until), version: VERSION, sum: crc32(state), state: state.toString('base64') })));
    memories.kept(slice);
  }
}
