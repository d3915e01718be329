import { createGraph, type Graph } from '../onnx/graph.js';
import { WINDOW } from './shape.js';

/**
 * Robust level: the median of the window and its spread, which a few outliers cannot move. Sees slow drifts that a forecaster follows.
 * `sorted` [N, 120], the window in ascending order, → `expected` [N, 1], the median, and `scale` [N, 1], the larger of what its median and its 85th percentile of deviations say of a Gaussian: an anomaly of a seventh of the window does not widen it.
 * In sorted order the deviations on either side of the median are sorted too, so no second sort is needed: the k-th smallest of two sorted lists is the least, over i + j = k, of the larger of the i-th of one and the j-th of the other.
 */
const SIGMA_OF_MEDIAN_ABSOLUTE = 1.4826;
const HALF = WINDOW / 2;
const TAIL = Math.floor(WINDOW * 0.15);
const SIGMA_OF_TAIL = 1 / 1.44;

export function buildRobust(): Graph {
  const graph = createGraph();
  const sorted = graph.input('sorted', WINDOW);
  const slice = (from: number, to: number): string => graph.node('Slice', [sorted, graph.ints(from), graph.ints(to), graph.ints(1)]);
  const below = (from: number, to: number): string => graph.node('Sub', ['expected', slice(from, to)]);
  const above = (from: number, to: number): string => graph.node('Sub', [slice(from, to), 'expected']);
  graph.node('Mul', [graph.node('Add', [slice(HALF - 1, HALF), slice(HALF, HALF + 1)]), graph.floats([0.5], 1)], {}, 'expected');
  /** The least over `from` ≤ p < `to` of the larger of how far the p-th value is below and the one `apart` from it above. */
  const least = (from: number, to: number, apart: number): string => graph.node('ReduceMin', [graph.node('Max', [below(from, to), above(from + apart, to + apart)])], { axes: [1], keepdims: 1 });
  const [first, last] = [below(0, 1), above(WINDOW - 1, WINDOW)];
  const lowerMiddle = graph.node('Min', [least(1, HALF, HALF - 1), first, last]);
  const upperMiddle = least(0, HALF, HALF);
  const typical = graph.node('Mul', [graph.node('Add', [lowerMiddle, upperMiddle]), graph.floats([SIGMA_OF_MEDIAN_ABSOLUTE / 2], 1)]);
  const tail = graph.node('Mul', [least(0, TAIL + 1, WINDOW - 1 - TAIL), graph.floats([SIGMA_OF_TAIL], 1)]);
  graph.node('Max', [typical, tail], {}, 'scale');
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
