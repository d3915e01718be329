import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from './config.js';
import { openInference } from './onnx/inference.js';
import { createSteps } from './steps.js';

it('stores an episode while it lasts, however seldom its points come, once more when it is over, and also what could not be stored at once', async () => {
  const store = await openTestStore();
  const inference = await openInference();
  try {
    const start = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
    const minute = (at: number): number => start + at * 60_000;
    await store.insert('metric_series', [{ id: '1', name: 'queue', type: 'gauge', metric: 'queue', unit: '', service: 'cart', labels: {}, last_seen: Math.floor(start / 1000) }]);
    await store.insert('metric_samples', Array.from({ length: 45 }, (_, at) => ({ series: '1', time: new Date(minute(at)).toISOString(), value: at >= 34 && at < 40 ? 500 : 10 + (at % 3) })));
    let fails = 0;
    const told: Anomaly[] = [];
    const flaky = { ...store, insert: async (table: string, rows: readonly object[]) => {
      if (table === 'anomalies' && rows.length > 0 && fails < 1) {
        fails += 1;
        throw new Error('the store is away');
      }
      await store.insert(table, rows);
    } };
    const steps = createSteps({ store: flaky, config: detectorConfig.parse({}), models: inference.ask, anomalies: { consume: async (all) => void told.push(...all) } });
    await steps.learn(minute(30));
    const stored = () => store.query<{ id: string; over: number }>('SELECT id, toUInt8(isNotNull(ends_at)) AS over FROM anomalies FINAL');
    const advance = async (until: number): Promise<void> => {
      while (steps.doneUntil() < until) await steps.advance().catch(() => undefined);
    };
    await advance(minute(38));
    expect(fails).toBe(1);
    expect(await stored()).toEqual([{ id: told[0]?.id, over: 0 }]);
    await advance(minute(45));
    expect(await stored()).toEqual([{ id: told[0]?.id, over: 1 }]);
  } finally {
    await inference.close();
    await store.close();
  }
});
