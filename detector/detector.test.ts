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
    // Of the models that judge and of the one in shadow.
    expect(row?.models).toBe('3');
    learned.push(row?.errors ?? 0);
  }
  expect(learned).toEqual([4, 8]);
}, 60_000);

/** A detector with a clock and a queue of the test's own, and what it warns of. */
function started(begin: number, step = STEP) {
  const state = { now: begin, waitingSince: Number.POSITIVE_INFINITY, warnings: [] as string[] };
  // How long a step takes is the machine's own affair.
  const noteWarning = (message: string): void => void (message.includes('too long') || message.includes('longer') || message.includes('there is time') || state.warnings.push(message));
  const logger = pino({ level: 'warn' }, { write: (line: string) => noteWarning((JSON.parse(line) as { msg: string }).msg) });
  const detector = createDetector({ store, registry: new Registry(), logger, clock: () => state.now, config: { ...config, step }, anomalies: { consume: async () => {} }, waitingSince: () => state.waitingSince, dataDir: store.dataDir });
  /** How many steps between two times were judged. */
  const judged = async (from: number, to: number): Promise<number> => (await store.query<{ steps: number }>(`SELECT toUInt32(uniqExact(time)) AS steps FROM anomaly_scores WHERE time >= fromUnixTimestamp64Milli(toInt64(${from})) AND time < fromUnixTimestamp64Milli(toInt64(${to}))`))[0]?.steps ?? 0;
  const doneUntil = (at: number): Promise<void> => expect.poll(() => detector.status().lastStepAt, { timeout: 20_000 }).toBe(at);
  return { state, detector, judged, doneUntil };
}

it('judges no step before the store has what was acknowledged of it', async () => {
  const { state, detector, judged, doneUntil } = started(BEGIN + 400 * STEP);
  await detector.start();
  try {
    const from = settledAt(state.now);
    state.waitingSince = state.now;
    state.now += 3 * STEP;
    await doneUntil(settledAt(state.now));
    for (let step = 4; step <= 12; step += 1) {
      state.now += STEP;
      await setTimeout(300);
    }
    // Three of them before it was more than waits as a matter of course, and perhaps those of the seconds until then.
    expect(detector.status().lastStepAt).toBeLessThanOrEqual(from + 5 * STEP);
    state.waitingSince = Number.POSITIVE_INFINITY;
    await doneUntil(settledAt(state.now));
    // The last of them is stored after it is done.
    await expect.poll(() => judged(from, settledAt(state.now))).toBe(12);
    expect(state.warnings).toEqual([]);
  } finally {
    await detector.stop();
  }
}, 60_000);

it('misses nobody while the store does not take what waits, and learns what it missed after it', async () => {
  const { state, detector, judged, doneUntil } = started(BEGIN + 450 * STEP);
  await detector.start();
  try {
    state.waitingSince = state.now - 60 * STEP;
    state.now += 2 * STEP;
    await doneUntil(settledAt(state.now));
    expect(state.warnings).toEqual(['telemetry waits for the store to take it: until then nobody is missed']);
    const learned = settledAt(state.now + 2 * STEP);
    state.waitingSince = Number.POSITIVE_INFINITY;
    state.now += 2 * STEP;
    await doneUntil(learned);
    expect(state.warnings.slice(1)).toEqual(['the store has taken what waited for it: these steps are learned, not judged']);
    state.now += STEP;
    await doneUntil(settledAt(state.now));
    await expect.poll(() => judged(learned - 2 * STEP, settledAt(state.now))).toBe(1);
  } finally {
    await detector.stop();
  }
}, 60_000);

it('learns the time in which the process slept, and judges what comes after it', async () => {
  const { state, detector, judged, doneUntil } = started(BEGIN + 550 * STEP, 5 * STEP);
  const settled = (): number => Math.floor((state.now - 1) / (5 * STEP)) * 5 * STEP;
  await detector.start();
  try {
    const from = settled();
    state.now += 60 * STEP;
    const woke = settled();
    await doneUntil(woke);
    await expect.poll(() => state.warnings).toEqual(['the process slept, or its clock was set forward: these steps are learned, not judged']);
    state.now += 10 * STEP;
    await doneUntil(settled());
    await expect.poll(async () => [await judged(from, woke), await judged(woke, settled())]).toEqual([0, 2]);
  } finally {
    await detector.stop();
  }
}, 60_000);
