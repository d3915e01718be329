import { z } from 'zod';
import type { ApiChart, ApiIncident } from '#core/api.js';
import { PipelineError } from '#core/errors.js';
import type { Incident } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { ServerContext } from '../context.js';
import { incidentReport } from '../report.js';
import { scoreCharts } from '../charts.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const BEFORE_MS = 600_000;
const AFTER_MS = 300_000;
const MAX_CHARTS = 8;
const id = z.object({ id: z.string().min(1) });
const person = z.string().trim().min(1).max(200);

export async function openIncidents(store: Store): Promise<Incident[]> {
  return parseAll(await store.query<{ document: string }>("SELECT document FROM incidents FINAL WHERE status != 'resolved' ORDER BY starts_at DESC LIMIT 500"));
}

export function incidentRoutes({ store, clock, incidents, publicUrl }: ServerContext): Route[] {
  async function find(wanted: string): Promise<Incident> {
    const [row] = parseAll(await store.query<{ document: string }>('SELECT document FROM incidents FINAL WHERE id = {id:String}', { params: { id: wanted } }));
    if (!row) throw new PipelineError('NOT_FOUND', `no incident ${wanted}`, { retryable: false });
    return row;
  }

  return [
    defineRoute({
      method: 'get', path: '/api/incidents', summary: 'Incidents, newest first',
      query: z.object({ state: z.enum(['open', 'all']).default('open').describe('open: not resolved, of any age; all: those that overlap the range'), from: rangeQuery.shape.from.default('now-7d'), to: rangeQuery.shape.to }),
      async handle({ query }) {
        if (query.state === 'open') return { incidents: await openIncidents(store) };
        const { from, to } = rangeOf(query, clock);
        const rows = await store.query<{ document: string }>(
          'SELECT document FROM incidents FINAL WHERE toUnixTimestamp64Milli(starts_at) < {to:Int64} AND (ends_at IS NULL OR toUnixTimestamp64Milli(assumeNotNull(ends_at)) >= {from:Int64}) ORDER BY starts_at DESC LIMIT 500',
          { params: { from, to } },
        );
        return { incidents: parseAll(rows) };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}', summary: 'One incident with its evidence over time', params: id,
      async handle({ params }): Promise<ApiIncident> {
        const incident = await find(params.id);
        const shown = incident.evidence.slice(0, MAX_CHARTS);
        const range = { from: incident.startsAt - BEFORE_MS, to: Math.min(clock(), (incident.endsAt ?? clock()) + AFTER_MS) };
        const charts = await scoreCharts(store, shown.map((anomaly) => anomaly.series), range);
        return { incident, charts: charts satisfies ApiChart[] };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}/report', summary: 'One incident as Markdown, for a ticket or a review', params: id, produces: 'text/markdown',
      handle: async ({ params }) => incidentReport(await find(params.id), publicUrl),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/acknowledge', summary: 'Say that somebody is on it', params: id, body: z.object({ by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.acknowledge(params.id, body.by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/notes', summary: 'Add a note', params: id, body: z.object({ author: person, text: z.string().trim().min(1).max(10_000) }),
      handle: async ({ params, body }) => ({ incident: await incidents.note(params.id, body.author, body.text) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/resolve', summary: 'Close it by hand', params: id, body: z.object({ by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.resolve(params.id, body.by) }),
    }),
  ];
}

function parseAll(rows: readonly { document: string }[]): Incident[] {
  return rows.map((row) => JSON.parse(row.document) as Incident);
}
