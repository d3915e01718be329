import { expect, it } from 'vitest';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { createSteps } from './steps.js';

const STEP = 15_000;

it('writes down the series that it learns from what was stored before it began, once', async () => {
  const store = await openTestStore();
  try {
    const until = Math.floor(Date.now() / STEP) * STEP;
    await store.insert('metric_series', [{ id: '1', name: 'heap', type: 'gauge', metric: 'heap', unit: 'By', service: 'cart', labels: {}, last_seen: Math.floor(until / 1000) }]);
    await store.insert('metric_samples', Array.from({ length: 40 }, (_, slot) => ({ series: '1', time: new Date(until - (slot + 1) * STEP).toISOString(), value: slot })));
    const written = () => store.query<{ service: string; metric: string; times: number }>('SELECT service, metric, toUInt32(count()) AS times FROM watched_series GROUP BY id, service, metric');
    for (let start = 0; start < 2; start += 1) {
      const steps = createSteps({ store, config: detectorConfig.parse({}), models: () => Promise.reject(new Error('nothing is judged')), anomalies: { consume: () => Promise.resolve() } });
      await steps.learn(until);
      expect(steps.watch.counts().learned).toBe(1);
      expect(await written()).toEqual([{ service: 'cart', metric: 'heap', times: 1 }]);
    }
  } finally {
    await store.close();
  }
});
