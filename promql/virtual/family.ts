import type { PromMetadata } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Matcher } from '../ast.js';
import { labelSet, METRIC_NAME, type LabelSet } from '../labels.js';
import { matches } from '../matchers.js';
import { FLOAT, type SelectLimits, type SeriesData } from '../source.js';
import { conditionOf } from '../store/conditions.js';
import { tooManySamples } from '../query-error.js';
import { reading, tooManySeries } from '../store/store-errors.js';

/** Series that no one sent: what Faultline knows, under metric names of its own. */
export interface VirtualFamily {
  readonly metrics: Readonly<Record<string, PromMetadata>>;
  /** Series of `name`, which is one of `metrics`, with their samples in (from, to]. */
  read(name: string, matchers: readonly Matcher[], from: UnixMs, to: UnixMs, limits: SelectLimits): Promise<SeriesData[]>;
}

/** The names of `family` that the matchers ask for. A selector without a name does not reach virtual series. */
export function wantedNames(family: VirtualFamily, matchers: readonly Matcher[]): string[] {
  const onName = matchers.filter((matcher) => matcher.name === METRIC_NAME);
  if (!onName.some(({ op }) => op === '=' || op === '=~')) return [];
  return Object.keys(family.metrics).filter((name) => onName.every((matcher) => matches(matcher, name)));
}

/** One series of points, before it becomes columns. */
export interface Points {
  readonly labels: LabelSet;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export interface PointsQuery {
  readonly name: string;
  /** A SELECT of `labels` (a map), `t` (epoch milliseconds) and `v`; it may use {from:Int64} and {to:Int64}. */
  readonly sql: string;
  readonly matchers: readonly Matcher[];
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** Runs `sql`, keeps what the matchers pass, and gives each series its points in the order of time. */
export async function readPoints(store: Store, { name, sql, matchers, from, to, params = {} }: PointsQuery, limits: SelectLimits): Promise<Points[]> {
  const condition = conditionOf(matchers.filter((matcher) => matcher.name !== METRIC_NAME), { name: "''", labels: 'labels' });
  const rows = await reading(() =>
    store.query<{ labels: Labels; times: number[]; values: (number | null)[] }>(
      `SELECT labels, groupArray(t) AS times, groupArray(v) AS values FROM (SELECT labels, t, v FROM (${sql}) WHERE ${condition.sql} ORDER BY t LIMIT ${limits.maxSamples + 1}) GROUP BY labels LIMIT ${limits.maxSeries + 1}`,
      { params: { ...params, ...condition.params, from: Math.max(0, Math.round(from)), to: Math.max(0, Math.round(to)) }, timeoutSeconds: Math.max(1, Math.ceil(limits.timeoutSeconds)) },
    ),
  );
  if (rows.length > limits.maxSeries) throw tooManySeries(limits.maxSeries);
  if (rows.reduce((sum, { times }) => sum + times.length, 0) > limits.maxSamples) throw tooManySamples();
  return rows.map(({ labels, times, values }) => ({ labels: labelSet([...Object.entries(labels), [METRIC_NAME, name]]), times, values: values.map((value) => value ?? Number.NaN) }));
}

export function toSeriesData({ labels, times, values }: Points): SeriesData {
  return { labels, times: Float64Array.from(times), values: Float64Array.from(values), kinds: new Uint8Array(times.length).fill(FLOAT), histograms: undefined };
}
