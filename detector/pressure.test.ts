import { expect, it } from 'vitest';
import type { LeftOut } from './models/load.js';
import { createPressure } from './pressure.js';

const STEP = 15_000;

it('lets models wait first, then long memories rest, then quiet metrics take turns, and takes all up again in the opposite order', () => {
  const pressure = createPressure(STEP);
  const late = (leftOut: LeftOut) => pressure.observe(STEP * 1.5, leftOut);
  expect(pressure.observe(STEP * 0.9, 'nothing')).toEqual({ pressed: false, resting: false, every: 1 });
  expect(late('nothing')).toEqual({ pressed: true, resting: false, every: 1 });
  expect(late('shadow')).toEqual({ pressed: true, resting: false, every: 1 });
  expect(late('promoted')).toEqual({ pressed: true, resting: true, every: 1 });
  expect(['promoted', 'promoted', 'promoted', 'promoted'].map((leftOut) => late(leftOut as LeftOut).every)).toEqual([2, 4, 8, 8]);
  // In time, but without time for more.
  for (let step = 0; step < 50; step += 1) expect(pressure.observe(STEP * 0.7, 'promoted').every).toBe(8);
  const seen: string[] = [];
  for (let step = 0; step < 100; step += 1) {
    const { pressed, resting, every } = pressure.observe(STEP * 0.1, 'promoted');
    if (seen.at(-1) !== `${pressed} ${resting} ${every}`) seen.push(`${pressed} ${resting} ${every}`);
  }
  expect(seen).toEqual(['true true 8', 'true true 4', 'true true 2', 'true true 1', 'true false 1', 'false false 1']);
});
