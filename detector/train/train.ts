import { WINDOW } from '../models/shape.js';
import { corrections } from './adam.js';
import { createExamples, type Draw } from './examples.js';
import { buildTrainer, layoutOf, type Size } from './forecaster.js';
import { createRandom, type Random } from './random.js';
import { openSession } from './session.js';

export interface TrainOptions {
  readonly seed: number;
  readonly steps: number;
  readonly size: Size;
  /** The highest rate of learning: reached after the first steps, then lowered to nothing. */
  readonly rate: number;
  readonly draw: Draw;
  /** Parameters to go on from; by default random ones. */
  readonly start?: Float32Array | undefined;
  /** After each step, with a running mean of the loss. */
  readonly onStep?: (step: number, loss: number) => void;
}

export const BATCH = 256;
const WARM_UP = 100;
const LOSS_MEMORY = 0.98;

/** Trains a forecaster; its parameters. The same options give the same bits. */
export async function train({ seed, steps, size, rate, draw, start, onStep }: TrainOptions): Promise<Float32Array> {
  const random = createRandom(seed);
  let theta = start ?? firstParameters(size, random);
  const length = theta.length;
  let m: Float32Array = new Float32Array(length);
  let v: Float32Array = new Float32Array(length);
  let loss = Number.NaN;
  const batch = createExamples(BATCH);
  const session = await openSession(buildTrainer(size).toBytes('trainer'));
  try {
    for (let step = 1; step <= steps; step += 1) {
      for (let row = 0; row < BATCH; row += 1) draw(random, batch, row);
      const { correction1, correction2 } = corrections(step);
      const lr = rate * Math.min(1, step / WARM_UP) * (0.5 + 0.5 * Math.cos((Math.PI * step) / (steps + 1)));
      const out = await session.run({
        theta: [theta, length], m: [m, length], v: [v, length], window: [batch.windows, BATCH, WINDOW], target: [batch.targets, BATCH, 1],
        lr: [Float32Array.of(lr), 1], correction1: [Float32Array.of(correction1), 1], correction2: [Float32Array.of(correction2), 1],
      });
      theta = out['theta1'] ?? theta;
      m = out['m1'] ?? m;
      v = out['v1'] ?? v;
      const now = out['loss']?.[0] ?? Number.NaN;
      if (!Number.isFinite(now)) throw new RangeError(`the loss of step ${step} is ${now}`);
      loss = Number.isNaN(loss) ? now : LOSS_MEMORY * loss + (1 - LOSS_MEMORY) * now;
      onStep?.(step, loss);
    }
  } finally {
    await session.close();
  }
  return theta;
}

export function firstParameters(size: Size, random: Random): Float32Array {
  const { slots, size: length } = layoutOf(size);
  const theta = new Float32Array(length);
  for (const { offset, rows, columns, gain } of slots) {
    if (gain === 0) continue;
    for (let index = 0; index < rows * columns; index += 1) theta[offset + index] = (gain * random.normal()) / Math.sqrt(rows);
  }
  return theta;
}
