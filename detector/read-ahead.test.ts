import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { openInference, type Inference } from './onnx/inference.js';
import { createSteps } from './steps.js';

const STEP = 15_000;
const [PAST, FUTURE] = [40, 8];
const BEGIN = Math.floor(Date.now() / STEP) * STEP - (PAST + FUTURE) * STEP;
const NOW = BEGIN + PAST * STEP;
let store: Store;
let inference: Inference;

beforeAll(async () => {
  store = await openTestStore();
  inference = await openInference(['cpu']);
  await store.command("INSERT INTO metric_series (id, name, metric, type, unit, service, last_seen) SELECT 1 + number, concat('lines_', toString(number), '_total') AS name, name, 'counter', '', 'batch', now() FROM numbers(3)");
  await store.command(`INSERT INTO metric_samples SELECT 1 + number % 3, fromUnixTimestamp64Milli(toInt64(${BEGIN} + intDiv(number, 3) * ${STEP})), 30 * intDiv(number, 3) FROM numbers(${3 * (PAST + FUTURE)})`);
}, 60_000);
afterAll(async () => {
  await inference.close();
  await store.close();
});

/** Rates as they were judged in each step since, of all three counters. */
const judged = async (): Promise<unknown[]> => (await store.query<{ rates: number[] }>(`SELECT groupArray(value) AS rates FROM anomaly_scores WHERE time >= fromUnixTimestamp64Milli(toInt64(${NOW})) GROUP BY time ORDER BY time`)).map(({ rates }) => rates);

it('reads the next step while one is stored, where it is over, and what was read goes on where it was after an error', async () => {
  const calls: string[] = [];
  let fails = 0;
  const watched: Store = {
    ...store,
    queryBytes: (sql, ...rest) => {
      if (sql.includes('FROM metric_samples WHERE')) calls.push('read');
      return store.queryBytes(sql, ...rest);
    },
    insertNative: async (table, blocks) => {
      calls.push('store');
      if (fails > 0) {
        fails -= 1;
        throw new Error('no room');
      }
      await store.insertNative(table, blocks);
      calls.push('stored');
    },
  };
  const steps = createSteps({ store: watched, config: detectorConfig.parse({}), models: inference.ask, anomalies: { consume: async () => {} } });
  await steps.learn(NOW);
  // Of the day before nothing else is read beside it.
  await steps.advance();
  calls.length = 0;
  await steps.advance();
  expect(calls).toEqual(['read', 'store', 'stored']);
  calls.length = 0;
  await steps.advance(NOW + 4 * STEP);
  expect(calls.toSorted()).toEqual(['read', 'read', 'store', 'stored']);
  expect(calls.lastIndexOf('read')).toBeLessThan(calls.indexOf('stored'));
  calls.length = 0;
  fails = 1;
  await expect(steps.advance(NOW + 5 * STEP)).rejects.toThrow('no room');
  await steps.advance(NOW + 5 * STEP);
  expect(calls.filter((call) => call === 'read')).toHaveLength(1);
  expect(await judged()).toEqual([[2, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]]);
});
