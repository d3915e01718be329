import { unwrap, type Aggregation, type Call, type Expr } from '../ast.js';
import type { Frame } from '../functions/frame.js';
import { FUNCTIONS } from '../functions/registry.js';
import { scale } from '../histogram/arithmetic.js';
import { executionError } from '../query-error.js';
import { aggregate } from './aggregate.js';
import { countValues, selectSome } from './aggregate-some.js';
import { evaluateBinary } from './binary.js';
import { checkHeld, gridFor, type Context, type Grid, unexpected } from './context.js';
import { asSelector, selectInstant } from './instant.js';
import { selectRanges, subqueryRanges, type Ranges } from './ranges.js';
import type { Evaluation } from './turns.js';
import { vector, type Value, type VectorSeries } from './value.js';

/** `expr` at every step of `grid`. What does not change from step to step is evaluated once. Throws QueryError. */
export function* evaluate(expr: Expr, grid: Grid, context: Context): Evaluation<Value> {
  const on = gridFor(expr, grid);
  const value = yield* evaluateOn(expr, on, context);
  if (value.type === 'vector') checkHeld(value.series.length, grid, context);
  return on === grid ? value : spread(value, grid.steps);
}

function* evaluateOn(expr: Expr, grid: Grid, context: Context): Evaluation<Value> {
  if (context.checkTime()) yield;
  const done = context.done.get(expr);
  if (done) return vector(done);
  switch (expr.type) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(grid.steps).fill(expr.value) };
    case 'string':
      return { type: 'string', value: expr.value };
    case 'paren':
      return yield* evaluate(expr.expr, grid, context);
    case 'selector':
      return vector(yield* selectInstant(expr, grid, context));
    case 'unary':
      return expr.op === '+' ? yield* evaluate(expr.expr, grid, context) : negate(yield* evaluate(expr.expr, grid, context));
    case 'aggregation':
      return yield* evaluateAggregation(expr, grid, context);
    case 'binary':
      return yield* evaluateBinary(expr, yield* evaluate(expr.left, grid, context), yield* evaluate(expr.right, grid, context), grid, context);
    case 'call':
      return yield* evaluateCall(expr, grid, context);
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

function* evaluateAggregation(expr: Aggregation, grid: Grid, context: Context): Evaluation<Value> {
  const series = vectorOf(yield* evaluate(expr.expr, grid, context));
  const given = expr.param ? yield* evaluate(expr.param, grid, context) : undefined;
  if (expr.op === 'count_values') return vector(yield* countValues(expr, series, textOf(given), grid, context));
  const param = given && scalarOf(given);
  if (param && expr.op !== 'quantile') return vector(yield* selectSome(expr, series, param, grid, context));
  return vector(yield* aggregate(expr, series, param, grid, context));
}

function* evaluateCall(call: Call, grid: Grid, context: Context): Evaluation<Value> {
  const apply = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined;
  if (!apply) throw executionError(`the function ${call.name} is not supported`);
  const values: Value[] = [];
  const ranges: Ranges[] = [];
  for (const [index, arg] of call.args.entries()) {
    if (isReadAsItStands(call, index)) continue;
    const inner = unwrap(arg);
    if (inner.type === 'matrix') ranges[index] = selectRanges(inner, context);
    else if (inner.type === 'subquery') ranges[index] = yield* subqueryRanges(inner, grid, context, (on) => evaluateSteps(inner.expr, on, context));
    else values[index] = yield* evaluate(arg, grid, context);
  }
  const frame: Frame = {
    call, grid, context,
    vector: (index) => vectorOf(values[index]),
    scalar: (index) => scalarOf(values[index]),
    text: (index) => textOf(values[index]),
    ranges: (index) => ranges[index] ?? fail('anything but a range vector'),
  };
  const value = apply(frame);
  return 'type' in value ? value : yield* value;
}

/** What the functions look up themselves: the labels for `info`, the samples of a selector for their times. */
function isReadAsItStands({ name, args }: Call, index: number): boolean {
  return (name === 'info' && index === 1) || ((name === 'timestamp' || name === 'start_timestamp') && asSelector(args[index]) !== undefined);
}

/** What a subquery is made of: `expr`, or its number as a series. */
function* evaluateSteps(expr: Expr, grid: Grid, context: Context): Evaluation<readonly VectorSeries[]> {
  const value = yield* evaluate(expr, grid, context);
  return vectorOf(value.type === 'scalar' ? scalarAsVector(value.values) : value);
}

function scalarAsVector(values: Float64Array): Value {
  return vector([{ labels: [], dropName: false, kinds: new Uint8Array(values.length).fill(1), values, histograms: undefined }]);
}

function vectorOf(value: Value | undefined): readonly VectorSeries[] {
  return value?.type === 'vector' ? value.series : fail('anything but an instant vector');
}

function scalarOf(value: Value | undefined): Float64Array {
  return value?.type === 'scalar' ? value.values : fail('anything but a scalar');
}

function textOf(value: Value | undefined): string {
  return value?.type === 'string' ? value.value : fail('anything but a string');
}

function fail(what: string): never {
  throw unexpected(what);
}
