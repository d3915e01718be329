import { describe, expect, it } from 'vitest';
import { createTail, learnError, widthOf } from './calibration.js';
import { createRandom } from './testing.js';

/** Share of 100,000 errors beyond a width that was learned from as many before. */
function exceeded(draw: () => number, probability: number): number {
  const tail = createTail();
  for (let index = 0; index < 100_000; index += 1) learnError(tail, draw());
  const width = widthOf(tail, probability);
  let beyond = 0;
  for (let index = 0; index < 100_000; index += 1) if (draw() > width) beyond += 1;
  return beyond / 100_000;
}

describe('a learned band', () => {
  const { normal, uniform } = createRandom(7);
  const noises: Readonly<Record<string, () => number>> = {
    Gaussian: () => Math.abs(normal()),
    'twice as wide as claimed': () => 2 * Math.abs(normal()),
    'heavy-tailed': () => -Math.log(uniform()),
  };
  it.each(Object.entries(noises))('keeps its rate of false alarms under %s errors', (_name, draw) => {
    expect(exceeded(draw, 1e-3)).toBeLessThan(3e-3);
  });
  it('is careful when young and never narrower than a least width', () => {
    expect(widthOf(createTail(), 1e-5)).toBeGreaterThan(6);
    const exact = createTail();
    for (let index = 0; index < 10_000; index += 1) learnError(exact, uniform());
    expect(widthOf(exact, 1e-5)).toBe(3.5);
  });
});
