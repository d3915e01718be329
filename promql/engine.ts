import { QueryError, type PromAnswer, type PromEngine, type PromHistogram, type PromQueryOptions, type PromResult, type PromSeries } from '#core/promql.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { operandsOf, type Expr, type Matcher } from './ast.js';
import type { PromqlConfig } from './config.js';
import { createGate, type Gate } from './gate.js';
import { bucketsOf, type Histogram } from './histogram/histogram.js';
import { toRecord } from './labels.js';
import { createLeaves } from './leaves.js';
import { parsePromql } from './parse.js';
import { printExpr } from './print.js';
import { createQuestions } from './questions.js';
import { runQuery, type Asked, type ResultSeries, type RunOptions, type RunResult } from './run.js';
import type { SampleSource } from './source.js';
import { readCardinality } from './store/cardinality.js';
import { createIndex } from './store/metadata.js';
import { treeOf } from './tree.js';
import { createSources } from './virtual/sources.js';

const SUBQUERY_STEP_MS = 60_000;

export interface PromEngineOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly config: PromqlConfig;
  /** Where samples come from; default: the store and the series it derives. */
  readonly source?: SampleSource;
}

/** The engine, and the same for rules, which stand in a line of their own. */
export interface PromEngines extends PromEngine {
  readonly forRules: Pick<PromEngine, 'instant'>;
}

export const promqlMetricTable = {
  faultline_promql_query_seconds: { type: 'histogram', help: 'Time from a PromQL query to its answer.', labels: ['kind'], buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60] },
  faultline_promql_query_failures_total: { type: 'counter', help: 'PromQL queries without an answer, by reason.', labels: ['reason'] },
} as const;

/** PromQL over the store. */
export function createPromEngine({ store, registry, config, source }: PromEngineOptions): PromEngines {
  const sources = createSources(store, { recentBytes: config.recent, cacheBytes: config.cache });
  const index = createIndex(store);
  const leaves = createLeaves(config.cache);
  const gate = createGate(config.max_concurrency);
  const rulesGate = createGate(Math.ceil(config.max_concurrency / 2));
  const metrics = registerMetrics(registry, promqlMetricTable);

  async function ask(query: string, grid: Asked, instant: boolean, asked: PromQueryOptions, turn: Gate): Promise<PromAnswer> {
    const asking = performance.now();
    const deadline = asking + Math.min(asked.timeoutMs ?? Infinity, config.timeout);
    const options: Omit<RunOptions, 'timeoutMs'> = {
      source: source ?? sources,
      leaves,
      limits: { maxSeries: config.max_series, maxSamples: config.max_samples },
      signal: asked.signal,
      lookbackMs: asked.lookbackMs ?? config.lookback,
      experimental: config.experimental,
      subqueryStepMs: SUBQUERY_STEP_MS,
    };
    const stop = metrics.faultline_promql_query_seconds.startTimer({ kind: instant ? 'instant' : 'range' });
    try {
      let began = asking;
      const { result, warnings, infos, readMs, samples } = await turn(() => {
        began = performance.now();
        return runQuery(query, grid, instant, { ...options, timeoutMs: deadline - began });
      }, deadline, asked.signal);
      return { result: toPromResult(result, grid.start), warnings, infos, stats: { queuedMs: began - asking, preparedMs: readMs, evaluatedMs: performance.now() - began - readMs, samples } };
    } catch (error) {
      metrics.faultline_promql_query_failures_total.inc({ reason: error instanceof QueryError ? error.type : 'internal' });
      throw error;
    } finally {
      stop();
    }
  }

  const questions = createQuestions(index, sources, { maxSeries: config.max_series, maxSamples: config.max_samples, timeoutSeconds: config.timeout / 1000 });
  return {
    instant: (query, time, options = {}) => ask(query, { start: time, step: 1, steps: 1 }, true, options, gate),
    range: (query, { start, end, stepMs }, options = {}) => ask(query, { start, step: stepMs, steps: Math.floor((end - start) / stepMs) + 1, end }, false, options, gate),
    forRules: { instant: (query, time, options = {}) => ask(query, { start: time, step: 1, steps: 1 }, true, options, rulesGate) },
    ...questions,
    exemplars: async (query, from, to) => index.exemplars(selectorsOf(parsePromql(query)), from, to),
    format: (query) => printExpr(parsePromql(query)),
    parse: (query) => treeOf(parsePromql(query)),
    cardinality: (limit) => readCardinality(store, limit),
    limits: { lookbackMs: config.lookback, timeoutMs: config.timeout, maxSamples: config.max_samples, maxConcurrency: config.max_concurrency },
  };
}

/** The matchers of every selector in a query. */
function selectorsOf(expr: Expr): (readonly Matcher[])[] {
  return expr.type === 'selector' ? [expr.matchers] : operandsOf(expr).flatMap(selectorsOf);
}

/** An answer in the words of the API. */
export function toPromResult(result: RunResult, time: UnixMs): PromResult {
  if (result.type === 'scalar') return { type: 'scalar', time, value: result.value };
  if (result.type === 'string') return { type: 'string', time, value: result.value };
  return { type: result.type, series: result.series.map(toPromSeries) };
}

function toPromSeries({ labels, times, values, histograms }: ResultSeries): PromSeries {
  return { metric: toRecord(labels), times, values, histograms: histograms.map(({ time, histogram }) => ({ time, histogram: toPromHistogram(histogram) })) };
}

export function toPromHistogram(histogram: Histogram): PromHistogram {
  const buckets = Array.from(bucketsOf(histogram), ({ lower, upper, lowerInclusive, upperInclusive, count }): PromHistogram['buckets'][number] => [lowerInclusive ? (upperInclusive ? 3 : 1) : upperInclusive ? 0 : 2, lower, upper, count]);
  return { count: histogram.count, sum: histogram.sum, buckets };
}
