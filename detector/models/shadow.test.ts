import { describe, expect, it } from 'vitest';
import type { Series } from '#core/types.js';
import { detectorConfig } from '../config.js';
import { askBy, createRandom, measuredNow } from '../testing.js';
import { createWatch } from '../watch.js';
import { createShadow, type Shadow } from './shadow.js';

const config = detectorConfig.parse({});
const FROM = Date.UTC(2026, 0, 1);
const SERIES = Array.from({ length: 10 }, (_, index): Series => ({ id: `s${index}`, kind: 'metric', service: 'cart', operation: '', metric: `m${index}`, unit: 'By', labels: {} }));
/** One says too much, one too little: in the middle they are right. */
const SAID: Readonly<Record<string, number>> = { seasonal: 0.9, robust: -0.6, shadow: -0.6, worse: -0.8 };
const ask = askBy(async (slot, rows) => ({ expected: new Float32Array(rows).fill(SAID[slot] ?? 0), scale: new Float32Array(rows).fill(1) }));

/** Lets it see `steps`, in which every series is quiet. */
async function play(shadow: Shadow, steps = 60): Promise<void> {
  const watch = createWatch(config, ask);
  const random = createRandom(7);
  for (let step = 0; step < steps; step += 1) {
    const measured = measuredNow(SERIES.map((series) => ({ series, reading: { value: 100 * (1 + 0.02 * random.normal()), count: 0 } })));
    await shadow.observe((await watch.step(FROM + step * config.step, measured, 0, undefined)).judged);
  }
}

const shadowOf = (name: string, slot: string): Shadow => createShadow({ name, slot, inputs: ['ranks'], calibration: `${name} 2` }, config, [], FROM);

describe('the error of a shadow', () => {
  it.each([
    ['is that of the model whose place it takes where it says the same', 'robust', 'shadow', (ratio: number) => expect(ratio).toBe(1)],
    ['is less than that of one that is worse', 'seasonal', 'shadow', (ratio: number) => expect(ratio).toBeLessThan(0.9)],
    ['is compared with the best where it takes no place', 'other', 'shadow', (ratio: number) => expect(ratio).toBe(1)],
    ['is more where it is worse than the best', 'other', 'worse', (ratio: number) => expect(ratio).toBeGreaterThan(1.05)],
  ])('%s', async (_, name, slot, check) => {
    const shadow = shadowOf(name, slot);
    await play(shadow);
    const { errorActive, errorShadow } = shadow.take();
    expect(errorActive).toBeGreaterThan(0);
    check(errorShadow / errorActive);
  });
});
