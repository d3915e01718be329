import { z } from 'zod';
import type { ApiSpan, ApiTrace, ApiTraceColumns, ApiTraces, ApiTraceSummary } from '#core/api/traces.js';
import { PipelineError } from '#core/errors.js';
import type { Labels } from '#core/types.js';
import { OWN_SERVICE } from '#core/words.js';
import type { Store } from '#store/store.js';
import { within } from '#store/within.js';
import { contains } from '../contains.js';
import type { ServerContext } from '../context.js';
import { inResource } from '../in-resource.js';
import { ownQuery, rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';
import { traceColumns } from '../trace-columns.js';

const traceId = z.object({ traceId: z.string().regex(/^[0-9a-fA-F]{32}$/, 'expected 32 hexadecimal digits') });
/** As long as a span can be: nanoseconds in 64 bits. */
const LONGEST_MS = 18_446_744_073_709;
/** Which traces; shared by what answers about them. */
export const traceFilters = rangeQuery.extend({
  service: z.string().optional(), operation: z.string().optional(), status: z.enum(['ok', 'error']).optional().describe('error: a matching span failed; ok: no span of the trace did, none of the service or operation where one is named'), q: z.string().max(500).optional().describe('Text in a span name or an attribute value, or in the name or version of its pod, host, container, region or the like unless that of its service has it'),
  attribute: z.string().regex(/^[^=]+=./s, 'expected key=value').max(5_000).optional().describe('An attribute of a span or its resource with exactly this value: `k8s.pod.name=payment-2`'),
  minMs: z.coerce.number().nonnegative().max(LONGEST_MS).optional().describe('Least length of a matching span, milliseconds; of the whole trace, from its first start to its last end, where neither a service nor an operation is named'), maxMs: z.coerce.number().positive().max(LONGEST_MS).optional().describe('Greatest length of the same'),
});
/** Spans shown of one trace, those that failed and then the first, and those of several that are read at once. */
const MAX_SPANS = 20_000;
/** Spans of several traces after which the next has no room. */
const MAX_ANSWER = 60_000;
/** Most spans of a trace lie around the one that matches. */
const AROUND = within('Timestamp', '{from:UInt32} - 60', '{to:UInt32} + 60');
/** Of the spans of one trace, microseconds. */
const FIRST = 'toUnixTimestamp64Micro(min(Timestamp))';
const LAST = 'max(toUnixTimestamp64Micro(Timestamp) + toInt64(intDiv(Duration, 1000)))';

interface SpanRow {
  readonly traceId: string; readonly spanId: string; readonly parentSpanId: string; readonly service: string; readonly name: string; readonly kind: string;
  readonly start: string; readonly duration: string; readonly status: ApiSpan['status']; readonly statusMessage: string; readonly attributes: Labels; readonly resource: Labels;
  readonly eventTimes: string[]; readonly eventNames: string[]; readonly eventAttributes: Labels[]; readonly linkTraces: string[]; readonly linkSpans: string[]; readonly linkAttributes: Labels[];
}

export function traceRoutes({ store, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/traces', reads: true, summary: 'Search traces: the newest, or an even sample of all that match, newest first, and how many match',
      query: traceFilters.extend({ ...ownQuery.shape, limit: z.coerce.number().int().min(1).max(500).default(50), pick: z.enum(['newest', 'sample']).default('newest').describe('Which, where more match than `limit`: `sample` is spread over the time as they are'), as: z.enum(['rows', 'columns']).default('rows').describe('`columns`: the same in a third of the bytes, each name once') }),
      async handle({ query }): Promise<ApiTraces | ApiTraceColumns> {
        const range = rangeOf(query, clock);
        const conditions = conditionsOf(query);
        const [key = '', ...value] = (query.attribute ?? '').split('=');
        const params = { ...query, key, value: value.join('='), ownService: OWN_SERVICE, ...range.params };
        const count = (): Promise<number> => countTraces(store, conditionsOf(query), params);
        const all = query.pick === 'sample' ? await count() : 0;
        const every = stride(all, query.limit);
        if (every > 1) conditions.push(`sipHash64(TraceId) % ${every} = 0`);
        const found = await store.query<SummaryRow>(
          `${SUMMARY} WHERE ${AROUND}
             AND TraceId IN (SELECT TraceId FROM otel_traces WHERE ${conditions.join(' AND ')} GROUP BY TraceId ORDER BY ${query.pick === 'sample' ? 'sipHash64(TraceId)' : 'max(Timestamp) DESC'} LIMIT {limit:UInt32})
           GROUP BY TraceId ORDER BY first DESC`,
          { params },
        );
        const whole = await wholeOf(store, found.flatMap(({ traceId: id, roots }) => (roots === '0' ? id : [])));
        const rows = found.map((row) => whole.get(row.traceId) ?? row);
        // What lies outside of the time that was searched may have failed.
        const isOk = (row: SummaryRow): boolean => query.status !== 'ok' || Boolean(query.service || query.operation) || row.failed === '0';
        const traces: ApiTraceSummary[] = rows.filter(isOk).map((row) => ({
          traceId: row.traceId, rootService: row.root[0], rootName: row.root[1], startsAt: Number(row.first) / 1000, durationMs: (Number(row.last) - Number(row.first)) / 1000,
          spanCount: Number(row.spans), errorCount: Number(row.failed), services: row.services,
        }));
        const matching = query.pick === 'sample' ? all : found.length < query.limit ? traces.length : await count();
        return query.as === 'columns' ? traceColumns({ traces, matching }) : { traces, matching };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/traces/{traceId}', reads: true, summary: 'The spans of one trace, 20,000 of them, failed ones before others and the first of these, and how many there are where that is not all', params: traceId,
      async handle({ params }): Promise<ApiTrace> {
        const id = params.traceId.toLowerCase();
        const trace = await readTrace(store, id);
        if (!trace) throw new PipelineError('NOT_FOUND', `no trace ${id}`);
        return trace;
      },
    }),
  ];
}

