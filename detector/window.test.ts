import { expect, it } from 'vitest';
import { Block } from './block.js';
import { ModelInputs } from './inputs.js';
import { RANKS, WINDOW } from './models/shape.js';
import { createRandom } from './testing.js';

it('gives models the same points in order of time, and what is in the middle of them, with ties, while the window fills and long after', () => {
  const random = createRandom(9);
  const block = new Block();
  const inputs = new ModelInputs(3);
  block.begin(1, { id: 'a', kind: 'metric', service: '', operation: '', metric: 'm', unit: '', labels: {} });
  const pushed: number[] = [];
  for (let step = 1; step <= 3 * WINDOW; step += 1) {
    const value = Math.round(random.normal() * 5);
    pushed.push(value);
    block.push(1, value, step);
    block.rings.settle(1);
    block.rings.normalise(1, inputs, 2, true);
    /** Without negative zeros. */
    const rowOf = (all: Float32Array): Float32Array => all.slice(2 * WINDOW, 3 * WINDOW).map((one) => one + 0);
    const known = pushed.slice(-WINDOW);
    const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
    const spread = Math.sqrt(known.reduce((sum, one) => sum + (one - mean) ** 2, 0) / known.length) || Math.max(Math.abs(mean), 1) * 1e-6;
    const repeated = Array.from({ length: WINDOW }, (_, index) => ((known[known.length - 1 - ((WINDOW - 1 - index) % known.length)] ?? 0) - mean) / spread);
    const window = rowOf(inputs.windows);
    for (const [index, one] of repeated.entries()) expect(window[index]).toBeCloseTo(one, 5);
    const sorted = window.toSorted();
    const median = ((sorted[59] ?? 0) + (sorted[60] ?? 0)) / 2;
    const distances = sorted.map((one) => Math.abs(one - median)).toSorted();
    for (const [index, one] of [sorted[59], sorted[60], distances[59], distances[60], distances[101]].entries()) expect(inputs.ranks[2 * RANKS + index]).toBeCloseTo(one ?? Number.NaN, 5);
  }
});

it('knows from when the points of a window are, as it fills, when it is full, and where they come rarely', () => {
  const block = new Block();
  block.begin(1, { id: 'a', kind: 'metric', service: '', operation: '', metric: 'm', unit: '', labels: {} });
  for (let step = 1; step <= 3 * WINDOW; step += 1) {
    block.push(1, 0, step * 60_000);
    const points = Math.min(step, WINDOW);
    expect(block.lookedAt(1, (step + 1) * 60_000)).toEqual({ from: (step - points + 1) * 60_000, to: (step + 1) * 60_000, points, dayBeforeKnown: false });
  }
});
