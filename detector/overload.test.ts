import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { createDetector } from './detector.js';

const STEP = 1_000;
const METRICS = 16;
const PAST = 150;
const FUTURE = 120;
const BEGIN = Math.floor(Date.now() / STEP) * STEP - (PAST + FUTURE) * STEP;
let store: Store & { readonly dataDir: string };

beforeAll(async () => {
  store = await openTestStore();
  await store.command(`INSERT INTO metric_series (id, name, metric, type, service, last_seen) SELECT 1 + number, concat('level_', toString(number)) AS name, name, 'gauge', 'shop', now() FROM numbers(${METRICS})`);
  await store.command(`INSERT INTO metric_samples SELECT 1 + number % ${METRICS}, fromUnixTimestamp64Milli(toInt64(${BEGIN} + intDiv(number, ${METRICS}) * ${STEP})), 100 + cityHash64(number) % 10 FROM numbers(${METRICS * (PAST + FUTURE)})`);
  await store.command(
    `INSERT INTO red_5s SELECT toDateTime(${BEGIN / 1000} + intDiv(number, 40)), 'shop', 'GET /', 'Server', '1', count(), 0, sum(20), quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(20 + number % 7)) FROM numbers(${40 * (PAST + FUTURE)}) GROUP BY intDiv(number, 40)`,
  );
}, 60_000);
afterAll(() => store.close());

it('over its limit does less in the stated order, judges requests all the same, and says so on the Status page and in its metrics', async () => {
  let now = BEGIN + PAST * STEP;
  /** How much longer each read of metrics takes. */
  let hold = 0;
  const slow: Store = { ...store, queryBytes: async (...question) => (await setTimeout(hold), store.queryBytes(...question)) };
  const registry = new Registry();
  const gauge = async (name: string): Promise<number> => (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? Number.NaN;
  const detector = createDetector({ store: slow, registry, logger: silentLogger, clock: () => now, config: { ...detectorConfig.parse({ delay: '1ms' }), step: STEP }, anomalies: { consume: async () => {} }, dataDir: store.dataDir });
  const seen: string[] = [];
  const until = async (isOver: () => boolean): Promise<void> => {
    for (let over = false; !over; await setTimeout(10)) {
      over = isOver();
      const { late, leftOut, longMemory, metricsEvery } = detector.status();
      const state = `${late ? 'late' : 'in time'}, without ${leftOut}${longMemory.resting ? ' and long memories' : ''}, metrics every ${metricsEvery}`;
      if (seen.at(-1) !== state) seen.push(state);
    }
  };
  await detector.start();
  try {
    expect(detector.status()).toMatchObject({ learned: METRICS + 6, late: false, leftOut: 'nothing', metricsEvery: 1, skippedSteps: 0 });
    hold = STEP + 50;
    now += 9 * STEP + 1;
    await until(() => detector.status().metricsEvery === 8);
    expect(seen).toEqual([
      'in time, without nothing, metrics every 1', 'late, without nothing, metrics every 1', 'late, without shadow, metrics every 1', 'late, without promoted and long memories, metrics every 1',
      'late, without promoted and long memories, metrics every 2', 'late, without promoted and long memories, metrics every 4', 'late, without promoted and long memories, metrics every 8',
    ]);
    expect(await gauge('faultline_detector_late')).toBe(1);
    expect(await gauge('faultline_detector_metrics_every_steps')).toBe(8);
    expect(await gauge('faultline_detector_long_memories_resting')).toBe(1);
    expect(await gauge('faultline_models_left_out')).toBe(1);
    hold = 0;
    const shed = detector.status().lastStepAt;
    now = shed + 10 * STEP + 1;
    // The last of them is stored before the next one is done.
    await until(() => detector.status().lastStepAt >= shed + 9 * STEP);
    const [judged] = await store.query<{ requests: string; metrics: string }>(
      `SELECT toString(countIf(kind = 'rate')) AS requests, toString(countIf(kind = 'metric')) AS metrics FROM anomaly_scores AS s INNER JOIN (SELECT id, any(kind) AS kind FROM watched_series GROUP BY id) AS w ON w.id = s.series WHERE time >= fromUnixTimestamp64Milli(toInt64(${shed})) AND time < fromUnixTimestamp64Milli(toInt64(${shed + 8 * STEP}))`,
    );
    // Of each of the sixteen metrics one step in eight; of the service's requests, and of its operation's, every one.
    expect(judged).toEqual({ requests: '16', metrics: String(METRICS) });
    now += 40 * STEP;
    await until(() => detector.status().lastStepAt === Math.floor((now - 1) / STEP) * STEP);
    expect(await gauge('faultline_detector_skipped_steps_total')).toBe(detector.status().skippedSteps);
    expect(detector.status().skippedSteps).toBeGreaterThanOrEqual(39);
  } finally {
    await detector.stop();
  }
}, 120_000);
