import { z } from 'zod';
import type { ApiIncident, ApiIncidents } from '#core/api/incidents.js';
import type { ApiLogPatterns, ApiLogs } from '#core/api/logs.js';
import type { ApiChanges, ApiServiceDetail, ApiServices } from '#core/api/services.js';
import type { ApiSources, ApiStatus } from '#core/api/status.js';
import type { ApiSpan, ApiTrace } from '#core/api/traces.js';
import type { IncidentContext } from '#core/feedback.js';
import type { Incident } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { rangeOf, rangeQuery, time } from '../range.js';
import { incidentReport } from '../report.js';
import { logFilters } from '../routes/logs.js';
import { traceFilters } from '../routes/traces.js';
import { inPath } from '../service-path.js';
import type { Ask } from '../ask.js';

/** One question that an agent may put. All of them only read. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Text for the agent: Markdown or JSON. `url` is where Faultline is reached. */
  run(ask: Ask, input: Readonly<Record<string, unknown>>, url: string): Promise<string>;
}

function defineTool<Input extends z.ZodObject>(tool: Omit<Tool, 'input' | 'run'> & { input: Input; run(ask: Ask, input: z.output<Input>, url: string): Promise<string> }): Tool {
  return tool as Tool;
}

const MAX_SPANS = 200;
const MAX_SOURCES = 50;
const MAX_PATTERNS = 80;
const NEW_PATTERNS = 20;
const RANGE_POINTS = 60;
const HOUR = rangeQuery.shape.from.default('now-1h');
const range = rangeQuery.extend({ from: HOUR });
const json = (value: unknown): string => JSON.stringify(value);

/** Those that failed before others, in the order of their times. */
function chosen(spans: readonly ApiSpan[]): readonly ApiSpan[] {
  const failed = new Set(spans.filter(({ status }) => status === 'Error').slice(0, MAX_SPANS));
  let others = MAX_SPANS - failed.size;
  return spans.filter((span) => failed.has(span) || (span.status !== 'Error' && others-- > 0));
}

