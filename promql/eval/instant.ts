import type { VectorSelector } from '../ast.js';
import { unwrap, type Expr } from '../ast.js';
import { FLOAT, STALE, type SeriesData } from '../source.js';
import { selectSmoothed } from './smoothed.js';
import { checkHeld, lookAt, timeAt, type Context, type Grid } from './context.js';
import type { Evaluation } from './turns.js';
import { emptySeries, isEmpty, setFloat, setHistogram, type VectorSeries } from './value.js';

/** The latest sample of each series no older than the lookback at every step, unless it is stale. */
export function selectInstant(selector: VectorSelector, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  if (selector.edges === 'smoothed') return selectSmoothed(selector, grid, context);
  return selectLatest(selector, grid, context, takeFloats, (series, data, at, step) => {
    if (data.kinds[at] === FLOAT) setFloat(series, step, data.values[at] ?? Number.NaN);
    else {
      const histogram = data.histograms?.[at];
      if (histogram) setHistogram(series, step, histogram);
    }
  });
}

/** As selectInstant, with the samples' times in seconds for values. */
export function selectTimes(selector: VectorSelector, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  return selectLatest(selector, grid, context, undefined, (series, data, at, step) => setFloat(series, step, (data.times[at] ?? Number.NaN) / 1000));
}

/** As selectInstant, with the samples' start times in seconds for values. */
export function selectStarts(selector: VectorSelector, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  return selectLatest(selector, grid, context, undefined, (series, data, at, step) => setFloat(series, step, (data.starts?.[at] ?? 0) / 1000));
}

/** As selectLatest does, for a series of nothing but floats, without a call per step. Returns whether there was any. */
function takeFloats(series: VectorSeries, { times, values }: SeriesData, grid: Grid, look: (time: number) => number, lookbackMs: number): boolean {
  const { kinds, values: out } = series;
  const length = times.length;
  let at = -1;
  let any = false;
  for (let step = 0; step < grid.steps; step += 1) {
    const time = look(timeAt(grid, step));
    while (at + 1 < length && (times[at + 1] ?? Infinity) <= time) at += 1;
    if (at < 0 || (times[at] ?? -Infinity) <= time - lookbackMs) continue;
    out[step] = values[at] ?? Number.NaN;
    kinds[step] = FLOAT;
    any = true;
  }
  return any;
}

/** The latest sample of each series that counts at every step, given to `put`. `plain` is a short way for series of nothing but floats. */
export function* selectLatest(selector: VectorSelector, grid: Grid, context: Context, plain: typeof takeFloats | undefined, put: (series: VectorSeries, data: SeriesData, at: number, step: number) => void): Evaluation<VectorSeries[]> {
  const look = lookAt(selector, context);
  const found: VectorSeries[] = [];
  for (const data of context.data.get(selector) ?? []) {
    if (context.checkTime()) yield;
    checkHeld(found.length + 1, grid, context);
    const series = emptySeries(data.labels, grid.steps);
    if (plain && data.plain) {
      if (plain(series, data, grid, look, context.lookbackMs)) found.push(series);
      continue;
    }
    let at = -1;
    for (let step = 0; step < grid.steps; step += 1) {
      const time = look(timeAt(grid, step));
      while (at + 1 < data.times.length && (data.times[at + 1] ?? Infinity) <= time) at += 1;
      if (at < 0 || (data.times[at] ?? -Infinity) <= time - context.lookbackMs || data.kinds[at] === STALE) continue;
      put(series, data, at, step);
    }
    if (!isEmpty(series)) found.push(series);
  }
  return found;
}

/** The selector that `expr` is, inside any parentheses. */
export function asSelector(expr: Expr | undefined): VectorSelector | undefined {
  const inner = expr && unwrap(expr);
  return inner?.type === 'selector' ? inner : undefined;
}

