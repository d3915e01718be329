import { createGraph, type Graph } from '../onnx/graph.js';
import { WINDOW } from './shape.js';

/**
 * Robust level: the median of the window and its spread, which a few outliers cannot move. Sees slow drifts that a forecaster follows.
 * `window` [N, 120] → `expected` [N, 1], the median, and `scale` [N, 1], the larger of what its median and its 85th percentile of deviations say of a Gaussian: an anomaly of a seventh of the window does not widen it.
 */
const SIGMA_OF_MEDIAN_ABSOLUTE = 1.4826;
const TAIL = Math.floor(WINDOW * 0.15);
const SIGMA_OF_TAIL = 1 / 1.44;

export function buildRobust(): Graph {
  const graph = createGraph();
  const window = graph.input('window', WINDOW);
  const count = graph.ints(WINDOW);
  const middle = graph.floats(pick([WINDOW / 2 - 1, 0.5], [WINDOW / 2, 0.5]), WINDOW, 1);
  graph.node('MatMul', [graph.node('TopK', [window, count], { axis: 1, largest: 1, sorted: 1 }), middle], {}, 'expected');
  const deviations = graph.node('TopK', [graph.node('Abs', [graph.node('Sub', [window, 'expected'])]), count], { axis: 1, largest: 1, sorted: 1 });
  const typical = graph.node('MatMul', [deviations, graph.floats(pick([WINDOW / 2 - 1, SIGMA_OF_MEDIAN_ABSOLUTE / 2], [WINDOW / 2, SIGMA_OF_MEDIAN_ABSOLUTE / 2]), WINDOW, 1)]);
  const tail = graph.node('MatMul', [deviations, graph.floats(pick([TAIL, SIGMA_OF_TAIL]), WINDOW, 1)]);
  graph.node('Max', [typical, tail], {}, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  return graph;
}

function pick(...weights: readonly (readonly [number, number])[]): Float32Array {
  const column = new Float32Array(WINDOW);
  for (const [index, weight] of weights) column[index] = weight;
  return column;
}

/** The same in plain loops, for one row: the known answer that a provider must give. */
export function robustLevel(window: Float32Array): { expected: number; scale: number } {
  const half = WINDOW / 2;
  const sorted = [...window].toSorted((a, b) => b - a);
  const expected = ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
  const deviations = sorted.map((value) => Math.abs(value - expected)).toSorted((a, b) => b - a);
  return { expected, scale: Math.max((SIGMA_OF_MEDIAN_ABSOLUTE * ((deviations[half - 1] ?? 0) + (deviations[half] ?? 0))) / 2, (deviations[TAIL] ?? 0) * SIGMA_OF_TAIL) };
}
