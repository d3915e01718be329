import { QueryError } from '#core/promql.js';
import type { DurationContext, Expr, Modifiers, Subquery, VectorSelector } from '../ast.js';
import { unwrap } from '../ast.js';
import { executionError, tooManySamples } from '../query-error.js';
import type { SeriesData } from '../source.js';
import type { Annotations } from './annotations.js';
import { infoSelector } from './info-selector.js';
import type { Turns } from './turns.js';
import type { VectorSeries } from './value.js';

/** The times an expression is evaluated at: `start + step * i` for i below `steps`, epoch milliseconds. */
export interface Grid {
  readonly start: number;
  readonly step: number;
  readonly steps: number;
}

/** What evaluation of one query works with. */
export interface Context extends Turns {
  /** The times of the whole query, whatever grid a subquery uses. */
  readonly bounds: { readonly start: number; readonly end: number; readonly step: number; readonly steps: number };
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly maxSamples: number;
  readonly annotations: Annotations;
  /** What each selector of the query found. */
  readonly data: ReadonlyMap<VectorSelector, readonly SeriesData[]>;
  /** Leaves that are evaluated already. */
  readonly done: ReadonlyMap<Expr, readonly VectorSeries[]>;
}

export type Bounds = Pick<Context, 'bounds' | 'subqueryStepMs' | 'maxSamples'>;

export function timeAt(grid: Grid, step: number): number {
  return grid.start + grid.step * step;
}

export function timesOf(grid: Grid): Float64Array {
  const times = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step += 1) times[step] = timeAt(grid, step);
  return times;
}

export function lastTime(grid: Grid): number {
  return timeAt(grid, grid.steps - 1);
}

function durationContext({ bounds }: Pick<Context, 'bounds'>): DurationContext {
  return { stepMs: bounds.step, rangeMs: bounds.end - bounds.start };
}

/** Maps an evaluation time to the time a selector looks at. */
export function lookAt(modifiers: Modifiers, context: Pick<Context, 'bounds'>): (time: number) => number {
  const offset = modifiers.offset?.ms(durationContext(context)) ?? 0;
  const { at } = modifiers;
  if (at === undefined) return (time) => time - offset;
  const fixed = (at === 'start' ? context.bounds.start : at === 'end' ? context.bounds.end : at) - offset;
  return () => fixed;
}

/** Throws when a range, or a subquery's step, is not positive. */
export function positiveMs(duration: { ms(context: DurationContext): number }, context: Pick<Context, 'bounds'>): number {
  const ms = duration.ms(durationContext(context));
  if (!(ms > 0)) throw new QueryError('bad_data', 'duration must be greater than 0');
  return ms;
}

/** The times a subquery evaluates its expression at: multiples of its step inside every window of `grid`. Throws when there are too many. */
export function subqueryGrid(subquery: Subquery, grid: Grid, context: Bounds): Grid {
  const step = subquery.step ? positiveMs(subquery.step, context) : context.subqueryStepMs;
  const look = lookAt(subquery, context);
  const after = look(grid.start) - positiveMs(subquery.range, context);
  const start = (Math.floor(after / step) + 1) * step;
  const end = look(lastTime(grid));
  const steps = Math.max(Math.floor((end - start) / step) + 1, 0);
  if (steps > context.maxSamples) throw tooManySamples();
  return { start, step, steps };
}

/** The values at a query's own steps take half of what samples do, and most of them are there for a moment: only what it answers with counts in full. */
const STEPS_SHARE = 5;

/** Throws when so many series at the steps of a grid are more than a query may hold; called before room is made for them. */
export function checkHeld(series: number, { steps }: Grid, { bounds, maxSamples }: Context): void {
  if (series * steps > (steps > bounds.steps ? maxSamples : STEPS_SHARE * maxSamples)) throw tooManySamples();
}

/** Functions whose answer depends on the evaluation time even when their arguments do not. */
const TIME_BOUND = new Set(['time', 'timestamp', 'start_timestamp', 'predict_linear', 'day_of_month', 'day_of_week', 'day_of_year', 'days_in_month', 'hour', 'minute', 'month', 'year']);

/** Whether every step gives the same answer because each selector is pinned by `@`. */
function isStepInvariant(expr: Expr): boolean {
  switch (expr.type) {
    case 'number':
    case 'string':
      return true;
    case 'selector':
    case 'subquery':
      return expr.at !== undefined;
    case 'matrix':
      return expr.selector.at !== undefined;
    case 'paren':
    case 'unary':
      return isStepInvariant(expr.expr);
    case 'aggregation':
      return isStepInvariant(expr.expr) && (!expr.param || isStepInvariant(expr.param));
    case 'binary':
      return isStepInvariant(expr.left) && isStepInvariant(expr.right);
    case 'call':
      if (expr.name === 'info') return infoSelector(expr).at !== undefined && expr.args.slice(0, 1).every(isStepInvariant);
      return !TIME_BOUND.has(expr.name) && expr.args.every(isStepInvariant);
  }
}

/** The grid `expr` is really evaluated on: one step when all are alike. */
export function gridFor(expr: Expr, grid: Grid): Grid {
  const inner = unwrap(expr);
  const cheap = inner.type === 'number' || inner.type === 'string' || inner.type === 'matrix' || inner.type === 'subquery';
  return grid.steps > 1 && !cheap && isStepInvariant(expr) ? { ...grid, steps: 1 } : grid;
}

export function unexpected(what: string): QueryError {
  return executionError(`cannot evaluate ${what} here`);
}
