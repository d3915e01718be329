import { unwrap, type Aggregation, type Call, type Expr } from '../ast.js';
import type { Frame } from '../functions/frame.js';
import { FUNCTIONS } from '../functions/registry.js';
import { scale } from '../histogram/arithmetic.js';
import { executionError } from '../query-error.js';
import { aggregate } from './aggregate.js';
import { countValues, selectSome } from './aggregate-some.js';
import { evaluateBinary } from './binary.js';
import { gridFor, type Context, type Grid, unexpected } from './context.js';
import { selectInstant } from './instant.js';
import { selectRanges, subqueryRanges, type Ranges } from './ranges.js';
import { vector, type Value, type VectorSeries } from './value.js';

/** `expr` at every step of `grid`. What does not change from step to step is evaluated once. Throws QueryError. */
export function evaluate(expr: Expr, grid: Grid, context: Context): Value {
  const on = gridFor(expr, grid);
  const value = evaluateOn(expr, on, context);
  return on === grid ? value : spread(value, grid.steps);
}

function evaluateOn(expr: Expr, grid: Grid, context: Context): Value {
  context.checkTime();
  const done = context.done.get(expr);
  if (done) return vector(done);
  switch (expr.type) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(grid.steps).fill(expr.value) };
    case 'string':
      return { type: 'string', value: expr.value };
    case 'paren':
      return evaluate(expr.expr, grid, context);
    case 'selector':
      return vector(selectInstant(expr, grid, context));
    case 'unary':
      return expr.op === '+' ? evaluate(expr.expr, grid, context) : negate(evaluate(expr.expr, grid, context));
    case 'aggregation':
      return evaluateAggregation(expr, grid, context);
    case 'binary':
      return evaluateBinary(expr, evaluate(expr.left, grid, context), evaluate(expr.right, grid, context), grid, context);
    case 'call':
      return evaluateCall(expr, grid, context);
    case 'matrix':
    case 'subquery':
      throw unexpected('a range vector');
  }
}

function spread(value: Value, steps: number): Value {
  if (value.type === 'string') return value;
  if (value.type === 'scalar') return { type: 'scalar', values: new Float64Array(steps).fill(value.values[0] ?? Number.NaN) };
  return vector(
    value.series.map((one) => ({
      ...one,
      kinds: new Uint8Array(steps).fill(one.kinds[0] ?? 0),
      values: new Float64Array(steps).fill(one.values[0] ?? Number.NaN),
      histograms: one.histograms && Array.from({ length: steps }, () => one.histograms?.[0]),
    })),
  );
}

function negate(value: Value): Value {
  if (value.type === 'scalar') return { type: 'scalar', values: value.values.map((number) => -number) };
  if (value.type === 'string') return value;
  return vector(value.series.map((one) => ({ ...one, dropName: true, values: one.values.map((number) => -number), histograms: one.histograms?.map((histogram) => histogram && scale(histogram, -1)) })));
}

function evaluateAggregation(expr: Aggregation, grid: Grid, context: Context): Value {
  const series = vectorOf(evaluate(expr.expr, grid, context));
  if (expr.op === 'count_values') return vector(countValues(expr, series, textOf(expr.param, grid, context), grid));
  const param = expr.param ? scalarOf(evaluate(expr.param, grid, context)) : undefined;
  if (param && expr.op !== 'quantile') return vector(selectSome(expr, series, param, grid, context));
  return vector(aggregate(expr, series, param, grid, context));
}

function evaluateCall(call: Call, grid: Grid, context: Context): Value {
  const apply = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined;
  if (!apply) throw executionError(`the function ${call.name} is not supported`);
  const argument = (index: number): Expr => call.args[index] ?? call;
  const frame: Frame = {
    call, grid, context,
    vector: (index) => vectorOf(evaluate(argument(index), grid, context)),
    scalar: (index) => scalarOf(evaluate(argument(index), grid, context)),
    text: (index) => textOf(argument(index), grid, context),
    ranges: (index) => rangesOf(argument(index), grid, context),
  };
  return apply(frame);
}

function rangesOf(expr: Expr, grid: Grid, context: Context): Ranges {
  const inner = unwrap(expr);
  if (inner.type === 'matrix') return selectRanges(inner, context);
  if (inner.type !== 'subquery') throw unexpected('anything but a range vector');
  return subqueryRanges(inner, grid, context, (on) => {
    const value = evaluate(inner.expr, on, context);
    return value.type === 'scalar' ? vectorOf(scalarAsVector(value.values)) : vectorOf(value);
  });
}

function scalarAsVector(values: Float64Array): Value {
  return vector([{ labels: [], dropName: false, kinds: new Uint8Array(values.length).fill(1), values, histograms: undefined }]);
}

function vectorOf(value: Value): readonly VectorSeries[] {
  if (value.type !== 'vector') throw unexpected('anything but an instant vector');
  return value.series;
}

function scalarOf(value: Value): Float64Array {
  if (value.type !== 'scalar') throw unexpected('anything but a scalar');
  return value.values;
}

function textOf(expr: Expr | undefined, grid: Grid, context: Context): string {
  const value = expr && evaluate(expr, grid, context);
  if (value?.type !== 'string') throw unexpected('anything but a string');
  return value.value;
}
