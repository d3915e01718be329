import type { PromExemplars, PromMetadata } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Matcher } from '../ast.js';
import { fromRecord, METRIC_NAME, toRecord } from '../labels.js';
import { conditionOf } from './conditions.js';
import { WINDOW } from './samples.js';
import { reading } from './store-errors.js';

/** A union of selectors over a time range. */
export interface IndexScope {
  /** None means every series. */
  readonly selectors: readonly (readonly Matcher[])[];
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

const COLUMNS = { name: 'name', labels: 'labels' };
const EXEMPLAR_LIMIT = 10_000;
/** `last_seen` is renewed this often, so a series may be older than it by as much. */
const RENEWAL_MS = 600_000;

function scopeOf({ selectors, from }: IndexScope): { readonly where: string; readonly params: Record<string, string | number> } {
  const conditions = selectors.map((matchers, index) => conditionOf(matchers, COLUMNS, `s${index}m`));
  const where = conditions.length === 0 ? '1' : conditions.map(({ sql }) => `(${sql})`).join(' OR ');
  const params = Object.assign({ seen: Math.max(0, Math.floor((from - RENEWAL_MS) / 1000)) }, ...conditions.map((condition) => condition.params)) as Record<string, string | number>;
  return { where: `(${where}) AND last_seen >= toDateTime({seen:UInt32})`, params };
}

const rowsOf = (limit: number): string => (limit > 0 ? ` LIMIT ${limit}` : '');

export function createIndex(store: Store) {
  return {
    async series(scope: IndexScope): Promise<Labels[]> {
      const { where, params } = scopeOf(scope);
      const rows = await reading(() => store.query<{ name: string; labels: Labels }>(`SELECT name, labels FROM metric_series WHERE ${where} ORDER BY name, id LIMIT 1 BY id${rowsOf(scope.limit)}`, { params }));
      return rows.map(({ name, labels }) => toRecord(fromRecord({ ...labels, [METRIC_NAME]: name })));
    },
    async labelNames(scope: IndexScope): Promise<string[]> {
      const { where, params } = scopeOf(scope);
      const rows = await reading(() => store.query<{ label: string }>(`SELECT DISTINCT arrayJoin(arrayConcat(mapKeys(labels), ['${METRIC_NAME}'])) AS label FROM metric_series WHERE ${where} ORDER BY label${rowsOf(scope.limit)}`, { params }));
      return rows.map(({ label }) => label);
    },
    async labelValues(label: string, scope: IndexScope): Promise<string[]> {
      const { where, params } = scopeOf(scope);
      const column = label === METRIC_NAME ? 'name' : 'labels[{label:String}]';
      const rows = await reading(() => store.query<{ value: string }>(`SELECT DISTINCT ${column} AS value FROM metric_series WHERE ${where} AND value != '' ORDER BY value${rowsOf(scope.limit)}`, { params: { ...params, label } }));
      return rows.map(({ value }) => value);
    },
    async metadata(metric: string, limit: number): Promise<Record<string, PromMetadata[]>> {
      const rows = await reading(() => store.query<PromMetadata & { name: string }>(
        `SELECT name, argMax(if(type = 'exponential_histogram', 'histogram', if(type = '', 'unknown', type)), last_seen) AS type, argMax(description, last_seen) AS help, argMax(unit, last_seen) AS unit FROM metric_series
         WHERE {metric:String} = '' OR name = {metric:String} GROUP BY name ORDER BY name${rowsOf(limit)}`, { params: { metric } },
      ));
      return Object.fromEntries(rows.map(({ name, type, help, unit }) => [name, [{ type, help, unit }]]));
    },
    async exemplars(selectors: readonly (readonly Matcher[])[], from: UnixMs, to: UnixMs): Promise<PromExemplars[]> {
      if (selectors.length === 0) return [];
      const { where, params } = scopeOf({ selectors, from: 0, to, limit: 0 });
      const rows = await reading(() => store.query<{ name: string; labels: Labels; found: [number, number, Labels][] }>(
        `SELECT s.name AS name, s.labels AS labels, e.found AS found FROM (
           SELECT series, groupArray((toFloat64(toUnixTimestamp64Milli(time)), value, mapUpdate(attributes, mapFilter((k, v) -> v != '', map('trace_id', trace_id, 'span_id', span_id))))) AS found FROM (
             SELECT * FROM metric_exemplars WHERE series IN (SELECT id FROM metric_series WHERE ${where}) AND ${WINDOW} ORDER BY series, time LIMIT ${EXEMPLAR_LIMIT}) GROUP BY series) AS e
         INNER JOIN (SELECT id, name, labels FROM metric_series LIMIT 1 BY id) AS s ON s.id = e.series ORDER BY name, series`, { params: { ...params, from, to } },
      ));
      return rows.map(({ name, labels, found }) => ({ seriesLabels: toRecord(fromRecord({ ...labels, [METRIC_NAME]: name })), exemplars: found.map(([time, value, own]) => ({ time, value, labels: own })) }));
    },
  };
}

export type SeriesIndex = ReturnType<typeof createIndex>;
