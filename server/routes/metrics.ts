import { z } from 'zod';
import type { ApiChart, ApiMetric, ApiMetrics } from '#core/api/charts.js';
import { PipelineError } from '#core/errors.js';
import { seriesOf } from '#core/series.js';
import type { Labels, Series } from '#core/types.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import { contains } from '../contains.js';
import type { ServerContext } from '../context.js';
import { bandsOf, scoreCharts } from '../charts.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const POINTS = 120;
const MAX_SERIES = 12;
const MAX_METRICS = 10_000;
const RATE_OVER = '5m';
/** The NaN by which Prometheus marks that a series has ended; any other is a value. */
const NOT_STALE = 'reinterpretAsUInt64(value) != 0x7ff0000000000002';

export function metricRoutes(context: ServerContext): Route[] {
  const { store, clock, stateOf } = context;
  return [
    defineRoute({
      method: 'get', path: '/api/metrics', summary: 'Metrics that were received, by name, and how many there are', query: z.object({ q: z.string().max(200).default('').describe('Part of the name, in any case'), limit: z.coerce.number().int().min(1).max(MAX_METRICS).default(MAX_METRICS).describe('The first so many') }),
      async handle({ query }): Promise<ApiMetrics> {
        const rows = await store.query<{ metric: string; kind: string; units: string; text: string; services: string[]; n: string; matching: string }>(
          `SELECT metric, any(if(type = 'counter' AND name LIKE '%\\_count', 'histogram', type)) AS kind, any(unit) AS units, any(description) AS text, groupUniqArray(20)(service) AS services, uniqExact(id) AS n, count() OVER () AS matching
           FROM metric_series WHERE {q:String} = '' OR ${contains('metric', query.q)} GROUP BY metric ORDER BY metric LIMIT {limit:UInt32}`,
          { params: query },
        );
        const metrics: ApiMetric[] = rows.map((row) => ({ name: row.metric, type: row.kind, unit: row.units, description: row.text, services: row.services, seriesCount: Number(row.n) }));
        return { metrics, matching: Number(rows[0]?.matching ?? 0) };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/metrics/query', reads: true, summary: 'A metric over time: its first series, counters as rates per second', query: rangeQuery.extend({ name: z.string().min(1), service: z.string().optional(), labels: z.string().max(200).default('').describe('Part of one of its labels, in any case: `web-1`, `pod=web`') }),
      async handle({ query }): Promise<{ charts: ApiChart[]; promql: string; matching: number }> {
        const range = rangeOf(query, clock);
        const width = Math.max(15, Math.ceil(range.seconds / POINTS));
        const rows = await store.query<Row & { readonly points: [number, number | null][]; readonly matching: string }>(
          `SELECT toString(s.id) AS id, any(s.name) AS name, any(s.type) AS type, any(s.temporality) AS temporality, any(s.unit) AS unit, any(s.service) AS service, any(s.labels) AS labels, arraySort(groupArray((p.slot, p.v))) AS points, count() OVER () AS matching
           FROM metric_series AS s INNER JOIN (
             SELECT series, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {width:UInt32})) AS slot, argMax(value, (NOT isNaN(value), time)) AS v FROM metric_samples
             WHERE ${NOT_STALE} AND ${SAMPLES_WITHIN} AND series IN (SELECT id FROM metric_series WHERE metric = {name:String} AND name NOT LIKE '%\\_bucket' AND ({service:String} = '' OR service = {service:String})
               AND ({q:String} = '' OR arrayExists((label, its) -> ${contains("concat(label, '=', its)", query.labels)}, mapKeys(labels), mapValues(labels))))
             GROUP BY series, slot) AS p ON p.series = s.id
           WHERE s.metric = {name:String} GROUP BY s.id ORDER BY service, toString(labels), name LIMIT ${MAX_SERIES}`,
          { params: { ...range.params, width, name: query.name, service: query.service ?? '', q: query.labels } },
        );
        const slots = Math.ceil(range.seconds / width);
        const times = Array.from({ length: slots }, (_, slot) => (range.params.from + slot * width) * 1000);
        const none = times.map(() => null);
        const judged = rows.map((row) => seriesOf('metric', row.service, '', row.name, unitOf(row), row.labels));
        const bands = await bandsOf(store, judged.map(({ id }) => id), range, width);
        const charts = rows.map((row, index): ApiChart => {
          const band = bands.get(judged[index]?.id ?? '');
          const values: (number | null)[] = times.map(() => null);
          const rate = isRate(row);
          let before: [number, number] | undefined;
          for (const [slot, value] of row.points) {
            if (value === null) continue;
            if (slot < slots) values[slot] = !rate ? value : before ? gainOf(row, before[1], value) / ((slot - before[0]) * width) : null;
            before = [slot, value];
          }
          const labels = Object.entries(row.labels).filter(([key]) => key !== 'job').map(([key, value]) => `${key}=${value}`).join(' ');
          return { title: [row.service, row.name, labels].filter(Boolean).join(' · '), unit: unitOf(row), series: (band && judged[index]) ?? null, judged: stateOf(watchedOf(row)), times, values, ...(band ?? { expected: none, lower: none, upper: none }) };
        });
        return { charts, promql: promqlOf(rows, query.service), matching: Number(rows[0]?.matching ?? 0) };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/series/{id}', summary: 'A watched series with its expected band', params: z.object({ id: z.string().min(1) }), query: rangeQuery,
      async handle({ params, query }): Promise<ApiChart> {
        const [series] = await store.query<Series>('SELECT id, kind, service, operation, metric, unit, labels FROM watched_series FINAL WHERE id = {id:String}', { params });
        if (!series) throw new PipelineError('NOT_FOUND', `no watched series ${params.id}`);
        const [chart] = await scoreCharts(context, [series], rangeOf(query, clock));
        if (!chart) throw new PipelineError('NOT_FOUND', `no scores of series ${params.id}`);
        return chart;
      },
    }),
  ];
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly temporality: string;
  readonly unit: string;
  readonly service: string;
  readonly labels: Labels;
}

/** What is added up from deltas and may fall is stored as a gauge, whose level says nothing. */
const isChange = ({ type, temporality }: Pick<Row, 'type' | 'temporality'>): boolean => type === 'gauge' && temporality === 'delta';
const isRate = (row: Row): boolean => row.type === 'counter' || isChange(row);
const unitOf = (row: Row): string => (isRate(row) ? `${row.unit || '1'}/s` : row.unit);

/** As the detector reads it: a total that may fall began anew where that makes less of a change. */
function gainOf(row: Row, last: number, value: number): number {
  const gain = value - last;
  if (isChange(row)) return Math.abs(gain) <= Math.abs(value) ? gain : value;
  return gain >= 0 ? gain : value;
}

/** The watched series that a stored one speaks for: a sum of observations is half of their mean. */
function watchedOf(row: Row): Series {
  const { name, type, unit, service, labels } = row;
  if (type === 'counter' && name.endsWith('_sum')) return seriesOf('metric', service, '', name.replace(/_sum$/, '_mean'), unit, labels);
  return seriesOf('metric', service, '', name, unitOf(row), labels);
}

/** What the charts show, as PromQL: a rate for counters, a slope for what is added up and may fall, a mean for histograms. '' where there is nothing. */
function promqlOf(rows: readonly Row[], service: string | undefined): string {
  const names = new Set(rows.map(({ name }) => name));
  const of = (name: string): string => `${name}${service === undefined ? '' : `{job=~${JSON.stringify(`(.+/)?${service.replaceAll(/[.+*?()|[\]{}^$\\]/g, '\\$&')}`)}}`}`;
  const sum = rows.find(({ name }) => name.endsWith('_sum') && names.has(name.replace(/_sum$/, '_count')))?.name;
  if (sum !== undefined) return `rate(${of(sum)}[${RATE_OVER}]) / rate(${of(sum.replace(/_sum$/, '_count'))}[${RATE_OVER}])`;
  const [first] = rows;
  if (first === undefined) return '';
  return isRate(first) ? `${isChange(first) ? 'deriv' : 'rate'}(${of(first.name)}[${RATE_OVER}])` : of(first.name);
}
