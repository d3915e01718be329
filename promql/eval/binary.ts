import { keepsValues, type Binary } from '../ast.js';
import type { Context, Grid } from './context.js';
import { matchVectors } from './matching.js';
import { floatOp, sampleAt, sampleOp, UNFIT } from './operators.js';
import { setOperation } from './set-operations.js';
import type { Evaluation } from './turns.js';
import { ABSENT, emptySeries, isEmpty, setAny, vector, type Value, type VectorSeries } from './value.js';

/** `left op right` of any two types that the type check lets through. */
export function* evaluateBinary(expr: Binary, left: Value, right: Value, grid: Grid, context: Context): Evaluation<Value> {
  if (left.type === 'scalar' && right.type === 'scalar') return { type: 'scalar', values: left.values.map((value, step) => floatOp(expr.op, value, right.values[step] ?? Number.NaN)) };
  if (left.type === 'vector' && right.type === 'scalar') return vector(yield* withScalar(expr, left.series, right.values, false, grid, context));
  if (left.type === 'scalar' && right.type === 'vector') return vector(yield* withScalar(expr, right.series, left.values, true, grid, context));
  if (left.type !== 'vector' || right.type !== 'vector') return vector([]);
  if (expr.op === 'and' || expr.op === 'or' || expr.op === 'unless') return vector(setOperation(expr.op, expr.matching, left.series, right.series));
  return vector(yield* matchVectors(expr, left.series, right.series, grid, context));
}

function* withScalar(expr: Binary, series: readonly VectorSeries[], scalar: Float64Array, scalarFirst: boolean, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  const renames = !keepsValues(expr.op) || expr.bool;
  const results: VectorSeries[] = [];
  for (const one of series) {
    if (context.checkTime()) yield;
    const result = emptySeries(one.labels, grid.steps, one.dropName || renames);
    for (let step = 0; step < grid.steps; step += 1) {
      if (one.kinds[step] === ABSENT) continue;
      const sample = sampleAt(one, step);
      const number = scalar[step] ?? Number.NaN;
      const value = scalarFirst ? sampleOp(expr, number, sample, sample, context.annotations) : sampleOp(expr, sample, number, sample, context.annotations);
      if (value !== undefined && value !== UNFIT) setAny(result, step, value);
    }
    if (!isEmpty(result)) results.push(result);
  }
  return results;
}
