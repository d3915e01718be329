import { best, createForecasters, type Forecaster } from './forecasters.js';
import { createPatches } from './patches.js';
import type { Walk } from './state.js';
import { createRareTail, learnRare, rarity, statisticAt, walkTail } from './tail.js';

const WEEK_MS = 604_800_000;
const LEAST_MEMORY = 1_000;
const MOST_MEMORY = 10_000;
const SIGMA_OF_MEAN_ABSOLUTE = 1.2533;
/** An error is never measured in less than this share of the series' long-run spread, nor of its value: a series that was exact so far is not sure to stay so. */
const LEAST_OF_SPREAD = 0.05;
const LEAST_OF_VALUE = 1e-3;
const LEAST_SCALE = 1e-9;
/** Points before anything is measured, and before the tails and the limits of what is learned are trusted. */
const FIRST = 20;
const SETTLED = 50;
/** Standard deviations beyond which a value is learned as one at that distance, and beyond which its shape is not remembered. */
const LEARN_LIMIT = 5;
const NORMAL_LIMIT = 4;
/** Points that a mean of all history needs, and the least share of itself that it may be trusted to. */
const HISTORY = 200;
const FAR_OF_MEAN = 0.02;
/** Values beyond the range in which double precision squares are cut: nothing real is that large. */
const LARGEST = 1e140;

/** What is measured of each point; as rarities, −log10 of how probable so much is. */
export interface Measures {
  /** Distance from the best of the forecasts that do not follow at once. */
  slow: number;
  /** Distance from the best of those that do. */
  fast: number;
  /** Distance from the long-run mean. */
  level: number;
  /** How long errors have had one sign. */
  shift: number;
  /** How new the shape of the last 16 values is. */
  values: number;
  /** How new the shape of the last 8 errors is. */
  errors: number;
}

/** The long memory of one series: weeks rather than the two hours of a window. 12 kB at steps of 5 min and less, and 13 more with shapes. */
export interface Memory {
  /** Takes the next value. One that is not finite is a gap: nothing is surprising of it. */
  observe(time: number, value: number): void;
  readonly rarities: Readonly<Measures>;
  /** Distance from the plain mean of all that came before, in its standard deviations: what a machine that idles has never done is far, also where the tails have got used to it. 0 while there is little history. */
  far: number;
  /** What was expected of the last value, in its own unit, and half the width of the band around it. */
  expected: number;
  half: number;
  walk(walk: Walk): void;
}

const MEASURES: readonly (keyof Measures)[] = ['slow', 'fast', 'level', 'shift', 'values', 'errors'];
const nothing = (): Measures => ({ slow: 0, fast: 0, level: 0, shift: 0, values: 0, errors: 0 });

export interface MemoryOptions {
  /** Without them the shapes of values and errors, which take most of the time, are not measured. */
  readonly shapes: boolean;
  /** −log10 of the probability that a value lies outside its band. */
  readonly band: number;
}

export function createMemory(stepMs: number, { shapes, band }: MemoryOptions): Memory {
  const memory = Math.max(LEAST_MEMORY, Math.min(MOST_MEMORY, WEEK_MS / stepMs));
  const forecasters = createForecasters(stepMs, memory);
  const valueShapes = shapes ? createPatches({ length: 16, size: 128, every: 8 }) : undefined;
  const errorShapes = shapes ? createPatches({ length: 8, size: 128, every: 5 }) : undefined;
  const tails = MEASURES.map((name) => ({ name, tail: createRareTail() }));
  const slowTail = tails[0]?.tail ?? createRareTail();
  const measured = nothing();
  const rarities = nothing();
  let count = 0;
  let mean = 0;
  let spread = 0;
  let plainMean = 0;
  let squares = 0;
  let largest = 0;
  /** Running mean of errors, and its usual size. */
  let run = 0;
  let runScale = 0;

  const scaleOf = (one: Forecaster): number => Math.max(one.errorNow * SIGMA_OF_MEAN_ABSOLUTE, LEAST_OF_SPREAD * spread, Math.abs(one.value) * LEAST_OF_VALUE, LEAST_SCALE);
  const distance = (one: Forecaster | undefined, value: number): number => (one && count > FIRST ? (value - one.value) / scaleOf(one) : 0);

  function farFrom(value: number): number {
    const deviation = Math.sqrt(squares / Math.max(1, count));
    const found = count > HISTORY ? Math.abs(value - plainMean) / Math.max(deviation, FAR_OF_MEAN * Math.abs(plainMean), LEAST_OF_VALUE * largest, LEAST_SCALE) : 0;
    const before = plainMean;
    plainMean += (value - plainMean) / count;
    squares += (value - before) * (value - plainMean);
    largest = Math.max(largest, Math.abs(value));
    return found;
  }

  function measure(value: number, slow: Forecaster | undefined): void {
    const error = distance(slow, value);
    run += (clip(error, NORMAL_LIMIT) - run) * 0.15;
    runScale += (Math.min(Math.abs(run), 3 * runScale + 0.1) - runScale) / Math.min(count, memory);
    measured.slow = Math.abs(error);
    measured.fast = Math.abs(distance(best(forecasters.fast), value));
    measured.level = Math.abs(distance(forecasters.long, value));
    measured.shift = Math.abs(run) / Math.max(runScale, 0.05);
    if (!valueShapes || !errorShapes) return;
    const normal = measured.slow < NORMAL_LIMIT;
    measured.values = valueShapes.push(clip((value - mean) / Math.max(spread, Math.abs(mean) * LEAST_OF_VALUE, LEAST_SCALE), 50), normal);
    measured.errors = errorShapes.push(clip(error, 20), normal);
  }

  function learn(time: number, value: number, slow: Forecaster | undefined): void {
    for (const { name, tail } of tails) {
      rarities[name] = rarity(tail, measured[name]);
      if (count > SETTLED) learnRare(tail, measured[name], memory);
    }
    const settled = count >= SETTLED;
    forecasters.learn(time, settled && slow ? slow.value + clip(value - slow.value, LEARN_LIMIT * scaleOf(slow)) : value);
    const kept = settled ? mean + clip(value - mean, 6 * spread + LEAST_SCALE) : value;
    mean += (kept - mean) / Math.min(count, memory);
    spread += (Math.abs(kept - mean) * SIGMA_OF_MEAN_ABSOLUTE - spread) / Math.min(count, memory);
  }

  const self: Memory = {
    rarities,
    far: 0,
    expected: 0,
    half: 0,
    observe(time, raw) {
      if (!Number.isFinite(raw)) {
        Object.assign(rarities, nothing());
        self.far = 0;
        return;
      }
      const value = clip(raw, LARGEST);
      count += 1;
      forecasters.predict(time);
      const slow = best(forecasters.slow);
      self.expected = slow?.value ?? value;
      self.half = slow ? statisticAt(slowTail, band) * scaleOf(slow) : 0;
      self.far = farFrom(value);
      measure(value, slow);
      learn(time, value, slow);
    },
    walk(walk) {
      count = walk.number(count);
      mean = walk.number(mean);
      spread = walk.number(spread);
      plainMean = walk.number(plainMean);
      squares = walk.number(squares);
      largest = walk.number(largest);
      run = walk.number(run);
      runScale = walk.number(runScale);
      for (const { tail } of tails) walkTail(tail, walk);
      forecasters.walk(walk);
      valueShapes?.walk(walk);
      errorShapes?.walk(walk);
      for (const name of MEASURES) rarities[name] = walk.number(rarities[name]);
      self.expected = walk.number(self.expected);
      self.half = walk.number(self.half);
    },
  };
  return self;
}

const clip = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
