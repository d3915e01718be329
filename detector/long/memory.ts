import { best, createForecasters, type Forecaster } from './forecasters.js';
import { createPatches } from './patches.js';
import { createRareTail, learnRare, rarity, widthAt } from './tail.js';

const DAY_MS = 86_400_000;
export const STATS = ['slow', 'fast', 'global', 'shift', 'patch', 'kshort'] as const;

/** −log10 of the probability that a value lies outside its band. */
const BAND = 4;

export interface Memory {
  observe(time: number, value: number): void;
  readonly statistics: Float64Array;
  readonly rarities: Float64Array;
  /** Sum of the rarities. */
  surprise: number;
  /** What was expected of the last value, in its own unit, and half the width of the band around it. */
  expected: number;
  half: number;
}

export function createMemory(stepMs: number): Memory {
  const perWeek = (7 * DAY_MS) / stepMs;
  const memory = Math.max(1000, Math.min(10_000, perWeek));
  const forecasters = createForecasters(stepMs, memory);
  const tails = STATS.map(createRareTail);
  const patches = createPatches(16, 256, 8);
  const short = createPatches(8, 256, 5);
  const statistics = new Float64Array(STATS.length);
  const rarities = new Float64Array(STATS.length);
  let count = 0;
  let spread = 0;
  let mean = Number.NaN;
  let run = 0;
  let runScale = 0;
  let lastDiff = Number.NaN;
  const scaleOf = (one: Forecaster | undefined, value: number): number => Math.max((one?.error ?? 0) * 1.2533, 0.05 * spread, Math.abs(value) * 1e-3, 1e-9);
  const result: Memory = {
    statistics, rarities, surprise: 0, expected: 0, half: 0,
    observe(time, value) {
      if (!Number.isFinite(value)) {
        result.surprise = 0;
        return;
      }
      count += 1;
      if (count === 1) mean = value;
      forecasters.predict(time);
      const slow = best(forecasters.slow);
      const fast = best(forecasters.fast);
      const global = forecasters.slow[0];
      const expected = slow?.value ?? value;
      const scale = scaleOf(slow, expected);
      result.expected = Number.isNaN(expected) ? value : expected;
      const z = count < 20 ? 0 : (value - result.expected) / scale;
      run += (Math.max(-4, Math.min(4, z)) - run) * 0.15;
      runScale += (Math.min(Math.abs(run), 3 * runScale + 0.1) - runScale) / Math.min(count, memory);
      statistics[0] = Math.abs(z);
      statistics[1] = count < 20 || !fast ? 0 : Math.abs(value - fast.value) / scaleOf(fast, fast.value);
      statistics[2] = count < 20 || !global ? 0 : Math.abs(value - global.value) / scaleOf(global, global.value);
      statistics[3] = Math.abs(run) / Math.max(runScale, 0.05);
      const unit = Math.max(spread, Math.abs(mean) * 1e-3, 1e-9);
      const normal = Math.max(-50, Math.min(50, (value - mean) / unit));
      statistics[4] = patches.push(normal, Math.abs(z) < 4);
      const d = Number.isNaN(lastDiff) ? 0 : normal - lastDiff;
      lastDiff = normal;
      statistics[5] = short.push(d, Math.abs(z) < 4);
      let surprise = 0;
      if (tails[0]) result.half = widthAt(tails[0], BAND) * scale;
      for (let index = 0; index < STATS.length; index += 1) {
        const tail = tails[index];
        const statistic = statistics[index] ?? 0;
        if (!tail) continue;
        rarities[index] = rarity(tail, statistic);
        surprise += rarities[index] ?? 0;
        if (count > 50) learnRare(tail, Math.min(statistic, tail.threshold * 5), memory);
      }
      result.surprise = surprise;
      const limit = 5 * scale;
      const learned = count < 50 ? value : Math.max(result.expected - limit, Math.min(result.expected + limit, value));
      forecasters.learn(time, learned);
      const clipped = count < 50 ? value : Math.max(mean - 6 * spread, Math.min(mean + 6 * spread + 1e-9, value));
      mean += (clipped - mean) / Math.min(count, memory);
      spread += (Math.abs(clipped - mean) * 1.2533 - spread) / Math.min(count, memory);
    },
  };
  return result;
}
