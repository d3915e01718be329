import { QueryError } from '#core/promql.js';
import { unwrap, type Edges, type Expr, type MatrixSelector, type Matcher, type Subquery, type VectorSelector } from './ast.js';
import { Annotations } from './eval/annotations.js';
import { lastTime, lookAt, positiveMs, subqueryGrid, timesOf, type Context, type Grid } from './eval/context.js';
import { evaluate } from './eval/evaluate.js';
import { countsOnly } from './eval/counts-only.js';
import { withEdges } from './eval/edges.js';
import { planReads } from './eval/plan.js';
import { selectRanges, slide } from './eval/ranges.js';
import { createTurns, type Evaluation } from './eval/turns.js';
import { finish, joinEqual, type Value, type VectorSeries } from './eval/value.js';
import { refuseExperimental } from './experimental.js';
import type { Histogram } from './histogram/histogram.js';
import { leafText, type createLeaves } from './leaves.js';
import { compareLabels, dropName, type LabelSet } from './labels.js';
import { parsePromql } from './parse.js';
import { executionError, tooManySamples } from './query-error.js';
import { FLOAT, HISTOGRAM, weightOf, type SampleSource, type SelectLimits, type SeriesData } from './source.js';

/** Windows that are farther apart than this times their lengths are not read together: what lies between them would be read for nothing. */
const APART = 1.5;

export interface RunOptions {
  readonly source: SampleSource;
  /** Without them everything is read at once. */
  readonly leaves?: ReturnType<typeof createLeaves>;
  readonly limits: Omit<SelectLimits, 'timeoutSeconds'>;
  readonly timeoutMs: number;
  /** Says when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  /** Whether the query may use what is experimental in Prometheus. */
  readonly experimental: boolean;
}

/** The steps of a query, and the end it was asked for, which the last step may not reach. */
export interface Asked extends Grid {
  readonly end?: number;
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
  /** Parsing and reading. */
  readonly readMs: number;
  readonly samples: number;
}

/** Evaluates `query` on `grid`. `instant` answers with a vector, scalar, string, or the samples of a range; otherwise with a matrix. Rejects with QueryError. */
export async function runQuery(query: string, grid: Asked, instant: boolean, options: RunOptions): Promise<RunAnswer> {
  const began = performance.now();
  const expr = parsePromql(query);
  if (!options.experimental) refuseExperimental(query, expr);
  const annotations = new Annotations(query);
  const bounds = { start: grid.start, end: grid.end ?? lastTime(grid), step: instant ? 0 : grid.step, steps: grid.steps };
  const deadline = performance.now() + options.timeoutMs;
  const turns = createTurns(deadline, options.signal);
  const base = { bounds, lookbackMs: options.lookbackMs, subqueryStepMs: options.subqueryStepMs, maxSamples: options.limits.maxSamples };
  const data = new Map<VectorSelector, SeriesData[]>();
  const done = new Map<Expr, readonly VectorSeries[]>();
  const context: Context = { ...base, annotations, data, done, ...turns };
  let samples = 0;
  let samplesOfLeaves = 0;
  const limitsNow = (): SelectLimits => ({ maxSeries: options.limits.maxSeries, maxSamples: options.limits.maxSamples - samples, timeoutSeconds: Math.max((deadline - performance.now()) / 1000, 0.1), signal: options.signal });
  const windows = new Map<string, { matchers: readonly Matcher[]; from: number; to: number; spanMs: number; selectors: VectorSelector[] }>();
  const counted = new Set<VectorSelector>();
  // Selectors that ask for the same series are read once, over all of their windows.
  for (const read of planReads(expr, grid, base)) {
    const { selector, from, to, spanMs, leaf } = read;
    if (read.countsOnly) counted.add(selector);
    const large = leaf && options.leaves && (await options.source.large?.(selector.matchers, from, to, limitsNow()));
    if (leaf && large && options.leaves) {
      const found = await options.leaves({ expr: leaf, text: leafText(leaf, context), read, grid: read.grid, limits: limitsNow() }, large, context);
      done.set(leaf, found.series);
      samplesOfLeaves += found.samples;
      if (found.series.length * read.grid.steps > options.limits.maxSamples) throw tooManySamples();
      turns.checkTime();
      continue;
    }
    const key = JSON.stringify(selector.matchers.map(({ name, op, value }) => [name, op, value]));
    const same = windows.get(key);
    if (!same || Math.max(same.to, to) - Math.min(same.from, from) > (same.to - same.from + to - from) * APART) windows.set(same ? `${key}${windows.size}` : key, { matchers: selector.matchers, from, to, spanMs, selectors: [selector] });
    else Object.assign(same, { from: Math.min(same.from, from), to: Math.max(same.to, to), spanMs: Math.min(same.spanMs, spanMs), selectors: [...same.selectors, selector] });
  }
  for (const { matchers, from, to, spanMs, selectors } of windows.values()) {
    const found = await options.source.select(matchers, from, to, { ...limitsNow(), spanMs, countsOnly: selectors.every((selector) => counted.has(selector)) });
    for (const series of found) samples += weightOf(series);
    for (const selector of selectors) data.set(selector, counted.has(selector) ? found.map(countsOnly) : found);
    turns.checkTime();
  }
  const readMs = performance.now() - began;
  const result = await turns.inTurns(answer(expr, grid, instant, context));
  return { result, warnings: annotations.warnings, infos: annotations.infos, readMs, samples: samples + samplesOfLeaves };
}