interface SummaryRow { readonly traceId: string; readonly root: [string, string]; readonly first: string; readonly last: string; readonly spans: string; readonly failed: string; readonly roots: string; readonly services: string[] }

const SUMMARY = `SELECT TraceId AS traceId, argMin((ServiceName, SpanName), (ParentSpanId != '', Timestamp)) AS root, ${FIRST} AS first, ${LAST} AS last, count() AS spans, countIf(StatusCode = 'Error') AS failed, countIf(ParentSpanId = '') AS roots, groupUniqArray(20)(ServiceName) AS services FROM otel_traces`;

/** Traces whose root was not found as a whole: it may have begun long before, and a job of hours is more than its last minutes. */
async function wholeOf(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, SummaryRow>> {
  if (ids.length === 0) return new Map();
  const rows = await store.query<SummaryRow>(`${SPAN_TIMES} ${SUMMARY} WHERE ${OF_TRACES} GROUP BY TraceId`, { params: { ids } });
  return new Map(rows.map((row) => [row.traceId, row]));
}

/** What a span of a matching trace is like. */
function conditionsOf(query: z.output<typeof traceFilters> & z.output<typeof ownQuery>): string[] {
  const whose: string[] = [];
  if (query.own === 'hide' && query.service !== OWN_SERVICE) whose.push('ServiceName != {ownService:String}');
  if (query.service) whose.push('ServiceName = {service:String}');
  if (query.operation) whose.push('SpanName = {operation:String}');
  const conditions = [within('Timestamp'), ...whose];
  if (query.status === 'error') conditions.push("StatusCode = 'Error'");
  // Of a trace that failed, most spans did not.
  if (query.status === 'ok') conditions.push(`TraceId NOT IN (SELECT TraceId FROM otel_traces WHERE ${[AROUND, ...whose, "StatusCode = 'Error'"].join(' AND ')})`);
  const ofSpan = Boolean(query.service || query.operation);
  const micros = ofSpan ? 'Duration / 1e3' : `${LAST} - ${FIRST}`;
  const lengths: string[] = [];
  if (query.minMs !== undefined) lengths.push(`${micros} >= {minMs:Float64} * 1e3`);
  if (query.maxMs !== undefined) lengths.push(`${micros} <= {maxMs:Float64} * 1e3`);
  // A trace is as long as all of its spans together; what else is asked for may be said by any of them.
  if (ofSpan) conditions.push(...lengths);
  else if (lengths.length > 0) conditions.push(`TraceId IN (SELECT TraceId FROM otel_traces WHERE ${AROUND} GROUP BY TraceId HAVING ${lengths.join(' AND ')})`);
  if (query.q) conditions.push(`(${contains('SpanName', query.q)} OR arrayExists(v -> ${contains('v', query.q)}, mapValues(SpanAttributes)) OR ${inResource(query.q)})`);
  if (query.attribute) conditions.push('(SpanAttributes[{key:String}] = {value:String} OR ResourceAttributes[{key:String}] = {value:String})');
  return conditions;
}

async function countTraces(store: Store, conditions: readonly string[], params: Readonly<Record<string, string | number | undefined>>): Promise<number> {
  const [row] = await store.query<{ traces: string }>(`SELECT uniqCombined(TraceId) AS traces FROM otel_traces WHERE ${conditions.join(' AND ')}`, { params });
  return Number(row?.traces ?? 0);
}

/** One of so many is looked at: a power of two, so that a sample stays the same while more come. */
const stride = (matching: number, limit: number): number => 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, matching) / limit)));

