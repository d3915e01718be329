import { z } from 'zod';
import type { ApiServiceMetrics } from '#core/api/services.js';
import type { Series } from '#core/types.js';
import { within } from '#store/within.js';
import { slotCharts } from '../charts.js';
import type { ServerContext } from '../context.js';
import { bucketWidth } from '../fleet.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';
import { serviceInPath } from '../service-path.js';

const MOST = 48;
const CHART_POINTS = 120;
/** How unusual they were is looked up in this last part of a range at most: there may be a thousand of a service. */
const RANKED_MS = 3_600_000;

/** What metrics say; of requests as well, where no spans do (`BY_METRICS`). */
const MEASURED = "(kind = 'metric' OR labels['signal'] = 'metrics')";

/** What the processes of a service, or a host, report beside the requests that its spans tell of. */
export function serviceMetricsRoute(context: Pick<ServerContext, 'store' | 'clock' | 'stateOf'>): Route {
  const { store, clock } = context;
  return defineRoute({
    method: 'get', path: '/api/services/{service}/metrics', summary: 'Judged metrics of a service or a host: what they say of its requests where it sends no spans, then the most unusual of the last hour of the range', params: z.object({ service: serviceInPath }),
    query: rangeQuery.extend({ limit: z.coerce.number().int().min(1).max(MOST).default(9).describe('The first so many') }),
    async handle({ params: { service }, query }): Promise<ApiServiceMetrics> {
      const range = rangeOf(query, clock);
      const from = Math.floor(Math.max(range.from, range.to - RANKED_MS) / 1000);
      const rows = await store.query<Series & { all: string }>(
        `SELECT w.id AS id, w.kind AS kind, w.service AS service, w.operation AS operation, w.metric AS metric, w.unit AS unit, w.labels AS labels, count() OVER () AS all
         FROM (SELECT * FROM watched_series FINAL WHERE service = {service:String} AND ${MEASURED}) AS w
         INNER JOIN (SELECT series, max(score) AS most FROM anomaly_scores WHERE series IN (SELECT id FROM watched_series WHERE service = {service:String} AND ${MEASURED}) AND ${within('time')} GROUP BY series) AS s ON s.series = w.id
         ORDER BY indexOf(['rate', 'errors', 'latency', 'metric'], kind), most DESC, metric, id LIMIT {limit:UInt32}`,
        { params: { service, from, to: range.params.to, limit: query.limit } },
      );
      const series = rows.map(({ id, kind, operation, metric, unit, labels }): Series => ({ id, kind, service, operation, metric, unit, labels }));
      return { metrics: await slotCharts(context, series, range, bucketWidth(range.seconds / CHART_POINTS)), all: Number(rows[0]?.all ?? 0) };
    },
  });
}