function* answer(expr: Expr, grid: Grid, instant: boolean, context: Context): Evaluation<RunResult> {
  const inner = unwrap(expr);
  if (inner.type === 'matrix') return yield* rangeSamples(inner, grid, instant, context);
  if (inner.type === 'subquery') return yield* subquerySamples(inner, grid, instant, context);
  const value = yield* evaluate(expr, grid, context);
  if (value.type === 'string') {
    if (!instant) throw new QueryError('bad_data', 'invalid expression type "string" for range query, must be Scalar or instant Vector');
    return value;
  }
  const times = timesOf(grid);
  if (instant) {
    if (value.type === 'scalar') return { type: 'scalar', value: value.values[0] ?? Number.NaN };
    return { type: 'vector', series: finish(value.series).map((one) => points(one, times)) };
  }
  const series = finish(value.type === 'scalar' ? [scalarSeries(value)] : value.series);
  if (series.length * grid.steps > context.maxSamples) throw tooManySamples();
  return { type: 'matrix', series: series.map((one) => points(one, times)).toSorted((a, b) => compareLabels(a.labels, b.labels)) };
}

function scalarSeries({ values }: Extract<Value, { type: 'scalar' }>): VectorSeries {
  return { labels: [], dropName: false, kinds: new Uint8Array(values.length).fill(FLOAT), values, histograms: undefined };
}

const refuseRange = (): never => {
  throw new QueryError('bad_data', 'invalid expression type "range vector" for range query, must be Scalar or instant Vector');
};

function* rangeSamples(matrix: MatrixSelector, grid: Grid, instant: boolean, context: Context): Evaluation<RunResult> {
  if (!instant) refuseRange();
  const { selector } = matrix;
  if (selector.edges) return { type: 'matrix', series: yield* edgedSamples(matrix, selector.edges, grid, context) };
  const to = lookAt(selector, context)(grid.start);
  const rangeMs = positiveMs(matrix.range, context);
  const series = (context.data.get(selector) ?? []).map((data) => compact(data, data.times, to - rangeMs, to));
  return { type: 'matrix', series: series.filter(hasSamples) };
}

function* edgedSamples(matrix: MatrixSelector, edges: Edges, grid: Grid, context: Context): Evaluation<ResultSeries[]> {
  const ranges = selectRanges(matrix, context);
  const found: ResultSeries[] = [];
  for (const one of ranges.series) {
    yield* slide(one, ranges, grid, context, (window) => {
      if (window.histogramTo > window.histogramFrom) throw executionError(`${edges} modifier is not supported with histograms`);
      const samples = withEdges(window, edges);
      if (samples) found.push({ labels: one.labels, ...samples, histograms: [] });
    });
  }
  return found;
}

function* subquerySamples(subquery: Subquery, grid: Grid, instant: boolean, context: Context): Evaluation<RunResult> {
  if (!instant) refuseRange();
  const on = subqueryGrid(subquery, grid, context);
  const times = timesOf(on);
  const value = on.steps > 0 ? yield* evaluate(subquery.expr, on, context) : undefined;
  const series = value?.type === 'vector' ? joinEqual(value.series.map((one) => (one.dropName ? { ...one, labels: dropName(one.labels) } : one)), true) : value?.type === 'scalar' ? [scalarSeries(value)] : [];
  return { type: 'matrix', series: series.map((one) => points(one, times)).filter(hasSamples) };
}

const hasSamples = (series: ResultSeries): boolean => series.times.length > 0 || series.histograms.length > 0;

function points(series: VectorSeries, times: Float64Array): ResultSeries {
  // The common answer has a float at every step: its columns are the answer's.
  if (!series.histograms && series.kinds.every((kind) => kind === FLOAT)) return { labels: series.labels, times, values: series.values, histograms: [] };
  return compact(series, times, -Infinity, Infinity);
}

/** The samples in (from, to]. */
function compact({ labels, kinds, values, histograms }: Omit<SeriesData, 'times'>, times: Float64Array, from: number, to: number): ResultSeries {
  const out = { labels, times: new Float64Array(kinds.length), values: new Float64Array(kinds.length), histograms: [] as { time: number; histogram: Histogram }[] };
  let count = 0;
  for (let at = 0; at < kinds.length; at += 1) {
    const time = times[at] ?? Number.NaN;
    if (time <= from || time > to) continue;
    if (kinds[at] === FLOAT) {
      out.times[count] = time;
      out.values[count] = values[at] ?? Number.NaN;
      count += 1;
    } else if (kinds[at] === HISTOGRAM) {
      const histogram = histograms?.[at];
      if (histogram) out.histograms.push({ time, histogram });
    }
  }
  return count === kinds.length ? out : { ...out, times: out.times.subarray(0, count), values: out.values.subarray(0, count) };
}
