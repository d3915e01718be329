import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from './store.js';
import { openTestStore } from './testing.js';
import { LOGS_WITHIN, SAMPLES_WITHIN, within } from './within.js';

const DAY = 86_400;
/** Of yesterday: what is older than the retention is not there. */
const MIDNIGHT = (Math.floor(Date.now() / (DAY * 1000)) - 1) * DAY;
const ROWS = 144_000;
/** Alone in its part, in the last fraction of a second of an hour and of five minutes. */
const LATE_MS = 2 * 3_600_000 - 1;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
  const fill = async (table: string, columns: string, values: string): Promise<void> => {
    for (const rows of [`SELECT toInt64(number * 600) AS ms FROM numbers(${ROWS})`, `SELECT toInt64(${LATE_MS}) AS ms`]) {
      await store.command(`INSERT INTO ${table} (${columns}) SELECT ${values} FROM (SELECT fromUnixTimestamp64Milli(${MIDNIGHT} * 1000 + ms) AS at, intDiv(ms, 600) % 10 AS one FROM (${rows}))`);
    }
  };
  await fill('metric_samples', 'series, time, value', 'one, at, 1');
  await fill('otel_logs', 'Timestamp, ServiceName', "at, 'shop'");
  await fill('otel_traces', 'Timestamp, ServiceName, SpanName', "at, 'shop', toString(one)");
  await fill('anomaly_scores', 'time, series', 'at, toString(one)');
});
afterAll(() => store.close());

const ask = async (what: string, from: number, to: number): Promise<string[]> => (await store.query<object>(what, { params: { from: MIDNIGHT + from, to: MIDNIGHT + to } })).map((row) => String(Object.values(row)[0]));

describe.each([
  ['metric_samples', 'time', SAMPLES_WITHIN],
  ['otel_logs', 'Timestamp', LOGS_WITHIN],
  ['otel_traces', 'Timestamp', within('Timestamp')],
  ['anomaly_scores', 'time', within('time')],
])('a range of %s', (table, time, condition) => {
  it('holds what lies in it, whatever the parts hold', async () => {
    for (const [from, to] of [[0, DAY], [3_600, 7_200], [7_199, 7_200], [7_190, 7_205], [3_599, 3_601], [86_390, 90_000], [299, 301], [-3_600, 1]] as const) {
      const [found] = await ask(`SELECT count() FROM ${table} WHERE ${condition}`, from, to);
      const regular = Math.min(ROWS, Math.ceil(to / 0.6)) - Math.max(0, Math.ceil(from / 0.6));
      expect(Number(found), `${from} to ${to}`).toBe(regular + (LATE_MS >= from * 1000 && LATE_MS < to * 1000 ? 1 : 0));
    }
  });
});

it.each([['metric_samples', 'time', SAMPLES_WITHIN], ['otel_logs', 'Timestamp', LOGS_WITHIN]])('a minute of %s is not looked for in the whole day', async (table, time, condition) => {
  const lines = await ask(`EXPLAIN indexes = 1 SELECT sum(cityHash64(${time})) FROM ${table} WHERE ${condition}`, 40_000, 40_060);
  const [, read, all] = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/.exec(lines.join('\n')) ?? [];
  expect(Number(read)).toBeGreaterThan(0);
  expect(Number(read)).toBeLessThan(Number(all) / 2);
});