export const TOOLS: readonly Tool[] = [
  defineTool({
    name: 'list_incidents', title: 'List incidents',
    description: 'The newest 500 incidents and how many there are: what is wrong or was, since when, how bad, and the probable root cause. Start here.',
    input: range.extend({ state: z.enum(['open', 'all']).default('open').describe('open: not resolved, of any age; all: those that overlap the range') }),
    async run(ask, input) {
      const { incidents, matching } = await ask<ApiIncidents>('/api/incidents', input);
      return json({ incidents: incidents.map(brief), matching });
    },
  }),
  defineTool({
    name: 'explain_incident', title: 'Explain an incident',
    description: 'One incident as a report: causes ranked with reasons, evidence with expected values, the models that flagged it and what came of the last like it, what the bad requests have in common, example traces, impact on users, similar incidents before with what came of them, what people taught about the cause, timeline, notes.',
    input: z.object({ id: z.string().min(1).describe('Id from list_incidents') }),
    async run(ask, { id }, url) {
      const path = `/api/incidents/${encodeURIComponent(id)}`;
      const [{ incident, before }, context] = await Promise.all([ask<ApiIncident>(path), ask<IncidentContext>(`${path}/context`)]);
      return incidentReport(incident, url, context, before);
    },
  }),
  defineTool({
    name: 'what_changed', title: 'What changed',
    description: 'New versions and versions taken back, restarts, scaling, resource attributes that say something else, incidents that opened or resolved and log patterns that are new, newest first: what to look at when something broke then. What came to many services at once is one entry; of its services the first are named.',
    input: range.extend({ service: z.string().default('').describe('Of this service alone'), limit: z.number().int().min(1).max(500).default(100) }),
    async run(ask, input) {
      const { changes, matching } = await ask<ApiChanges>('/api/changes', input);
      return json({ changes: changes.map(({ at, until, ...rest }) => ({ at: rfc3339(at), ...(until > at && { until: rfc3339(until) }), ...rest })), matching });
    },
  }),
  defineTool({
    name: 'list_services', title: 'List services',
    description: 'Services with their state, requests per second, share of errors (0..1) and latency in milliseconds over the range, the worst first, and how many there are.',
    input: range.extend({ q: z.string().max(200).default('').describe('Part of the name'), limit: z.number().int().min(1).max(1_000).default(100) }),
    async run(ask, input) {
      const { services, ...counts } = await ask<ApiServices>('/api/services', input);
      return json({ services: services.map((service) => without(service, 'sparkline')), ...counts });
    },
  }),
  defineTool({
    name: 'get_service', title: 'Describe a service',
    description: 'One service: its operations with rate, errors and latency, who calls it, what it calls, and its deploys.',
    input: range.extend({ service: z.string().min(1) }),
    run: async (ask, { service, ...rest }) => json(without(await ask<ApiServiceDetail>(`/api/services/${inPath(service)}`, rest), 'charts')),
  }),
  defineTool({
    name: 'service_map', title: 'Service map',
    description: 'Services, databases and queues, and the calls between them with rate, errors and latency. A large map comes in part: what is in trouble with its neighbours, or what is asked for.',
    input: range.extend({ around: z.string().max(200).default('').describe('Name of a service, or part of names'), hops: z.number().int().min(0).max(3).default(1).describe('Calls away from it'), most: z.number().int().min(1).max(500).default(60) }),
    run: async (ask, input) => json(await ask('/api/map', input)),
  }),
  defineTool({
    name: 'search_traces', title: 'Search traces',
    description: 'Traces, newest first, by service, operation, status, length or text in attribute values, and about how many match.',
    input: traceFilters.extend({ from: HOUR, limit: z.coerce.number().int().min(1).max(100).default(20) }),
    run: async (ask, input) => json(await ask('/api/traces', input)),
  }),
  defineTool({
    name: 'get_trace', title: 'Read a trace',
    description: `The spans of one trace, ${MAX_SPANS} of \`spanCount\`, those that failed before others: service, name, start and length, status, attributes, events.`,
    input: z.object({ traceId: z.string().regex(/^[0-9a-fA-F]{32}$/) }),
    async run(ask, { traceId }) {
      const { spans, cut } = await ask<ApiTrace>(`/api/traces/${traceId}`);
      return json({ traceId, spanCount: cut ?? spans.length, spans: chosen(spans).map((span) => without(span, 'traceId', 'resource', 'links')) });
    },
  }),
  defineTool({
    name: 'search_logs', title: 'Search logs',
    description: 'Log records, newest first, by words, attributes, service, severity, trace or pattern, and how many match.',
    input: logFilters.extend({ from: HOUR, limit: z.coerce.number().int().min(1).max(200).default(50), before: z.string().optional().describe('`older` of an answer: the records that follow those') }),
    async run(ask, input) {
      const { logs, older, histogram } = await ask<ApiLogs>('/api/logs', input);
      const matching = Object.values(histogram.counts).flat().reduce((sum, count) => sum + count, 0);
      return json({ logs: logs.map((log) => without(log, 'resource')), older, matching });
    },
  }),
  defineTool({
    name: 'log_patterns', title: 'Count log patterns',
    description: 'What log records say with the values left out, most frequent first, of the rare ones the newest, and how many there are: the quickest way to see what a service complains about.',
    input: logFilters.extend({ from: HOUR }),
    async run(ask, input) {
      const { patterns, matching } = await ask<ApiLogPatterns>('/api/logs/patterns', input);
      const newest = new Set(patterns.toSorted((a, b) => b.firstSeenAt - a.firstSeenAt).slice(0, NEW_PATTERNS));
      const shown = patterns.filter((pattern, at) => at < MAX_PATTERNS || newest.has(pattern));
      return json({ patterns: shown.map((pattern) => ({ ...without(pattern, 'counts', 'spanId', 'timeUnixNano'), firstSeenAt: rfc3339(pattern.firstSeenAt), lastAt: rfc3339(pattern.lastAt) })), matching });
    },
  }),
  defineTool({
    name: 'list_metrics', title: 'List metrics',
    description: 'Metrics that were received, by name, with type, unit and the services that send them, and how many there are.',
    input: z.object({ q: z.string().max(200).default('').describe('Part of the name'), limit: z.number().int().min(1).max(1_000).default(200) }),
    run: async (ask, input) => json(await ask('/api/metrics', input)),
  }),
  defineTool({
    name: 'query_metrics', title: 'Query metrics with PromQL',
    description: `A PromQL query over the range, about ${RANGE_POINTS} points a series. Names follow Prometheus (http_server_request_duration_seconds_bucket); list_metrics knows them.`,
    input: z.object({
      query: z.string().min(1).max(5_000), minutes: z.number().min(1).max(10_080).default(60).describe('How far back from `to`, where there is no `from`'),
      from: time.optional().describe('Begin, as elsewhere'), to: rangeQuery.shape.to,
    }),
    async run(ask, { query, minutes, from, to }) {
      const asked = rangeOf({ from: from ?? '0', to }, Date.now);
      const end = asked.to / 1000;
      const start = from === undefined ? end - minutes * 60 : asked.from / 1000;
      const { data, warnings } = await ask<{ data: unknown; warnings?: string[] }>('/api/v1/query_range', { query, start, end, step: Math.max(5, Math.ceil((end - start) / RANGE_POINTS)), limit: 50 });
      return json({ data, ...(warnings && { warnings }) });
    },
  }),
  defineTool({
    name: 'status', title: 'Status of Faultline',
    description: `What arrives and from whom (the first ${MAX_SOURCES} sources, those with something to fix before others), the queue, the store, and what the detector has learned.`,
    input: z.object({}),
    async run(ask) {
      const [status, { sources }] = await Promise.all([ask<ApiStatus>('/api/status'), ask<ApiSources>('/api/sources', { limit: MAX_SOURCES })]);
      return json({ ...status, sources });
    },
  }),
];

function brief({ id, status, severity, title, summary, startsAt, endsAt, causes, services, assignee, verdict }: Incident): object {
  return { id, status, severity, title, summary, startsAt: rfc3339(startsAt), endsAt: endsAt === null ? null : rfc3339(endsAt), causes: causes.slice(0, 3).map(({ service, confidence }) => ({ service, confidence })), services, ...(assignee && { assignee }), ...(verdict && { verdict: verdict.kind }) };
}

/** What an agent has no use for costs it attention. */
function without<T extends object, Key extends keyof T>(value: T, ...keys: readonly Key[]): Omit<T, Key> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as Key))) as Omit<T, Key>;
}
