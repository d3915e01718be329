import { unwrap, type Expr, type Subquery } from './ast.js';
import { Annotations } from './eval/annotations.js';
import { lookAt, positiveMs, subqueryGrid, type Context, type Grid } from './eval/context.js';
import { evaluate } from './eval/evaluate.js';
import { planReads } from './eval/plan.js';
import { finish, joinEqual, type Value, type VectorSeries } from './eval/value.js';
import type { Histogram } from './histogram/histogram.js';
import { compareLabels, dropName, type LabelSet } from './labels.js';
import { parsePromql } from './parse.js';
import { QueryError } from './query-error.js';
import { FLOAT, HISTOGRAM, type SampleSource, type SelectLimits, type SeriesData } from './source.js';

export interface RunOptions {
  readonly source: SampleSource;
  readonly limits: Omit<SelectLimits, 'timeoutSeconds'>;
  readonly timeoutMs: number;
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
}

/** One series of an answer; `points` in the order of time. */
export interface ResultSeries {
  readonly labels: LabelSet;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly { readonly time: number; readonly histogram: Histogram }[];
}

export type RunResult =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly ResultSeries[] };

export interface RunAnswer {
  readonly result: RunResult;
  readonly warnings: string[];
  readonly infos: string[];
}

/** Evaluates `query` on `grid`. `instant` answers with a vector, scalar, string, or the samples of a range; otherwise with a matrix. Rejects with QueryError. */
export async function runQuery(query: string, grid: Grid, instant: boolean, options: RunOptions): Promise<RunAnswer> {
  const expr = parsePromql(query);
  const annotations = new Annotations(query);
  const end = grid.start + grid.step * (grid.steps - 1);
  const bounds = { start: grid.start, end, step: instant ? 0 : grid.step };
  const deadline = performance.now() + options.timeoutMs;
  const checkTime = (): void => {
    if (performance.now() > deadline) throw new QueryError('timeout', 'query timed out in expression evaluation');
  };
  const base = { bounds, lookbackMs: options.lookbackMs, subqueryStepMs: options.subqueryStepMs };
  const data = new Map<Parameters<Context['data']['get']>[0], SeriesData[]>();
  let samples = 0;
  for (const { selector, from, to } of planReads(expr, grid, base)) {
    const limits = { maxSeries: options.limits.maxSeries, maxSamples: options.limits.maxSamples - samples, timeoutSeconds: Math.max((deadline - performance.now()) / 1000, 0.1) };
    const found = await options.source.select(selector.matchers, from, to, limits);
    samples += found.reduce((sum, series) => sum + series.times.length, 0);
    data.set(selector, found);
    checkTime();
  }
  const context: Context = { ...base, annotations, data, checkTime };
  const result = answer(expr, grid, instant, context, options.limits.maxSamples);
  return { result, warnings: annotations.warnings, infos: annotations.infos };
}

function answer(expr: Expr, grid: Grid, instant: boolean, context: Context, maxSamples: number): RunResult {
  const inner = unwrap(expr);
  if (inner.type === 'matrix') return rangeSamples(inner.selector, positiveMs(inner.range, context), grid, instant, context);
  if (inner.type === 'subquery') return subquerySamples(inner, grid, instant, context);
  const value = evaluate(expr, grid, context);
  if (value.type === 'string') {
    if (!instant) throw new QueryError('bad_data', 'invalid expression type "string" for range query, must be Scalar or instant Vector');
    return value;
  }
  if (instant) {
    if (value.type === 'scalar') return { type: 'scalar', value: value.values[0] ?? Number.NaN };
    return { type: 'vector', series: finish(value.series).map((one) => points(one, grid)) };
  }
  const series = finish(value.type === 'scalar' ? [scalarSeries(value)] : value.series);
  if (series.length * grid.steps > maxSamples) throw new QueryError('execution', 'query processing would load too many samples into memory in query execution');
  return { type: 'matrix', series: series.map((one) => points(one, grid)).toSorted((a, b) => compareLabels(a.labels, b.labels)) };
}

function scalarSeries({ values }: Extract<Value, { type: 'scalar' }>): VectorSeries {
  return { labels: [], dropName: false, kinds: new Uint8Array(values.length).fill(FLOAT), values, histograms: undefined };
}

const refuseRange = (): never => {
  throw new QueryError('bad_data', 'invalid expression type "range vector" for range query, must be Scalar or instant Vector');
};

function rangeSamples(selector: Parameters<Context['data']['get']>[0], rangeMs: number, grid: Grid, instant: boolean, context: Context): RunResult {
  if (!instant) refuseRange();
  const to = lookAt(selector, context)(grid.start);
  const series = (context.data.get(selector) ?? []).map((data) => compact(data, data.times, (time) => time > to - rangeMs && time <= to));
  return { type: 'matrix', series: series.filter(hasSamples) };
}

function subquerySamples(subquery: Subquery, grid: Grid, instant: boolean, context: Context): RunResult {
  if (!instant) refuseRange();
  const on = subqueryGrid(subquery, grid, context);
  const value = on.steps > 0 ? evaluate(subquery.expr, on, context) : undefined;
  const series = value?.type === 'vector' ? joinEqual(value.series.map((one) => (one.dropName ? { ...one, labels: dropName(one.labels) } : one)), true) : value?.type === 'scalar' ? [scalarSeries(value)] : [];
  return { type: 'matrix', series: series.map((one) => points(one, on)).filter(hasSamples) };
}

const hasSamples = (series: ResultSeries): boolean => series.times.length > 0 || series.histograms.length > 0;

function points(series: VectorSeries, grid: Grid): ResultSeries {
  return compact(series, Float64Array.from({ length: grid.steps }, (_none, step) => grid.start + grid.step * step), () => true);
}

function compact({ labels, kinds, values, histograms }: Omit<SeriesData, 'times'>, times: Float64Array, wanted: (time: number) => boolean): ResultSeries {
  const isFloat = (at: number): boolean => kinds[at] === FLOAT && wanted(times[at] ?? Number.NaN);
  const count = kinds.reduce((sum, _kind, at) => sum + Number(isFloat(at)), 0);
  const out = { labels, times: new Float64Array(count), values: new Float64Array(count), histograms: [] as { time: number; histogram: Histogram }[] };
  let to = 0;
  for (let at = 0; at < kinds.length; at += 1) {
    const time = times[at] ?? Number.NaN;
    if (isFloat(at)) {
      out.times[to] = time;
      out.values[to] = values[at] ?? Number.NaN;
      to += 1;
    } else if (kinds[at] === HISTOGRAM && wanted(time)) {
      const histogram = histograms?.[at];
      if (histogram) out.histograms.push({ time, histogram });
    }
  }
  return out;
}
