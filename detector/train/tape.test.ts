import { describe, expect, it } from 'vitest';
import { WINDOW } from '../models/shape.js';
import { createExamples, syntheticSeries, drawFrom } from './examples.js';
import { buildForecaster, buildTrainer, layoutOf, plainForecast, plainQuantiles, TAUS, type Size } from './forecaster.js';
import { createRandom } from './random.js';
import { openSession } from './session.js';
import { firstParameters } from './train.js';

const SIZE: Size = { width: 5, blocks: 1 };
const ROWS = 8;

const batch = createExamples(ROWS);
const random = createRandom(11);
const draw = drawFrom(syntheticSeries(4, 20));
for (let row = 0; row < ROWS; row += 1) draw(random, batch, row);
const theta = firstParameters(SIZE, random);

/** The loss in double precision, from the definition. */
function plainLoss(parameters: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < ROWS; row += 1) {
    const quantiles = plainQuantiles(parameters, SIZE, batch.windows.subarray(row * WINDOW, (row + 1) * WINDOW));
    const target = Math.asinh(batch.targets[row] ?? 0);
    for (const [index, tau] of TAUS.entries()) {
      const off = target - (quantiles[index] ?? 0);
      sum += Math.max(tau * off, (tau - 1) * off);
    }
  }
  return sum / ROWS / TAUS.length;
}

describe('a training step as one graph', () => {
  it('has the loss, the gradient and the Adam step of plain code and finite differences', async () => {
    const length = layoutOf(SIZE).size;
    const session = await openSession(buildTrainer(SIZE).toBytes('trainer'));
    const zeros = new Float32Array(length);
    const out = await session.run({
      theta: [theta, length], m: [zeros, length], v: [zeros, length], window: [batch.windows, ROWS, WINDOW], target: [batch.targets, ROWS, 1],
      lr: [Float32Array.of(0.01), 1], correction1: [Float32Array.of(10), 1], correction2: [Float32Array.of(1000), 1],
    });
    await session.close();
    expect(out['loss']?.[0]).toBeCloseTo(plainLoss(theta), 4);
    const length2 = out['gnorm']?.[0] ?? Number.NaN;
    const clip = Math.min(1, 1 / length2);
    const exact = Float64Array.from(theta);
    let [difference, size, checked] = [0, 0, 0];
    for (let index = 0; index < length; index += 3) {
      const kept = exact[index] ?? 0;
      const step = 1e-6;
      exact[index] = kept + step;
      const above = plainLoss(exact);
      exact[index] = kept - step;
      const gradient = (above - plainLoss(exact)) / (2 * step);
      exact[index] = kept;
      const given = (out['m1']?.[index] ?? Number.NaN) / 0.1 / clip;
      difference += (given - gradient) ** 2;
      size += gradient ** 2;
      checked += 1;
      // The first step of Adam is the rate, whatever the length of the gradient.
      if (Math.abs(gradient) > 1e-3) expect((theta[index] ?? 0) - (out['theta1']?.[index] ?? 0)).toBeCloseTo(0.01 * Math.sign(gradient), 4);
    }
    expect(checked).toBeGreaterThan(200);
    expect(size).toBeGreaterThan(0);
    expect(Math.sqrt(difference / size)).toBeLessThan(1e-3);
  });

  it('is the network that the detector runs, whose quantiles never cross', async () => {
    const session = await openSession(buildForecaster(theta, SIZE).toBytes('forecaster'));
    const out = await session.run({ window: [batch.windows, ROWS, WINDOW] });
    await session.close();
    for (let row = 0; row < ROWS; row += 1) {
      const window = batch.windows.slice(row * WINDOW, (row + 1) * WINDOW);
      const known = plainForecast(theta, SIZE, window);
      expect(Math.abs((out['expected']?.[row] ?? Number.NaN) - known.expected)).toBeLessThan(1e-4);
      expect(Math.abs((out['scale']?.[row] ?? Number.NaN) - known.scale)).toBeLessThan(1e-4);
      const quantiles = plainQuantiles(theta, SIZE, window);
      expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b));
    }
  });
});
