import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logsBetween, samplesBetween } from './first-keys.js';
import type { Store } from './store.js';
import { openTestStore } from './testing.js';

const DAY = 86_400;
/** Of yesterday: what is older than the retention is not there. */
const MIDNIGHT = (Math.floor(Date.now() / (DAY * 1000)) - 1) * DAY;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
  await store.command(`INSERT INTO metric_samples SELECT number % 10 AS series, fromUnixTimestamp64Milli(toInt64(${MIDNIGHT} * 1000 + intDiv(number, 10) * 6_000)) AS time, 1 AS value FROM numbers(144000)`);
  await store.command(`INSERT INTO otel_logs (Timestamp, ServiceName) SELECT fromUnixTimestamp64Milli(toInt64(${MIDNIGHT} * 1000 + number * 600)), 'shop' FROM numbers(144000)`);
});
afterAll(() => store.close());

describe.each([
  ['metric_samples', 'time', samplesBetween],
  ['otel_logs', 'Timestamp', logsBetween],
] as const)('the first key of %s', (table, time, between) => {
  const exact = `${time} >= toDateTime({from:Int64}) AND ${time} <= toDateTime({to:Int64})`;
  const narrowed = `${between('{from:Int64}', '{to:Int64}')} AND ${exact}`;
  const ask = async (what: string, params: { from: number; to: number }): Promise<string[]> => (await store.query<object>(what, { params })).map((row) => String(Object.values(row)[0]));

  it('leaves out nothing', async () => {
    for (const [from, to] of [[0, DAY], [3_600, 7_200], [3_599, 3_601], [7_190, 7_200], [86_390, 90_000], [299, 301], [-3_600, 0], [-MIDNIGHT - 300, DAY]] as const) {
      const params = { from: MIDNIGHT + from, to: MIDNIGHT + to };
      const [all, found] = await Promise.all([exact, narrowed].map((where) => ask(`SELECT count() FROM ${table} WHERE ${where}`, params)));
      expect(found, `${from} to ${to}`).toEqual(all);
      expect(Number(all?.[0])).toBeGreaterThan(0);
    }
  });
  it('spares most of a day', async () => {
    const read = async (where: string): Promise<number> => {
      const lines = await ask(`EXPLAIN indexes = 1 SELECT count() FROM ${table} WHERE ${where}`, { from: MIDNIGHT + 40_000, to: MIDNIGHT + 40_060 });
      return Number(lines.map((line) => /Granules: (\d+)\//.exec(line)?.[1]).filter(Boolean).at(-1));
    };
    expect(await read(narrowed)).toBeLessThan((await read(exact)) / 2);
  });
});
