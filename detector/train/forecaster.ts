import { createGraph, type Graph } from '../onnx/graph.js';
import { WINDOW } from '../models/shape.js';
import { addAdam } from './adam.js';
import { createTape, type Slot, type Tape, type Value } from './tape.js';

/**
 * Quantile forecaster: one residual network for all series, from the normalised window to the quantiles of the next point.
 * It works on asinh of its input and of its target, so that an outlier does not drown the rest; quantiles go through a monotone function unharmed.
 * The median is a line through the window plus what the network adds; the others are steps away from it that cannot be negative, so quantiles never cross.
 */
export const TAUS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;
const MEDIAN = 4;
const [LOW, HIGH] = [2, 6];
/** Standard deviations of a Gaussian between its 10th and 90th percentile. */
const SIGMAS_BETWEEN = 2.5631;
/** In units of the normalised window: a window without noise does not prove that there is none. */
export const LEAST_SCALE = 0.02;

export interface Size {
  readonly width: number;
  readonly blocks: number;
}
export const SHIPPED_SIZE: Size = { width: 128, blocks: 2 };

/** Each column of steps moves the quantiles on its side that are further from the median, away from it. */
const AWAY: readonly (readonly number[])[] = TAUS.flatMap((_, step) => (step === MEDIAN ? [] : [TAUS.map((__, index) => (step < MEDIAN && index <= step ? -1 : step > MEDIAN && index >= step ? 1 : 0))]));

function addQuantiles(tape: Tape, window: Value, { width, blocks }: Size): Value {
  let hidden = tape.linear(window, width, 1);
  for (let block = 0; block < blocks; block += 1) hidden = tape.add(hidden, tape.linear(tape.relu(tape.linear(tape.relu(hidden), width, Math.SQRT2)), width, 0.3));
  const top = tape.relu(hidden);
  const median = tape.add(tape.linear(window, 1, 0.1), tape.linear(top, 1, 0.3));
  const steps = tape.softplus(tape.linear(top, TAUS.length - 1, 0.3));
  return tape.add(tape.times(median, TAUS.map(() => 1), TAUS.length), tape.times(steps, AWAY.flat(), TAUS.length));
}

const input = (graph: Graph): Value => ({ name: graph.node('Asinh', [graph.input('window', WINDOW)]), width: WINDOW, learned: false });

/** Where each matrix of the flat vector is. */
export function layoutOf(size: Size): { slots: readonly Slot[]; size: number } {
  const graph = createGraph();
  const tape = createTape(graph, 'theta');
  addQuantiles(tape, input(graph), size);
  return { slots: tape.slots, size: tape.size };
}

/** One training step as one graph: `theta`, `m`, `v`, `window` [N, 120], `target` [N, 1], `lr`, `correction1`, `correction2` [1] → `theta1`, `m1`, `v1`, `loss` [1], `gnorm` [1]. */
export function buildTrainer(size: Size): Graph {
  const graph = createGraph();
  const length = layoutOf(size).size;
  const tape = createTape(graph, graph.vector('theta', length));
  const quantiles = addQuantiles(tape, input(graph), size);
  const loss = tape.pinball(quantiles, graph.node('Asinh', [graph.input('target', 1)]), TAUS);
  graph.node('Identity', [loss], {}, 'loss');
  graph.outputVector('loss', 1);
  addAdam(graph, tape.gradient(), length);
  return graph;
}

/** What the detector runs: `window` [N, 120] → `expected` [N, 1], the median, and `scale` [N, 1], a standard deviation from the 10th and the 90th percentile. With `quantiles`, those as well: [N, 9], of asinh. */
export function buildForecaster(theta: Float32Array, size: Size, output: 'forecast' | 'quantiles' = 'forecast'): Graph {
  const graph = createGraph();
  const tape = createTape(graph, graph.floats(theta, theta.length));
  const quantiles = addQuantiles(tape, input(graph), size);
  if (tape.size !== theta.length) throw new RangeError(`the network has ${tape.size} parameters, not ${theta.length}`);
  if (output === 'quantiles') {
    graph.node('Identity', [quantiles.name], {}, 'quantiles');
    graph.output('quantiles', TAUS.length);
    return graph;
  }
  const values = graph.node('Sinh', [quantiles.name]);
  const column = (weigh: (index: number) => number): string => graph.floats(TAUS.map((_, index) => weigh(index)), TAUS.length, 1);
  graph.node('MatMul', [values, column((index) => (index === MEDIAN ? 1 : 0))], {}, 'expected');
  const spread = graph.node('MatMul', [values, column((index) => (index === HIGH ? 1 : index === LOW ? -1 : 0) / SIGMAS_BETWEEN)]);
  graph.node('Max', [spread, graph.floats([LEAST_SCALE], 1)], {}, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  return graph;
}

/** The same in plain loops and double precision, for one row: quantiles of asinh. */
export function plainQuantiles(theta: ArrayLike<number>, size: Size, window: ArrayLike<number>): number[] {
  const { slots } = layoutOf(size);
  let next = 0;
  const linear = (row: readonly number[]): number[] => {
    const [weights, bias] = [slots[next], slots[next + 1]];
    next += 2;
    if (!weights || !bias) throw new RangeError('the network has no such layer');
    return Array.from({ length: weights.columns }, (_, column) => row.reduce((sum, value, index) => sum + value * (theta[weights.offset + index * weights.columns + column] ?? 0), theta[bias.offset + column] ?? 0));
  };
  const relu = (row: readonly number[]): number[] => row.map((value) => Math.max(0, value));
  const line = Array.from(window, Math.asinh);
  let hidden = linear(line);
  for (let block = 0; block < size.blocks; block += 1) {
    const inner = linear(relu(linear(relu(hidden))));
    hidden = hidden.map((value, index) => value + (inner[index] ?? 0));
  }
  const top = relu(hidden);
  const [straight = 0] = linear(line);
  const [bent = 0] = linear(top);
  const steps = linear(top).map((value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))));
  return TAUS.map((_, index) => steps.reduce((sum, step, column) => sum + step * (AWAY[column]?.[index] ?? 0), straight + bent));
}

/** The known answer that a provider must give. */
export function plainForecast(theta: Float32Array, size: Size, window: Float32Array): { expected: number; scale: number } {
  const values = plainQuantiles(theta, size, window).map(Math.sinh);
  return { expected: values[MEDIAN] ?? 0, scale: Math.max(((values[HIGH] ?? 0) - (values[LOW] ?? 0)) / SIGMAS_BETWEEN, LEAST_SCALE) };
}
