import type { Graph } from '../onnx/graph.js';

/**
 * Reverse-mode differentiation that writes ONNX: every operation adds its node and remembers the nodes of its gradient.
 * All parameters are one flat vector, so that an optimiser is a few nodes and a training run is three vectors.
 */
export interface Value {
  readonly name: string;
  readonly width: number;
  /** Whether a parameter is behind it, so that its gradient is needed. */
  readonly learned: boolean;
}

/** A matrix within the flat vector. `gain`: standard deviation of its first values times the root of its rows. */
export interface Slot {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly gain: number;
}

export interface Tape {
  /** `value` [N, width] times a new matrix, plus a new row. */
  linear(value: Value, columns: number, gain: number): Value;
  relu(value: Value): Value;
  softplus(value: Value): Value;
  add(a: Value, b: Value): Value;
  /** `value` [N, rows] times a constant matrix [rows, columns], row by row in `weights`. */
  times(value: Value, weights: ArrayLike<number>, columns: number): Value;
  /** Mean over rows and `taus` of the pinball loss of quantiles [N, taus] of `target` [N, 1]. */
  pinball(quantiles: Value, target: string, taus: readonly number[]): string;
  /** Adds the backward pass from the loss; the gradient of the flat vector. */
  gradient(): string;
  readonly slots: readonly Slot[];
  readonly size: number;
}

export function createTape(graph: Graph, theta: string): Tape {
  const slots: Slot[] = [];
  const matrices: string[] = [];
  const backward: (() => void)[] = [];
  const gradients = new Map<string, string>();
  let size = 0;

  function parameter(rows: number, columns: number, gain: number): string {
    const offset = size;
    slots.push({ offset, rows, columns, gain });
    size += rows * columns;
    const name = graph.node('Reshape', [graph.node('Slice', [theta, graph.ints(offset), graph.ints(size), graph.ints(0)]), graph.ints(rows, columns)]);
    matrices.push(name);
    return name;
  }

  function give(name: string, gradient: string): void {
    const before = gradients.get(name);
    gradients.set(name, before === undefined ? gradient : graph.node('Add', [before, gradient]));
  }

  /** Records how the gradient of `name` reaches what it was made of. A value that leads to no loss has none. */
  function record(name: string, pass: (gradient: string) => void): void {
    backward.push(() => {
      const gradient = gradients.get(name);
      if (gradient !== undefined) pass(gradient);
    });
  }

  return {
    slots,
    get size() {
      return size;
    },
    linear(value, columns, gain) {
      const weights = parameter(value.width, columns, gain);
      const bias = parameter(1, columns, 0);
      const name = graph.node('Gemm', [value.name, weights, bias]);
      record(name, (gradient) => {
        give(weights, graph.node('Gemm', [value.name, gradient], { transA: 1 }));
        give(bias, graph.node('ReduceSum', [gradient, graph.ints(0)], { keepdims: 1 }));
        if (value.learned) give(value.name, graph.node('Gemm', [gradient, weights], { transB: 1 }));
      });
      return { name, width: columns, learned: true };
    },
    relu(value) {
      const name = graph.node('Relu', [value.name]);
      // What came out is 0 or positive, so its sign is the derivative.
      record(name, (gradient) => give(value.name, graph.node('Mul', [gradient, graph.node('Sign', [name])])));
      return { ...value, name };
    },
    softplus(value) {
      const name = graph.node('Softplus', [value.name]);
      record(name, (gradient) => give(value.name, graph.node('Mul', [gradient, graph.node('Sigmoid', [value.name])])));
      return { ...value, name };
    },
    add(a, b) {
      const name = graph.node('Add', [a.name, b.name]);
      record(name, (gradient) => {
        for (const one of [a, b]) if (one.learned) give(one.name, gradient);
      });
      return { name, width: a.width, learned: a.learned || b.learned };
    },
    times(value, weights, columns) {
      const matrix = graph.floats(weights, value.width, columns);
      const name = graph.node('Gemm', [value.name, matrix]);
      record(name, (gradient) => {
        if (value.learned) give(value.name, graph.node('Gemm', [gradient, matrix], { transB: 1 }));
      });
      return { ...value, name, width: columns };
    },
    pinball(quantiles, target, taus) {
      const levels = graph.floats(taus, 1, taus.length);
      const error = graph.node('Sub', [target, quantiles.name]);
      const below = graph.node('Cast', [graph.node('Less', [error, graph.floats([0], 1)])], { to: 1 });
      const slope = graph.node('Sub', [below, levels]);
      const count = graph.node('Cast', [graph.node('Size', [error])], { to: 1 });
      backward.push(() => give(quantiles.name, graph.node('Div', [slope, count])));
      const sum = graph.node('ReduceSum', [graph.node('Mul', [graph.node('Neg', [slope]), error])], { keepdims: 0 });
      return graph.node('Reshape', [graph.node('Div', [sum, count]), graph.ints(1)]);
    },
    gradient() {
      for (const pass of backward.toReversed()) pass();
      const parts = matrices.map((name) => {
        const gradient = gradients.get(name);
        if (gradient === undefined) throw new RangeError('a parameter does not lead to the loss');
        return graph.node('Reshape', [gradient, graph.ints(-1)]);
      });
      return graph.node('Concat', parts, { axis: 0 });
    },
  };
}
