import type { Graph } from '../onnx/graph.js';

const DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;
/** The longest gradient that is followed in full. */
const CLIP = 1;

/**
 * Adam with the gradient clipped by its length, as nodes: `theta`, `m`, `v` [size], `lr`, `correction1`, `correction2` [1] → `theta1`, `m1`, `v1` [size] and `gnorm` [1], the length before it was clipped.
 * Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), algorithm 1.
 */
export function addAdam(graph: Graph, gradient: string, size: number): void {
  const [m, v] = [graph.vector('m', size), graph.vector('v', size)];
  const [rate, correct, correctSquare] = [graph.vector('lr', 1), graph.vector('correction1', 1), graph.vector('correction2', 1)];
  const scalar = (value: number): string => graph.floats([value], 1);
  const node = (type: string, ...inputs: string[]): string => graph.node(type, inputs);
  const squares = graph.node('Reshape', [graph.node('ReduceSumSquare', [gradient], { keepdims: 0 }), graph.ints(1)]);
  graph.node('Sqrt', [node('Add', squares, scalar(1e-12))], {}, 'gnorm');
  const clipped = node('Mul', gradient, node('Min', node('Div', scalar(CLIP), 'gnorm'), scalar(1)));
  const blend = (old: string, fresh: string, decay: number, output: string): string => graph.node('Add', [node('Mul', old, scalar(decay)), node('Mul', fresh, scalar(1 - decay))], {}, output);
  blend(m, clipped, DECAY, 'm1');
  blend(v, node('Mul', clipped, clipped), SQUARE_DECAY, 'v1');
  const step = node('Div', node('Mul', 'm1', correct), node('Add', node('Sqrt', node('Mul', 'v1', correctSquare)), scalar(EPSILON)));
  graph.node('Sub', ['theta', node('Mul', step, rate)], {}, 'theta1');
  for (const name of ['theta1', 'm1', 'v1']) graph.outputVector(name, size);
  graph.outputVector('gnorm', 1);
}

/** What Adam's running means are divided by at step `step`, as factors: they began at zero. */
export const corrections = (step: number): { correction1: number; correction2: number } => ({ correction1: 1 / (1 - DECAY ** step), correction2: 1 / (1 - SQUARE_DECAY ** step) });
