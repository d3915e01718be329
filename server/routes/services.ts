import { z } from 'zod';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiDeploy, ApiOperation, ApiService, ApiServiceDetail, ApiServices } from '#core/api/services.js';
import { PipelineError } from '#core/errors.js';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import { bandsOf } from '../charts.js';
import type { ServerContext } from '../context.js';
import { bucketWidth, FAILED, FAILING, MOST_SERVICES, ratio, REQUESTS, type Fleet, type FleetRow } from '../fleet.js';
import { rangeOf, rangeQuery, redTable, type Range } from '../range.js';
import { defineRoute, type Route } from '../route.js';
import { serviceInPath } from '../service-path.js';
import { listQuery, named } from './list.js';

const CHART_POINTS = 120;
const STATES: readonly ApiService['state'][] = ['critical', 'warning', 'silent', 'late', 'learning', 'ok'];

type Order = (a: FleetRow, b: FleetRow) => number;
/** Worst first, the probable causes of what is open before those who suffer from them, then by errors, then by traffic. */
const byTrouble: Order = (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || Number(b.cause) - Number(a.cause) || b.errorRatio - a.errorRatio || b.requestsPerSecond - a.requestsPerSecond;
const ORDERS: ReadonlyMap<string, Order> = new Map(Object.entries({ service: (a, b) => a.service.localeCompare(b.service), requests: (a, b) => a.requestsPerSecond - b.requestsPerSecond, errors: (a, b) => a.errorRatio - b.errorRatio, p50: (a, b) => a.p50Ms - b.p50Ms, p95: (a, b) => (a.meanMs ?? a.p95Ms) - (b.meanMs ?? b.p95Ms), p99: (a, b) => a.p99Ms - b.p99Ms }));

/** `errors` sorts up, `-errors` down, anything else by trouble: the order is part of links that people keep. */
function orderOf(sort: string): Order {
  const order = ORDERS.get(sort.replace(/^-/, ''));
  if (!order) return byTrouble;
  return sort.startsWith('-') ? (a, b) => order(b, a) : order;
}

const inTrouble = ({ state, errorRatio }: FleetRow): boolean => state === 'critical' || state === 'warning' || errorRatio >= FAILING;

export function serviceRoutes({ store, clock, stateOf }: ServerContext, fleet: Fleet): Route[] {
  async function charts(service: string, range: Range): Promise<ApiChart[]> {
    const width = bucketWidth(range.seconds / CHART_POINTS, redTable(range, clock));
    const rows = await store.query<{ slot: number; requests: string; failed: string; q: number[] }>(
      `SELECT toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {width:UInt32})) AS slot, ${REQUESTS} AS requests, ${FAILED} AS failed,
        quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS q FROM ${redTable(range, clock)} WHERE service = {service:String} AND time >= {from:DateTime} AND time < {to:DateTime} GROUP BY slot ORDER BY slot`,
      { params: { ...range.params, width, service } },
    );
    const bySlot = new Map(rows.map((row) => [row.slot, row]));
    const slots = Array.from({ length: Math.ceil(range.seconds / width) }, (_, slot) => slot);
    const times = slots.map((slot) => (range.params.from + slot * width) * 1000);
    const judged = [seriesOf('rate', service, '', 'requests', '1/s'), seriesOf('errors', service, '', 'error_ratio', '1'), seriesOf('latency', service, '', 'p95', 'ms')] as const;
    const bands = await bandsOf(store, judged.map(({ id }) => id), range, width);
    const none = slots.map(() => null);
    const chart = (title: string, series: Series, pick: (row: (typeof rows)[number]) => number): ApiChart => {
      const band = bands.get(series.id);
      const values = slots.map((slot) => {
        const row = bySlot.get(slot);
        return row ? pick(row) : null;
      });
      return { title, unit: series.unit, series: band ? series : null, judged: stateOf(series), times, ...(band ?? { expected: none, lower: none, upper: none }), values };
    };
    return [chart('Requests', judged[0], (row) => Number(row.requests) / width), chart('Errors', judged[1], (row) => ratio(row.failed, row.requests)), chart('Latency p95', judged[2], (row) => row.q[1] ?? 0)];
  }

  /** Whether it is known by metrics, logs or spans: a host, what only Prometheus scrapes. */
  async function isWatched(service: string): Promise<boolean> {
    return (await store.query('SELECT 1 FROM watched_series WHERE service = {service:String} LIMIT 1', { params: { service } })).length > 0;
  }

  return [
    defineRoute({
      method: 'get', path: '/api/services', shared: true, summary: 'Services with requests, errors and latency',
      query: rangeQuery.extend(listQuery(MOST_SERVICES).shape).extend({
        sort: z.string().max(20).default('trouble').describe('`trouble`: the worst first; or `service`, `requests`, `errors`, `p50`, `p95`, `p99`, from the highest down with `-` before it'),
        own: z.enum(['show', 'hide', 'in-trouble']).default('show').describe('Whether Faultline is among them'),
      }),
      async handle({ query }): Promise<ApiServices> {
        const range = rangeOf(query, clock);
        const rows = (await fleet.services(range)).filter((row) => !row.own || query.own === 'show' || (query.own === 'in-trouble' && inTrouble(row)));
        const found = named(rows, query.q).toSorted(orderOf(query.sort));
        const page = found.slice(0, query.limit);
        const sparklineOf = await fleet.sparklines(range, page);
        return {
          services: page.map((row) => ({ ...row, sparkline: sparklineOf(row.service) })), matching: found.length, all: rows.length,
          states: Object.fromEntries(STATES.map((state) => [state, rows.filter((row) => row.state === state).length])) as ApiServices['states'],
        };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/services/{service}', summary: 'One service: charts, operations, neighbours, deploys', params: z.object({ service: serviceInPath }), query: rangeQuery,
      async handle({ params: { service }, query }): Promise<ApiServiceDetail> {
        const range = rangeOf(query, clock);
        const [serviceCharts, seconds, troubleOf, operations, calls, versions] = await Promise.all([
          charts(service, range),
          fleet.presence(range),
          fleet.troubles(),
          store.query<{ operation: string; kind: string; requests: string; failed: string; q: number[] }>(
            `SELECT operation, kind, sum(count) AS requests, sum(errors) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS q FROM ${redTable(range, clock)} WHERE service = {service:String} AND time >= {from:DateTime} AND time < {to:DateTime} GROUP BY operation, kind ORDER BY requests DESC LIMIT 2000`,
            { params: { ...range.params, service } },
          ),
          fleet.calls(range, service),
          store.query<{ version: string; came: number; left: number }>('SELECT version, toUnixTimestamp(min(first)) AS came, toUnixTimestamp(max(last)) AS left FROM service_versions WHERE service = {service:String} GROUP BY version ORDER BY came', { params: { service } }),
        ]);
        if (operations.length === 0 && versions.length === 0 && !(await isWatched(service))) throw new PipelineError('NOT_FOUND', `no spans of service ${service} in this time: choose a longer one, or look for its name under Services`);
        return {
          service, state: troubleOf(service).state, versions: versions.filter(({ came, left }) => came * 1000 <= range.to && left * 1000 >= range.from).map(({ version }) => version), charts: serviceCharts,
          operations: operations.map((row): ApiOperation => ({ operation: row.operation, kind: row.kind, requestsPerSecond: Number(row.requests) / seconds(service), errorRatio: ratio(row.failed, row.requests), p50Ms: row.q[0] ?? 0, p95Ms: row.q[1] ?? 0 })),
          upstream: calls.filter((edge) => edge.server === service),
          downstream: calls.filter((edge) => edge.client === service),
          // The first version seen is where history begins, not a deploy.
          deploys: versions.slice(1).map((row): ApiDeploy => ({ service, version: row.version, at: row.came * 1000 })),
        };
      },
    }),
  ];
}
