import { createGraph, type Graph } from '../onnx/graph.js';
import { SEASON, WINDOW } from './shape.js';

/**
 * Seasonal forecaster: several simple forecasts of the next point (levels, a trend, the same phase of shorter cycles, the same time yesterday), each weighed by how well it did on the last 60 points of this very series.
 * `window` [N, 120] → `expected` [N, 1] and `scale` [N, 1], its expected error as a standard deviation. `yesterday` [N, 61] is the same time a day before, for the 60 points and the next; a far-off constant where unknown.
 */
const TARGETS = SEASON - 1;
const CYCLES = [6, 12, 15, 20, 24, 30, 40, 48];
/** Weight falls by e for each quarter that an expert errs more than the best. */
const SHARPNESS = 4;
const SIGMA_OF_MEAN_ABSOLUTE = 1.2533;
/** In units of the normalised window. */
const LEAST_ERROR = 0.02;

type Expert = (at: number) => (index: number) => number;

/** A weighting of the points before `at`, most recent last. */
const recent = (alpha: number): Expert => (at) => (index) => (index < at ? alpha * (1 - alpha) ** (at - 1 - index) / (1 - (1 - alpha) ** at) : 0);
const mean = (length: number): Expert => (at) => (index) => (index < at && index >= at - length ? 1 / length : 0);
const cycle = (period: number): Expert => (at) => (index) => (Math.abs(index - (at - period)) <= 1 ? 1 / 3 : 0);
/** Least-squares line through the last points, continued by one. */
const trend = (length: number): Expert => (at) => (index) => {
  const x = index - (at - length);
  if (x < 0 || index >= at) return 0;
  const middle = (length - 1) / 2;
  return 1 / length + ((x - middle) * (length - middle)) / ((length * (length * length - 1)) / 12);
};

/** Experts that need all points before a target, and those that need three of them only. */
const LINEAR: readonly Expert[] = [recent(0.05), recent(0.2), recent(0.5), mean(30), mean(60), trend(20)];
const EXPERTS: readonly Expert[] = [...LINEAR, ...CYCLES.map(cycle)];

/** The batch is the last dimension while errors are measured: what is cut out of the windows then lies in one piece, and the errors of one expert stay in the cache. */
export function buildSeasonal(): Graph {
  const graph = createGraph();
  const window = graph.input('window', WINDOW);
  const yesterday = graph.input('yesterday', SEASON);
  const turned = (input: string): string => graph.node('Transpose', [input], { perm: [1, 0] });
  const cut = (from: string, begin: number, end: number): string => graph.node('Slice', [from, graph.ints(begin), graph.ints(end), graph.ints(0)]);
  const points = turned(window);
  const targets = cut(points, WINDOW - TARGETS, WINDOW);
  const meanAbsolute = (differences: string): string => graph.node('ReduceMean', [graph.node('Abs', [differences])], { axes: [0], keepdims: 1 });
  const lessTargets = (forecasts: string): string => graph.node('Sub', [forecasts, targets]);
  /** Each point with its neighbours; the first is that of the second point. */
  const smooth = graph.node('Mul', [graph.node('Add', [graph.node('Add', [cut(points, 0, WINDOW - 2), cut(points, 1, WINDOW - 1)]), cut(points, 2, WINDOW)]), graph.floats([1 / 3], 1)]);
  const errors = turned(
    graph.node(
      'Concat',
      [
        ...LINEAR.map((weigh) => meanAbsolute(graph.node('MatMul', [graph.floats(errorWeights(weigh), TARGETS, WINDOW), points]))),
        ...CYCLES.map((period) => meanAbsolute(lessTargets(cut(smooth, WINDOW - TARGETS - period - 1, WINDOW - period - 1)))),
        meanAbsolute(lessTargets(cut(turned(yesterday), 0, TARGETS))),
      ],
      { axis: 0 },
    ),
  );
  const weights = EXPERTS.map((weigh) => weigh(WINDOW));
  const linear = graph.node('MatMul', [window, graph.floats(Array.from({ length: WINDOW * EXPERTS.length }, (_, at) => weights[at % EXPERTS.length]?.(Math.floor(at / EXPERTS.length)) ?? 0), WINDOW, EXPERTS.length)]);
  const forecasts = graph.node('Concat', [linear, graph.node('Slice', [yesterday, graph.ints(TARGETS), graph.ints(SEASON), graph.ints(1)])], { axis: 1 });
  const floored = graph.node('Add', [errors, graph.floats([LEAST_ERROR], 1)]);
  const best = graph.node('ReduceMin', [floored], { axes: [1], keepdims: 1 });
  const share = graph.node('Softmax', [graph.node('Div', [floored, graph.node('Mul', [best, graph.floats([-1 / SHARPNESS], 1)])])], { axis: 1 });
  graph.node('ReduceSum', [graph.node('Mul', [share, forecasts]), graph.ints(1)], { keepdims: 1 }, 'expected');
  graph.node('Mul', [graph.node('ReduceSum', [graph.node('Mul', [share, errors]), graph.ints(1)], { keepdims: 1 }), graph.floats([SIGMA_OF_MEAN_ABSOLUTE], 1)], {}, 'scale');
  graph.output('expected', 1);
  graph.output('scale', 1);
  return graph;
}

/** What an expert says of each target less the target itself, as weights of the points. */
function errorWeights(weigh: Expert): Float32Array {
  const weights = new Float32Array(TARGETS * WINDOW);
  for (let target = 0; target < TARGETS; target += 1) {
    const at = WINDOW - TARGETS + target;
    const of = weigh(at);
    for (let index = 0; index < WINDOW; index += 1) weights[target * WINDOW + index] = of(index) - (index === at ? 1 : 0);
  }
  return weights;
}

/** The same in plain loops and double precision, for one row: the known answer that a provider must give. */
export function seasonalForecast(window: Float32Array, yesterday: Float32Array): { expected: number; scale: number } {
  const errorOf = (forecasts: readonly number[]): number => {
    let sum = 0;
    for (let step = 0; step < TARGETS; step += 1) sum += Math.abs((forecasts[step] ?? 0) - (window[WINDOW - TARGETS + step] ?? 0));
    return sum / TARGETS;
  };
  const forecasts = EXPERTS.map((weigh) =>
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
