import { expect, it } from 'vitest';
import type { Guard, Series, SeriesKind } from '#core/types.js';
import { judge } from './band.js';

const seriesOf = (kind: SeriesKind): Series => ({ id: kind, kind, service: 'cart', operation: '', metric: kind, unit: '', labels: {} });
const contribution = (kind: SeriesKind, value: number, count: number, expected: number, scale: number) => judge(seriesOf(kind), { value, count }, [{ detector: 'robust', expected, scale, width: 4 }], 15, 1).contributions[0];

it.each<[Guard, SeriesKind, number, number, number, number]>([
  ['errors', 'metric', 500.5, 0, 100.5, 20],
  ['share', 'metric', 500.5, 0, 100.5, 1],
  ['size', 'errors', 0.4, 10_000, 0, 0.001],
  ['counting', 'latency', 90, 8, 20, 0.5],
  ['loss', 'rate', 0, 0, 10, 2.4],
  ['loss', 'metric', 0, 0, 10, 0],
])('a contribution says what it expected, its band, and that the band has its width of %s', (guard, kind, value, count, expected, scale) => {
  const found = contribution(kind, value, count, expected, scale);
  expect(found).toMatchObject({ detector: 'robust', guard, expected });
  expect(found?.lower).toBeLessThanOrEqual(expected);
  expect(found?.upper).toBeGreaterThan(expected);
  expect(found?.score).toBeGreaterThan(1);
});

it.each([
  ['ms', 30, 20, 0],
  ['By', 0, 20, 0],
  ['s', -0.5, 0.2, -39.8],
  ['Cel', 30, 20, -20],
])('the band of a value in %s does not go below zero where such values do not (%d for %d)', (unit, value, expected, lower) => {
  expect(judge({ ...seriesOf('metric'), unit }, { value, count: 0 }, [{ detector: 'robust', expected, scale: 10, width: 4 }], 15, 1).lower).toBeCloseTo(lower);
});
