import { createGraph, type Graph } from '../onnx/graph.js';
import { RANKS, WINDOW } from './shape.js';

/**
 * Robust level: the median of the window and its spread, which a few outliers cannot move. Sees slow drifts that a forecaster follows.
 * `ranks` [N, 5], what is in the middle of the window, → `expected` [N, 1], the median, and `scale` [N, 1], the larger of what its median and its 85th percentile of deviations say of a Gaussian: an anomaly of a seventh of the window does not widen it.
 */
const SIGMA_OF_MEDIAN_ABSOLUTE = 1.4826;
const HALF = WINDOW / 2;
const TAIL = Math.floor(WINDOW * 0.15);
const SIGMA_OF_TAIL = 1 / 1.44;

export function buildRobust(): Graph {
  const graph = createGraph();
  const ranks = graph.input('ranks', RANKS);
  const typical = SIGMA_OF_MEDIAN_ABSOLUTE / 2;
  graph.node('MatMul', [ranks, graph.floats([0.5, 0.5, 0, 0, 0], RANKS, 1)], {}, 'expected');
  // One column for each of the two.
  graph.node('ReduceMax', [graph.node('MatMul', [ranks, graph.floats([0, 0, 0, 0, typical, 0, typical, 0, 0, SIGMA_OF_TAIL], RANKS, 2)])], { axes: [1], keepdims: 1 }, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  return graph;
}

/** The same in plain loops, for one row: the known answer that a provider must give. */
export function robustLevel(window: Float32Array): { expected: number; scale: number } {
  const sorted = [...window].toSorted((a, b) => b - a);
  const expected = ((sorted[HALF - 1] ?? 0) + (sorted[HALF] ?? 0)) / 2;
  const deviations = sorted.map((value) => Math.abs(value - expected)).toSorted((a, b) => b - a);
  return { expected, scale: Math.max((SIGMA_OF_MEDIAN_ABSOLUTE * ((deviations[HALF - 1] ?? 0) + (deviations[HALF] ?? 0))) / 2, (deviations[TAIL] ?? 0) * SIGMA_OF_TAIL) };
}
