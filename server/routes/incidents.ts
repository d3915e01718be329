import { z } from 'zod';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiIncident, ApiIncidents } from '#core/api/incidents.js';
import { PipelineError } from '#core/errors.js';
import type { IncidentContext } from '#core/feedback.js';
import type { Incident } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { ServerContext } from '../context.js';
import { incidentReport } from '../report.js';
import { scoreCharts } from '../charts.js';
import { incidentsWhere, openIncidents } from '../incidents.js';
import { causesFirst, measuresOf } from '../measures.js';
import { loadPastAnomalies } from '../past-anomalies.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';
import { id, person, timeZone } from './fields.js';

const BEFORE_MS = 600_000;
const AFTER_MS = 300_000;
const MAX_CHARTS = 8;
const MOST_DAYS = 60;

export function incidentRoutes(context: ServerContext): Route[] {
  const { store, clock, incidents, feedback, publicUrl } = context;
  async function find(wanted: string): Promise<Incident> {
    const [incident] = await loadDocuments(store, 'incidents', 'id = {id:String}', { id: wanted });
    if (!incident) throw new PipelineError('NOT_FOUND', `no incident ${wanted}`);
    return incident;
  }

  return [
    defineRoute({
      method: 'get', path: '/api/incidents', summary: 'The newest 500 incidents, and how many there are',
      query: z.object({ state: z.enum(['open', 'all']).default('open').describe('open: not resolved, of any age; all: those that overlap the range'), from: rangeQuery.shape.from.default('now-7d'), to: rangeQuery.shape.to }),
      async handle({ query }): Promise<ApiIncidents> {
        if (query.state === 'open') return openIncidents(store);
        const { from, to } = rangeOf(query, clock);
        return incidentsWhere(store, 'toUnixTimestamp64Milli(starts_at) < {to:Int64} AND (ends_at IS NULL OR toUnixTimestamp64Milli(assumeNotNull(ends_at)) >= {from:Int64})', { from, to });
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}', summary: 'One incident with its evidence over time', params: id,
      async handle({ params }): Promise<ApiIncident> {
        const incident = await find(params.id);
        const measures = causesFirst(measuresOf(incident.evidence), incident);
        const shown = measures.slice(0, MAX_CHARTS).flatMap(([first]) => incident.evidence.filter(({ id: one }) => one === first));
        const range = { from: incident.startsAt - BEFORE_MS, to: Math.min(clock(), (incident.endsAt ?? clock()) + AFTER_MS) };
        const [charts, before] = await Promise.all([scoreCharts(context, shown.map((anomaly) => anomaly.series), range), loadPastAnomalies(store, incident)]);
        return { incident, before, measures, charts: charts satisfies ApiChart[] };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}/report', summary: 'One incident as Markdown, for a ticket or a review', params: id, produces: 'text/markdown',
      async handle({ params }) {
        const incident = await find(params.id);
        const [context, before] = await Promise.all([feedback.context(incident), loadPastAnomalies(store, incident)]);
        return incidentReport(incident, publicUrl, context, before);
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}/context', summary: 'Similar incidents before it with what came of them, evidence that recurs at this time of day, muted anomalies near it', params: id,
      handle: async ({ params }): Promise<IncidentContext> => feedback.context(await find(params.id)),
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
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/reopen', summary: 'Open it again by hand; it then stays open until somebody closes it', params: id, body: z.object({ by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.reopen(params.id, body.by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/assign', summary: 'Say who works on it', params: id, body: z.object({ to: z.string().trim().max(200).describe('A name; empty for nobody'), by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.assign(params.id, body.to, body.by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/severity', summary: 'Set the severity by hand', params: id, body: z.object({ severity: z.enum(['critical', 'warning', 'info']).nullable().describe('null: as the evidence says'), by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.setSeverity(params.id, body.severity, body.by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/verdict', summary: 'Say whether it mattered, as a whole or one anomaly of it; for noise and expected the answer proposes mutes', params: id,
      body: z.object({
        kind: z.enum(['real', 'noise', 'expected', 'wrong_cause']).nullable().describe('null takes the verdict back'), anomaly: z.string().max(200).default('').describe('Id of one anomaly of its evidence; empty: the incident'),
        cause: z.string().trim().max(500).default('').describe('For wrong_cause: the service that was to blame, if known'),
        detail: z.strictObject({ kind: z.enum(['instance', 'operation', 'metric', 'change']), name: z.string().trim().min(1).max(500) }).nullable().default(null).describe('What of it was to blame, if known'), timeZone: timeZone.default('UTC').describe('For the time of day of what was expected'), by: person,
      }),
      async handle({ params, body: { kind, anomaly, cause, detail, by, timeZone: zone } }) {
        const incident = await incidents.judge(params.id, { kind, anomaly, cause, detail }, by);
        return { incident, proposals: kind === 'noise' || kind === 'expected' ? feedback.propose(incident, kind, anomaly, zone) : [] };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/incidents/{id}/lesson', summary: 'What it would have changed in the last days to rank the cause that the verdict names higher in similar incidents; nothing is applied', params: id,
      query: z.object({ days: z.coerce.number().int().min(1).max(MOST_DAYS).default(14) }),
      handle: async ({ params, query }) => ({ effect: await feedback.lessonEffect(await find(params.id), query.days) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/lesson', summary: 'Rank the cause that the verdict names higher in similar incidents; refused when one whose cause people told would be ranked worse, unless forced', params: id,
      body: z.object({ by: person, force: z.boolean().default(false).describe('Learn it although incidents would have been ranked worse whose cause people told') }),
      handle: async ({ params, body }) => ({ incident: await feedback.learn(await find(params.id), body.by, body.force) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/merge', summary: 'Make another incident a part of this one', params: id, body: z.object({ other: z.string().min(1).describe('Id of the other, which is over then'), by: person }),
      handle: async ({ params, body }) => ({ incident: await incidents.merge(params.id, body.other, body.by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/incidents/{id}/split', summary: 'Move some of its evidence to a new incident; they stay apart', params: id, body: z.object({ anomalies: z.array(z.string().min(1)).min(1).max(1_000).describe('Ids of anomalies of its evidence'), by: person }),
      handle: ({ params, body }) => incidents.split(params.id, body.anomalies, body.by),
    }),
  ];
}
