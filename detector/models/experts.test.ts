import { expect, it } from 'vitest';
import { Block } from '../block.js';
import { ModelInputs } from '../inputs.js';
import { Readings } from '../measured.js';
import { createRandom } from '../testing.js';
import { expertiseOf } from './experts.js';
import { seasonalForecast } from './seasonal.js';
import { EXPERTS, SEASON, UNKNOWN, WINDOW } from './shape.js';

const series = { id: 'a', kind: 'metric', service: '', operation: '', metric: 'm', unit: '', labels: {} } as const;
const random = createRandom(4);

it.each<[string, (step: number) => number]>([
  ['noise', () => 40 + random.normal()],
  ['a small movement of a large level', () => 1e9 + 1e4 * random.normal()],
  ['a cycle', (step) => Math.sin(step / 4) + 0.1 * random.normal()],
  ['a point that is a billion times the others, and is forgotten', (step) => (step === 2 * WINDOW + 7 ? 1e9 : random.normal())],
  ['steps between constants', (step) => Math.floor(step / 150)],
])('follows from point to point what a window says by itself: %s', (_, valueAt) => {
  const block = new Block();
  const inputs = new ModelInputs(3);
  block.begin(1, series);
  block.before[1] = 0;
  for (let step = 1; step <= 5 * WINDOW; step += 1) {
    const yesterday = new Readings();
    yesterday.put(series, 0, valueAt(step), 0);
    block.rings.turnSeasons();
    block.noteSeason(1, step > 3 * WINDOW ? yesterday : undefined, 0);
    block.rings.putSeason(1);
    block.push(1, valueAt(step), step);
    block.rings.settle(1);
    block.rings.normalise(1, inputs, 2, true);
    const { forecasts, errors } = expertiseOf(inputs.windows.slice(2 * WINDOW, 3 * WINDOW), inputs.seasons.slice(2 * SEASON, 3 * SEASON));
    const apart = Array.from({ length: EXPERTS }, (__, index) => Math.abs((inputs.forecasts[2 * EXPERTS + index] ?? 0) - (forecasts[index] ?? 0)) + Math.abs((inputs.errors[2 * EXPERTS + index] ?? 0) - (errors[index] ?? 0)));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  }
  expect(inputs.errors[3 * EXPERTS - 1]).not.toBe(UNKNOWN);
});

it('says of a window what its definition says', () => {
  const window = Float32Array.from({ length: WINDOW }, () => random.normal());
  const yesterday = Float32Array.from({ length: SEASON }, () => random.normal());
  const { forecasts, errors } = expertiseOf(window, yesterday);
  const weights = [...errors].map((error) => Math.exp((-4 * (error + 0.02)) / (Math.min(...errors) + 0.02)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { expected, scale } = seasonalForecast(window, yesterday);
  expect(forecasts.reduce((sum, one, index) => sum + (one * (weights[index] ?? 0)) / total, 0)).toBeCloseTo(expected, 5);
  expect(1.2533 * errors.reduce((sum, one, index) => sum + (one * (weights[index] ?? 0)) / total, 0)).toBeCloseTo(scale, 5);
});
