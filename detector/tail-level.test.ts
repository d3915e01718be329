import { expect, it } from 'vitest';
import { levelFor, TAIL_LEVELS } from './tail-level.js';

it('takes the highest level that two requests are beyond, and of three or fewer the lower quartile', () => {
  const level = (count: number): number => TAIL_LEVELS[levelFor(count)] ?? Number.NaN;
  expect([1, 2, 3, 4, 7, 8, 10, 20, 40, 1000].map(level)).toEqual([0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.8, 0.9, 0.95, 0.95]);
});
