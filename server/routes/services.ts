import { z } from 'zod';
import type { ApiChart, ApiDeploy, ApiEdge, ApiNode, ApiOperation, ApiService, ApiServiceDetail } from '#core/api.js';
import { PipelineError } from '#core/errors.js';
import { seriesOf } from '#core/series.js';
import type { Series } from '#core/types.js';
import { OWN_SERVICE } from '#core/words.js';
import { bandsOf } from '../charts.js';
import type { ServerContext } from '../context.js';
import { ownQuery, rangeOf, rangeQuery, redTable, type Range } from '../range.js';
import { defineRoute, type Route } from '../route.js';
import { openIncidents } from './incidents.js';

const POINTS = 40;
const CHART_POINTS = 120;
const SILENT_MS = 300_000;
const LEARNING_MS = 180_000;
/** A single request a moment ago is no rate of one per second. */
const SHORTEST_S = 15;
const MOST_SERVICES = 5_000;
/** Requests that a service serves; one that serves none (a batch job) is judged by all its spans. */
const SERVED = "kind IN ('Server', 'Consumer')";

type State = ApiService['state'];

export function serviceRoutes({ store, clock, stateOf }: ServerContext): Route[] {
  /** State of every service seen lately: its worst open incident, else silence, else age. */
  async function states(): Promise<(service: string) => State> {
    const [incidents, seen] = await Promise.all([
      openIncidents(store),
      store.query<{ service: string; first: number; last: number }>('SELECT service, toUnixTimestamp(min(time)) AS first, toUnixTimestamp(max(time)) AS last FROM red_5s WHERE time > {since:DateTime} GROUP BY service', { params: { since: Math.floor(clock() / 1000) - 1_800 } }),
    ]);
    const seenBy = new Map(seen.map((row) => [row.service, row]));
    return (service) => {
      const named = incidents.filter((incident) => incident.services.includes(service));
      if (named.some((incident) => incident.severity === 'critical')) return 'critical';
      if (named.length > 0) return 'warning';
      const row = seenBy.get(service);
      if (!row || clock() - row.last * 1000 > SILENT_MS) return 'silent';
      return clock() - row.first * 1000 < LEARNING_MS ? 'learning' : 'ok';
    };
  }

  /** How much of a range each service was there for, seconds: of one that came within it a rate over the whole would be too low. One that sent nothing for as long before counts as come. */
  async function presence(range: Range): Promise<(service: string) => number> {
    const first = await store.query<{ service: string; first: number }>(`SELECT service, toUnixTimestamp(min(time)) AS first FROM ${redTable(range)} WHERE time >= {before:DateTime} AND time < {to:DateTime} GROUP BY service HAVING min(time) >= {from:DateTime}`, {
      params: { ...range.params, before: Math.max(0, Math.floor(range.params.from - range.seconds)) },
    });
    const come = new Map(first.map((row) => [row.service, Math.max(SHORTEST_S, range.to / 1000 - row.first)]));
    return (service) => Math.min(range.seconds, come.get(service) ?? range.seconds);
  }

  async function list(range: Range): Promise<ApiService[]> {
    const width = bucketWidth(range.seconds / POINTS);
    const [stateOf, seconds, totals, points] = await Promise.all([
      states(),
      presence(range),
      store.query<{ service: string; requests: string; failed: string; q: number[]; versions: string[] }>(
        `SELECT * FROM (SELECT service, if(sumIf(count, ${SERVED}) > 0, sumIf(count, ${SERVED}), sum(count)) AS requests, if(sumIf(count, ${SERVED}) > 0, sumIf(errors, ${SERVED}), sum(errors)) AS failed,
          if(sumIf(count, ${SERVED}) > 0, quantilesTDigestMergeIf(0.5, 0.95, 0.99)(duration, ${SERVED}), quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)) AS q, groupUniqArrayIf(10)(version, version != '') AS versions
         FROM ${redTable(range)} WHERE time >= {from:DateTime} AND time < {to:DateTime} GROUP BY service ORDER BY requests DESC LIMIT ${MOST_SERVICES}) ORDER BY service`,
        { params: range.params },
      ),
      store.query<{ service: string; slot: number; requests: string; failed: string; p95: number }>(
        `SELECT service, toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {width:UInt32})) AS slot, if(sumIf(count, ${SERVED}) > 0, sumIf(count, ${SERVED}), sum(count)) AS requests,
          if(sumIf(count, ${SERVED}) > 0, sumIf(errors, ${SERVED}), sum(errors)) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95
         FROM ${redTable(range)} WHERE time >= {from:DateTime} AND time < {to:DateTime} GROUP BY service, slot`,
        { params: { ...range.params, width } },
      ),
    ]);
    const sparks = new Map(totals.map(({ service }) => [service, emptySparkline()]));
    for (const { service, slot, requests, failed, p95 } of points) {
      const spark = sparks.get(service);
      if (!spark || slot >= POINTS) continue;
      spark.requests[slot] = Number(requests) / width;
      spark.errors[slot] = ratio(failed, requests);
      spark.p95[slot] = p95;
    }
    return totals.map((row) => {
      const sparkline = sparks.get(row.service) ?? emptySparkline();
      const [p50 = 0, p95 = 0, p99 = 0] = row.q;
      return { service: row.service, own: row.service === OWN_SERVICE, requestsPerSecond: Number(row.requests) / seconds(row.service), errorRatio: ratio(row.failed, row.requests), p50Ms: p50, p95Ms: p95, p99Ms: p99, state: stateOf(row.service), versions: row.versions, sparkline };
    });
  }

  async function edges(range: Range): Promise<ApiEdge[]> {
    const [seconds, rows] = await Promise.all([
      presence(range),
      store.query<{ client: string; server: string; kind: ApiEdge['kind']; calls: string; failed: string; p95: number | null }>(
        'SELECT client, server, kind, sum(count) AS calls, sum(errors) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95 FROM service_edges WHERE time >= {from:DateTime} AND time < {to:DateTime} GROUP BY client, server, kind ORDER BY client, server LIMIT 2000',
        { params: range.params },
      ),
    ]);
    return rows.map((row) => ({ client: row.client, server: row.server, kind: row.kind, requestsPerSecond: Number(row.calls) / Math.min(seconds(row.client), seconds(row.server)), errorRatio: ratio(row.failed, row.calls), p95Ms: row.p95 ?? 0 }));
  }

  async function charts(service: string, range: Range): Promise<ApiChart[]> {
    const width = bucketWidth(range.seconds / CHART_POINTS);
    const rows = await store.query<{ slot: number; requests: string; failed: string; q: number[] }>(
      `SELECT toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {width:UInt32})) AS slot, if(sumIf(count, ${SERVED}) > 0, sumIf(count, ${SERVED}), sum(count)) AS requests, if(sumIf(count, ${SERVED}) > 0, sumIf(errors, ${SERVED}), sum(errors)) AS failed,
        quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS q FROM ${redTable(range)} WHERE service = {service:String} AND time >= {from:DateTime} AND time < {to:DateTime} GROUP BY slot ORDER BY slot`,
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
      return { title, unit: series.unit, series: band ? series : null, judged: stateOf(series), times, values, ...(band ?? { expected: none, lower: none, upper: none }) };
    };
    return [chart('Requests', judged[0], (row) => Number(row.requests) / width), chart('Errors', judged[1], (row) => ratio(row.failed, row.requests)), chart('Latency p95', judged[2], (row) => row.q[1] ?? 0)];
  }

  return [
    defineRoute({
      method: 'get', path: '/api/services', summary: 'Services with requests, errors and latency', query: rangeQuery,
      handle: async ({ query }) => ({ services: await list(rangeOf(query, clock)) }),
    }),
    defineRoute({
      method: 'get', path: '/api/services/{service}', summary: 'One service: charts, operations, neighbours, deploys', params: z.object({ service: z.string().min(1) }), query: rangeQuery,
      async handle({ params: { service }, query }): Promise<ApiServiceDetail> {
        const range = rangeOf(query, clock);
        const [serviceCharts, seconds, operations, allEdges, versions] = await Promise.all([
          charts(service, range),
          presence(range),
          store.query<{ operation: string; kind: string; requests: string; failed: string; q: number[] }>(
            `SELECT operation, kind, sum(count) AS requests, sum(errors) AS failed, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS q FROM ${redTable(range)} WHERE service = {service:String} AND time >= {from:DateTime} AND time < {to:DateTime} GROUP BY operation, kind ORDER BY requests DESC LIMIT 2000`,
            { params: { ...range.params, service } },
          ),
          edges(range),
          store.query<{ version: string; first: number }>("SELECT version, toUnixTimestamp(min(time)) AS first FROM red_1m WHERE service = {service:String} AND version != '' GROUP BY version ORDER BY first", { params: { service } }),
        ]);
        if (operations.length === 0 && versions.length === 0) throw new PipelineError('NOT_FOUND', `no spans of service ${service} in this time: choose a longer one, or look for its name under Services`, { retryable: false });
        return {
          service, charts: serviceCharts,
          operations: operations.map((row): ApiOperation => ({ operation: row.operation, kind: row.kind, requestsPerSecond: Number(row.requests) / seconds(service), errorRatio: ratio(row.failed, row.requests), p50Ms: row.q[0] ?? 0, p95Ms: row.q[1] ?? 0 })),
          upstream: allEdges.filter((edge) => edge.server === service),
          downstream: allEdges.filter((edge) => edge.client === service),
          // The first version seen is where history begins, not a deploy.
          deploys: versions.slice(1).map((row): ApiDeploy => ({ service, version: row.version, at: row.first * 1000 })),
        };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/map', summary: 'Service map: who calls whom', query: rangeQuery.extend(ownQuery.shape),
      async handle({ query }) {
        const range = rangeOf(query, clock);
        const [services, all] = await Promise.all([list(range), edges(range)]);
        const shown = (...names: string[]): boolean => query.own === 'show' || !names.includes(OWN_SERVICE);
        const calls = all.filter(({ client, server }) => shown(client, server));
        const nodes = new Map<string, ApiNode>(services.filter(({ service }) => shown(service)).map((row) => [row.service, { name: row.service, kind: 'service', state: row.state }]));
        for (const edge of calls) {
          for (const name of [edge.client, edge.server]) if (!nodes.has(name)) nodes.set(name, { name, kind: edge.kind === 'http' ? 'external' : edge.kind, state: 'ok' });
        }
        return { nodes: [...nodes.values()], edges: calls };
      },
    }),
  ];
}

/** Whole buckets of the RED tables, seconds: a slot of one and a half would look like a wave. */
const bucketWidth = (seconds: number): number => (seconds > 60 ? Math.ceil(seconds / 60) * 60 : Math.max(5, Math.ceil(seconds / 5) * 5));
const blank = (): (number | null)[] => Array.from({ length: POINTS }, () => null);
const emptySparkline = () => ({ requests: blank(), errors: blank(), p95: blank() });
const ratio = (part: string, whole: string): number => (Number(whole) > 0 ? Number(part) / Number(whole) : 0);
