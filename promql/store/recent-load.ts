import { HOUR_MS } from '#core/clock.js';
import type { Store } from '#store/store.js';
import { AHEAD_MS, RecentSamples } from './recent-samples.js';
import { rowsIn } from '#store/samples.js';
import { SAMPLES_WINDOW } from './samples.js';

/** About what a sample takes, and how much of the room is filled: what comes later pushes out what is oldest. */
const SAMPLE_BYTES = 4;
const FILLED_SHARE = 0.8;
const PIECE_ROWS = 400_000;
const MOST_HOURS = 24;
const LATEST_MS = 9_000_000_000_000;

/** What of the stored samples fits into `maxBytes`, the newest of them. Rows that are inserted meanwhile may be there or not. */
export async function loadRecent(store: Store, maxBytes: number): Promise<RecentSamples> {
  const [all] = await store.query<{ rows: string; last: string }>('SELECT count() AS rows, toUnixTimestamp64Milli(max(time)) AS last FROM metric_samples');
  const total = Number(all?.rows ?? 0);
  const ahead = Date.now() + AHEAD_MS;
  const newest = Number(all?.last ?? 0);
  const until = newest > ahead ? ahead : LATEST_MS;
  const last = Math.min(newest, ahead);
  if (total * SAMPLE_BYTES <= maxBytes * FILLED_SHARE) {
    const samples = new RecentSamples(maxBytes, -Infinity, until);
    if (total > 0) await addRows(samples, store, -LATEST_MS, until, ['1']);
    return samples;
  }
  const [hour] = await store.query<{ rows: string }>(`SELECT count() AS rows FROM metric_samples WHERE ${SAMPLES_WINDOW}`, { params: { from: last - HOUR_MS, to: last } });
  const perHour = Math.max(1, Number(hour?.rows ?? 0));
  const hours = Math.min(MOST_HOURS, Math.floor((maxBytes * FILLED_SHARE) / (perHour * SAMPLE_BYTES)));
  const end = Math.ceil(last / HOUR_MS) * HOUR_MS;
  const since = hours === 0 ? last : end - hours * HOUR_MS;
  const samples = new RecentSamples(maxBytes, since, until);
  const pieces = await idRanges(store, Math.ceil(perHour / PIECE_ROWS));
  // An hour after the other, as they lie in the store and as they are to be pushed out.
  for (let from = since; from < end; from += HOUR_MS) await addRows(samples, store, from, from + HOUR_MS, pieces);
  return samples;
}

/** Conditions on `series`, each true of about as many series. */
async function idRanges(store: Store, count: number): Promise<string[]> {
  const bounds = await store.query<{ id: string }>(
    'SELECT id FROM (SELECT id, rowNumberInAllBlocks() AS place FROM (SELECT DISTINCT id FROM metric_series ORDER BY id)) WHERE place > 0 AND place % greatest(1, intDiv((SELECT uniqExact(id) FROM metric_series), {count:UInt32})) = 0',
    { params: { count } },
  );
  return ['', ...bounds.map(({ id }) => id)].map((first, at) => [first && `series >= ${first}`, bounds[at] && `series < ${bounds[at].id}`].filter(Boolean).join(' AND ') || '1');
}

/** In the order of the table, which costs ClickHouse little: out of order, a series would be sorted again by every query. */
async function addRows(samples: RecentSamples, store: Store, from: number, to: number, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    const sql = `SELECT series, time, value FROM metric_samples WHERE ${piece} AND ${SAMPLES_WINDOW} ORDER BY toStartOfHour(time), series, time`;
    for (const rows of rowsIn(await store.queryBytes(sql, 'Native', { params: { from, to } }))) samples.add(rows, Date.now());
  }
}
