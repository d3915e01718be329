import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from '../config.js';
import { createDriftCheck } from './drift-check.js';
import { driftOf, noInputs, stabilityIndex, type InputCounts } from './drift.js';
import { createModelRegistry } from './registry.js';
import { loadEvents, saveInputs } from './table.js';

const HOUR_MS = 3_600_000;
const config = detectorConfig.parse({});
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** `points` normalised values around the bin `middle`. */
function around(middle: number, points: number): InputCounts {
  const { counts } = noInputs();
  for (let bin = 0; bin < counts.length; bin += 1) counts[bin] = Math.round((points * Math.exp(-((bin - middle) ** 2) / 6)) / 4.3);
  return { counts, points, outside: 0 };
}

it('tells data that stay from data that move', () => {
  expect(stabilityIndex(around(5, 5_000).counts, around(5, 900).counts)).toBeLessThan(0.02);
  expect(stabilityIndex(around(5, 5_000).counts, around(8, 5_000).counts)).toBeGreaterThan(0.25);
  expect(driftOf('rate', around(8, 900), { ...around(5, 5_000), hours: 24 }, 0, config)).toMatchObject({ stability: null, drifted: false });
  expect(driftOf('rate', around(5, 5_000), { ...around(5, 5_000), hours: 24 }, 60, config)).toMatchObject({ drifted: true });
});

it('says once a day that a kind of series has moved, with what to do about it', async () => {
  let now = Date.now();
  const registry = new Registry();
  const common = { store, registry, logger: silentLogger, clock: () => now };
  const { check, drift } = createDriftCheck({ ...common, config, keep: createModelRegistry(common).keep });
  await check();
  expect(await loadEvents(store, 10)).toEqual([]);
  const save = (hours: number): Promise<void> => saveInputs(store, now - hours * HOUR_MS, new Map([['latency', around(5, 2_000)], ['rate', around(5, 2_000)]]));
  for (let hours = 25; hours < 30; hours += 1) await save(hours);
  await saveInputs(store, now - HOUR_MS, new Map([['latency', around(8, 2_000)], ['rate', around(5, 2_000)]]));
  // Of the first day some hours are known, which say nothing of the others.
  expect(await drift()).toMatchObject([{ kind: 'latency', stability: null, drifted: false }, { kind: 'rate', drifted: false }]);
  for (let hours = 30; hours < 50; hours += 1) await save(hours);
  expect(await drift()).toMatchObject([{ kind: 'latency', drifted: true }, { kind: 'rate', drifted: false }]);
  await check();
  now += HOUR_MS;
  await check();
  expect(await loadEvents(store, 10)).toMatchObject([{ event: 'drift', person: 'faultline', reason: expect.stringMatching(/^latency: stability index \d\.\d\d.*faultline train --tenant --register$/) }]);
  expect(await registry.metrics()).toMatch(/faultline_models_input_stability\{kind="latency"\} [0-9.]+/);
});
