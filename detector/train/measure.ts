import { builtInModels } from '../models/built-in.js';
import { expertiseOf, type Expertise } from '../models/experts.js';
import { ranksOf } from '../models/ranks.js';
import { EXPERTS, RANKS, SEASON, WINDOW } from '../models/shape.js';
import type { Examples } from './examples.js';
import { buildForecaster, TAUS, type Size } from './forecaster.js';
import { openSession } from './session.js';

/** How well something forecasts the next point. */
export interface Quality {
  /** Mean over quantiles and points of the pinball loss, on asinh of the normalised value: half the absolute error at the median, less at the edges. */
  readonly pinball: number;
  /** Mean absolute error of the median, on the same scale. */
  readonly error: number;
  /** Share of points at or below each quantile; right when it is the quantile itself. */
  readonly coverage: readonly number[];
}

/** Quantiles of a standard Gaussian at TAUS: what expected and scale say of the quantiles of a model that gives just these. */
const GAUSSIAN = [-2.3263, -1.6449, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.6449, 2.3263] as const;
const MEDIAN = TAUS.indexOf(0.5);
const BATCH = 256;

/** Quantiles [rows, 9] of asinh of the next point. */
export type Quantiles = (examples: Examples) => Promise<Float32Array>;

export async function measure(examples: Examples, quantiles: Quantiles): Promise<Quality> {
  const found = await quantiles(examples);
  const below = TAUS.map(() => 0);
  let pinball = 0;
  let error = 0;
  for (let row = 0; row < examples.rows; row += 1) {
    const target = Math.asinh(examples.targets[row] ?? 0);
    for (const [index, tau] of TAUS.entries()) {
      const off = target - (found[row * TAUS.length + index] ?? 0);
      pinball += Math.max(tau * off, (tau - 1) * off);
      if (off <= 0) below[index] = (below[index] ?? 0) + 1;
      if (index === MEDIAN) error += Math.abs(off);
    }
  }
  return { pinball: pinball / examples.rows / TAUS.length, error: error / examples.rows, coverage: below.map((count) => count / examples.rows) };
}

/** The forecaster with these parameters. */
export const forecasterQuantiles = (theta: Float32Array, size: Size): Quantiles => (examples) =>
  inBatches(buildForecaster(theta, size, 'quantiles').toBytes('forecaster'), examples, ['window'], (out) => out['quantiles'] ?? new Float32Array());

/** What there was without it: the models that fit themselves to the window, and the last value with the spread of the changes so far. */
export function baselines(): Readonly<Record<string, Quantiles>> {
  const models = builtInModels().map(({ card, onnx }): [string, Quantiles] => [
    card.name, (examples) => inBatches(onnx, examples, Object.keys(card.inputs), ({ expected = new Float32Array(), scale = new Float32Array() }) => gaussian(expected, scale)),
  ]);
  return { ...Object.fromEntries(models), 'last value': async (examples) => lastValue(examples) };
}

function gaussian(expected: Float32Array, scale: Float32Array): Float32Array {
  const quantiles = new Float32Array(expected.length * TAUS.length);
  for (const [row, middle] of expected.entries()) for (const [index, sigmas] of GAUSSIAN.entries()) quantiles[row * TAUS.length + index] = Math.asinh(middle + sigmas * (scale[row] ?? 0));
  return quantiles;
}

function lastValue({ rows, windows }: Examples): Float32Array {
  const [expected, scale] = [new Float32Array(rows), new Float32Array(rows)];
  for (let row = 0; row < rows; row += 1) {
    const window = windows.subarray(row * WINDOW, (row + 1) * WINDOW);
    expected[row] = window[WINDOW - 1] ?? 0;
    let squares = 0;
    for (let index = 1; index < WINDOW; index += 1) squares += ((window[index] ?? 0) - (window[index - 1] ?? 0)) ** 2;
    scale[row] = Math.sqrt(squares / (WINDOW - 1));
  }
  return gaussian(expected, scale);
}

async function inBatches(onnx: Buffer, { rows, windows, seasons }: Examples, inputs: readonly string[], read: (out: Readonly<Record<string, Float32Array>>) => Float32Array): Promise<Float32Array> {
  const all = new Float32Array(rows * TAUS.length);
  const session = await openSession(onnx);
  try {
    for (let from = 0; from < rows; from += BATCH) {
      const count = Math.min(BATCH, rows - from);
      const window = windows.slice(from * WINDOW, (from + count) * WINDOW);
      const season = seasons.slice(from * SEASON, (from + count) * SEASON);
      let known: Expertise | undefined;
      const expertise = (): Expertise => (known ??= expertiseOf(window, season));
      const given: Readonly<Record<string, () => readonly [Float32Array, ...number[]]>> = {
        window: () => [window, count, WINDOW],
        sorted: () => [sortedRows(window), count, WINDOW],
        ranks: () => [ranksOf(window), count, RANKS],
        forecasts: () => [expertise().forecasts, count, EXPERTS],
        errors: () => [expertise().errors, count, EXPERTS],
        yesterday: () => [season, count, SEASON],
      };
      const out = await session.run(Object.fromEntries(inputs.flatMap((input) => (given[input] ? [[input, given[input]()]] : []))));
      all.set(read(out), from * TAUS.length);
    }
  } finally {
    await session.close();
  }
  return all;
}

function sortedRows(windows: Float32Array): Float32Array {
  const sorted = windows.slice();
  for (let at = 0; at < sorted.length; at += WINDOW) sorted.subarray(at, at + WINDOW).sort();
  return sorted;
}

/** Quality as lines of a table. */
export function qualityTable(title: string, all: Readonly<Record<string, Quality>>): string {
  const width = Math.max(...Object.keys(all).map((name) => name.length), 10) + 2;
  const lines = Object.entries(all).map(([name, { pinball, error, coverage }]) => `  ${name.padEnd(width)}${pinball.toFixed(4)}   ${error.toFixed(4)}   ${coverage.map((share) => share.toFixed(3)).join('  ')}`);
  return [`${title}\n  ${''.padEnd(width)}pinball  error    coverage of ${TAUS.map((tau) => `${tau}`).join('  ')}`, ...lines].join('\n');
}
