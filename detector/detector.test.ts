import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { createDetector } from './detector.js';
import { writeModel } from './models/files.js';
import { naive, ofFewRows } from './models/testing.js';

const STEP = 1_000;
const COUNTERS = 6;
const SECONDS = 700;
const BEGIN = Math.floor(Date.now() / STEP) * STEP - SECONDS * STEP;
const config = { ...detectorConfig.parse({ delay: '1ms' }), step: STEP };
const settledAt = (now: number): number => Math.floor((now - 1) / STEP) * STEP;
let store: Store & { readonly dataDir: string };

beforeAll(async () => {
  store = await openTestStore();
  await store.command(`INSERT INTO metric_series (id, name, metric, type, service, last_seen) SELECT 1 + number, concat('lines_', toString(number), '_total') AS name, name, 'counter', 'shop', now() FROM numbers(${COUNTERS})`);
  await store.command(`INSERT INTO metric_samples SELECT 1 + number % ${COUNTERS}, fromUnixTimestamp64Milli(toInt64(${BEGIN} + intDiv(number, ${COUNTERS}) * ${STEP})), 30 * intDiv(number, ${COUNTERS}) + cityHash64(number) % 10 FROM numbers(${COUNTERS * SECONDS})`);
}, 60_000);
afterAll(() => store.close());

it('goes on from the time of a clock that was set back, and says so once', async () => {
  let now = BEGIN + 500 * STEP;
  const warnings: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg) });
  const detector = createDetector({ store, registry: new Registry(), logger, clock: () => now, config, anomalies: { consume: async () => {} }, dataDir: store.dataDir });
  const until = async (at: number): Promise<void> => {
    while (detector.status().lastStepAt !== at) await setTimeout(10);
  };
  await detector.start();
  try {
    now += 3 * STEP;
    await until(settledAt(now));
    now -= 300 * STEP;
    await until(settledAt(now));
    const from = settledAt(now);
    now += 3 * STEP;
    await until(settledAt(now));
    const judged = () => store.query<{ series: number; mean: number }>(`SELECT toUInt32(uniqExact(series)) AS series, round(avg(value), -1) AS mean FROM anomaly_scores WHERE time >= fromUnixTimestamp64Milli(toInt64(${from})) AND time < fromUnixTimestamp64Milli(toInt64(${from + 3 * STEP})) GROUP BY time ORDER BY time`);
    await expect.poll(judged).toEqual(Array.from({ length: 3 }, () => ({ series: COUNTERS, mean: 30 })));
    expect(warnings.filter((message) => message.includes('clock'))).toHaveLength(1);
  } finally {
    await detector.stop();
  }
}, 30_000);

it('judges a step again without the promoted model that threw', async () => {
  let now = BEGIN + 300 * STEP;
  writeModel(join(store.dataDir, 'models', 'few'), naive('few', 1, ofFewRows));
  const detector = createDetector({ store, registry: new Registry(), logger: silentLogger, clock: () => now, config, anomalies: { consume: async () => {} }, dataDir: store.dataDir });
  await detector.start();
  try {
    await detector.models().promote('few', 1, { by: 'Ada', reason: 'tried it', force: true });
    expect(detector.status().models.map(({ name }) => name)).toEqual(['few', 'robust', 'seasonal']);
    now += 2 * STEP;
    while (detector.status().lastStepAt !== settledAt(now)) await setTimeout(10);
    expect(detector.status().models.map(({ name }) => name)).toEqual(['robust', 'seasonal']);
  } finally {
    await detector.stop();
  }
}, 30_000);

it('knows how far models err from the run before', async () => {
  let now = BEGIN + 300 * STEP;
  await store.command('TRUNCATE TABLE model_tails');
  const learned: number[] = [];
  for (let run = 0; run < 2; run += 1) {
    const detector = createDetector({ store, registry: new Registry(), logger: silentLogger, clock: () => now, config, anomalies: { consume: async () => {} }, dataDir: store.dataDir });
    await detector.start();
    now += 4 * STEP;
    while (detector.status().lastStepAt !== settledAt(now)) await setTimeout(10);
    await detector.stop();
    const [row] = await store.query<{ models: string; errors: number }>('SELECT toString(uniqExact(calibration)) AS models, max(arrayMax(counts)) AS errors FROM model_tails FINAL');
    expect(row?.models).toBe('2');
    learned.push(row?.errors ?? 0);
  }
  expect(learned).toEqual([4, 8]);
}, 60_000);
