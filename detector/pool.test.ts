import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import type { Anomaly } from '#core/types.js';
import { detectorConfig } from './config.js';
import { Pool } from './pool.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const config = { ...detectorConfig.parse({}), step: 5_000 };
const series = seriesOf('errors', 'dispatch', '', 'error_ratio', '1');
/** Expects what is usual, exactly. */
const run = (_slot: string, rows: number) => Promise.resolve({ expected: new Float32Array(rows), scale: new Float32Array(rows).fill(0.01) });

/** Some ten requests a step, of which `ratio(step)` fail; the episodes of steps from 60 on. */
async function live(ratio: (step: number) => number, seed: number): Promise<Anomaly[]> {
  const random = createRandom(seed);
  const watch = createWatch(config, askBy(run));
  const found = new Map<string, Anomaly>();
  for (let step = 0; step < 100; step += 1) {
    const count = 8 + Math.round(random.uniform() * 4);
    let failed = 0;
    for (let request = 0; request < count; request += 1) if (random.uniform() < ratio(step)) failed += 1;
    const { anomalies } = await watch.step(step * config.step, measuredNow([{ series, reading: { value: failed / count, count } }]), 0, undefined);
    for (const one of anomalies) found.set(one.id, one);
  }
  return [...found.values()];
}

it('finds that a fifth of few requests fails, which no step shows by itself, within a minute', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [first] = await live((step) => (step >= 60 && step < 72 ? 0.2 : 0), seed);
    expect(first?.startsAt).toBeGreaterThanOrEqual(60 * config.step);
    expect(first?.startsAt).toBeLessThan(70 * config.step);
    expect(first?.score).toBeGreaterThanOrEqual(1.2);
  }
});

it('says nothing of one step with failures, nor of the failure in two hundred that is usual', async () => {
  const blip = await live((step) => (step === 60 ? 0.25 : 0), 1);
  const usual = await Promise.all([1, 2, 3, 4, 5].map((seed) => live(() => 0.005, seed)));
  expect([blip, ...usual].flat()).toEqual([]);
});

it('says nothing after trouble of the requests that failed in it', async () => {
  const found = await Promise.all(Array.from({ length: 20 }, (_, seed) => live((step) => (step >= 60 && step < 72 ? 0.8 : step >= 76 ? 0.03 : 0), seed + 1)));
  expect(found.map((episodes) => episodes.length)).toEqual(found.map(() => 1));
});

it('lets the last requests speak only while the newest go on like them', () => {
  const pool = new Pool(1);
  pool.take(0, 0.5, 10);
  pool.take(0, 0.3, 10);
  expect(pool.share(0)).toBeCloseTo((0.5 * 8 + 3) / 18);
  expect([pool.count(0, 0.3), pool.count(0, 0.1), pool.count(0, 0)].map(Math.round)).toEqual([18, 0, 0]);
});