/** The trace with this id (lower case) and its spans, as many as are shown; null where there is none. */
export async function readTrace(store: Store, id: string): Promise<ApiTrace | null> {
  const spans = await readSpans(store, [id]);
  if (spans.length === 0) return null;
  const size = spans.length < MAX_SPANS ? 0 : ((await sizesOf(store, [id])).get(id) ?? 0);
  return { traceId: id, spans, cut: cutOf(size) };
}

/** The traces with these ids (lower case) in their order, each with as many of its spans as are shown, and how many had no room in what one answer holds. */
export async function readTraces(store: Store, ids: readonly string[]): Promise<{ readonly traces: readonly ApiTrace[]; readonly left: number }> {
  const sizes = await sizesOf(store, ids);
  const known = [...new Set(ids)].filter((id) => sizes.has(id));
  const traces: ApiTrace[] = [];
  for (let read = 0; traces.length < known.length && read < MAX_ANSWER; ) {
    const portion = firstOf(known.slice(traces.length), sizes);
    const all = await readSpans(store, portion);
    const spans = new Map(portion.map((id) => [id, [] as ApiSpan[]]));
    for (const span of all) spans.get(span.traceId)?.push(span);
    for (const [id, own] of spans) traces.push({ traceId: id, spans: own, cut: cutOf(sizes.get(id) ?? 0) });
    read += all.length;
  }
  return { traces, left: known.length - traces.length };
}

const cutOf = (size: number): number | null => (size > MAX_SPANS ? size : null);

/** The first ids, whose spans are read at once: one trace at least. */
function firstOf(ids: readonly string[], sizes: ReadonlyMap<string, number>): readonly string[] {
  let sum = 0;
  const over = ids.findIndex((id) => (sum += sizes.get(id) ?? 0) > MAX_SPANS);
  return over < 0 ? ids : ids.slice(0, Math.max(1, over));
}

/** By the nanosecond, and at one a root before others. */
const byStart = (a: SpanRow, b: SpanRow): number => a.start.length - b.start.length || (a.start === b.start ? Number(a.parentSpanId !== '') - Number(b.parentSpanId !== '') : a.start < b.start ? -1 : 1);

/** By the time they began. */
async function readSpans(store: Store, ids: readonly string[]): Promise<ApiSpan[]> {
  const rows = await store.query<SpanRow>(SPANS, { params: { ids } });
  return rows.toSorted(byStart).map(toSpan);
}

/** How many spans each trace has. */
async function sizesOf(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await store.query<{ id: string; spans: string }>(`${SPAN_TIMES} SELECT TraceId AS id, count() AS spans FROM otel_traces WHERE ${OF_TRACES} GROUP BY id`, { params: { ids } });
  return new Map(rows.map(({ id, spans }) => [id, Number(spans)]));
}

const SPAN_TIMES = 'WITH (SELECT (min(Start), max(End)) FROM otel_traces_trace_id_ts WHERE TraceId IN {ids:Array(String)}) AS span';
const OF_TRACES = 'TraceId IN {ids:Array(String)} AND Timestamp >= span.1 AND Timestamp <= span.2 + 1';
const SPANS = `
${SPAN_TIMES}
SELECT TraceId AS traceId, SpanId AS spanId, ParentSpanId AS parentSpanId, ServiceName AS service, SpanName AS name, SpanKind AS kind, toString(toUnixTimestamp64Nano(Timestamp)) AS start, toString(Duration) AS duration,
  StatusCode AS status, StatusMessage AS statusMessage, SpanAttributes AS attributes, ResourceAttributes AS resource, arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp) AS eventTimes, Events.Name AS eventNames,
  Events.Attributes AS eventAttributes, Links.TraceId AS linkTraces, Links.SpanId AS linkSpans, Links.Attributes AS linkAttributes
FROM otel_traces WHERE ${OF_TRACES} ORDER BY StatusCode != 'Error', Timestamp LIMIT ${MAX_SPANS}`;

function toSpan(row: SpanRow): ApiSpan {
  return {
    traceId: row.traceId, spanId: row.spanId, parentSpanId: row.parentSpanId, service: row.service, name: row.name, kind: row.kind, startTimeUnixNano: row.start, durationNs: Number(row.duration),
    status: row.status, statusMessage: row.statusMessage, attributes: row.attributes, resource: row.resource,
    events: row.eventTimes.map((time, index) => ({ timeUnixNano: time, name: row.eventNames[index] ?? '', attributes: row.eventAttributes[index] ?? {} })),
    links: row.linkTraces.map((linked, index) => ({ traceId: linked, spanId: row.linkSpans[index] ?? '', attributes: row.linkAttributes[index] ?? {} })),
  };
}
