import { createGraph, type Graph } from '../onnx/graph.js';
import { EXPERTS, SEASON, WINDOW } from './shape.js';

/**
 * Seasonal forecaster: several simple forecasts of the next point (levels, a trend, the same phase of shorter cycles, the same time yesterday), each weighed by how well it did on the last 60 points of this very series.
 * `forecasts` [N, 15] and `errors` [N, 15], what each says of the next point and its mean absolute error (`experts.ts`), → `expected` [N, 1] and `scale` [N, 1], its expected error as a standard deviation. A far-off constant stands for an unknown day before.
 */
const TARGETS = SEASON - 1;
const CYCLES = [6, 12, 15, 20, 24, 30, 40, 48];
/** Weight falls by e for each quarter that an expert errs more than the best. */
const SHARPNESS = 4;
const SIGMA_OF_MEAN_ABSOLUTE = 1.2533;
/** In units of the normalised window. */
const LEAST_ERROR = 0.02;

export function buildSeasonal(): Graph {
  const graph = createGraph();
  const forecasts = graph.input('forecasts', EXPERTS);
  const errors = graph.input('errors', EXPERTS);
  const floored = graph.node('Add', [errors, graph.floats([LEAST_ERROR], 1)]);
  const best = graph.node('ReduceMin', [floored], { axes: [1], keepdims: 1 });
  const share = graph.node('Softmax', [graph.node('Div', [floored, graph.node('Mul', [best, graph.floats([-1 / SHARPNESS], 1)])])], { axis: 1 });
  graph.node('ReduceSum', [graph.node('Mul', [share, forecasts]), graph.ints(1)], { keepdims: 1 }, 'expected');
  graph.node('Mul', [graph.node('ReduceSum', [graph.node('Mul', [share, errors]), graph.ints(1)], { keepdims: 1 }), graph.floats([SIGMA_OF_MEAN_ABSOLUTE], 1)], {}, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  return graph;
}

type Expert = (at: number) => (index: number) => number;

/** A weighting of the points before `at`, most recent last. */
const recent = (alpha: number): Expert => (at) => (index) => (index < at && index >= at - TARGETS ? alpha * (1 - alpha) ** (at - 1 - index) / (1 - (1 - alpha) ** TARGETS) : 0);
const mean = (length: number): Expert => (at) => (index) => (index < at && index >= at - length ? 1 / length : 0);
const cycle = (period: number): Expert => (at) => (index) => (Math.abs(index - (at - period)) <= 1 ? 1 / 3 : 0);
/** Least-squares line through the last points, continued by one. */
const trend = (length: number): Expert => (at) => (index) => {
  const x = index - (at - length);
  if (x < 0 || index >= at) return 0;
  const middle = (length - 1) / 2;
  return 1 / length + ((x - middle) * (length - middle)) / ((length * (length * length - 1)) / 12);
};

const WEIGHTINGS: readonly Expert[] = [recent(0.05), recent(0.2), recent(0.5), mean(30), mean(60), trend(20), ...CYCLES.map(cycle)];

/** The same from the points themselves, in plain loops and double precision, for one row: the known answer that a provider must give. */
export function seasonalForecast(window: Float32Array, yesterday: Float32Array): { expected: number; scale: number } {
  const errorOf = (forecasts: readonly number[]): number => {
    let sum = 0;
    for (let step = 0; step < TARGETS; step += 1) sum += Math.abs((forecasts[step] ?? 0) - (window[WINDOW - TARGETS + step] ?? 0));
    return sum / TARGETS;
  };
  const forecasts = WEIGHTINGS.map((weigh) =>
    Array.from({ length: SEASON }, (_, step) => {
      const of = weigh(WINDOW - TARGETS + step);
      return window.reduce((sum, value, index) => sum + value * of(index), 0);
    }),
  );
  const all = [...forecasts, [...yesterday]];
  const errors = all.map(errorOf);
  const best = Math.min(...errors) + LEAST_ERROR;
  const weights = errors.map((error) => Math.exp((-SHARPNESS * (error + LEAST_ERROR)) / best));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const blend = (values: readonly number[]): number => values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0) / total;
  return { expected: blend(all.map((forecast) => forecast[TARGETS] ?? 0)), scale: blend(errors) * SIGMA_OF_MEAN_ABSOLUTE };
}
