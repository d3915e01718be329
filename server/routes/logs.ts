import { z } from 'zod';
import type { ApiLog, ApiLogPattern, ApiLogPatterns, ApiLogs } from '#core/api/logs.js';
import type { Labels } from '#core/types.js';
import { LOGS_WITHIN } from '#store/within.js';
import type { ServerContext } from '../context.js';
import { logSearch } from '../log-search.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const BUCKETS = 60;
const PATTERN_BUCKETS = 30;
const MAX_PATTERNS = 200;
/** Of those that are new in the range, shown however seldom they come. */
const MAX_NEW = 50;
/** Least severity number of each name: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const LEAST = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

/** Which records; shared by what answers about them. */
export const logFilters = rangeQuery.extend({
  q: z.string().max(500).optional().describe('Words, all of them, `"a phrase"`, `-word` for what is not there: in the body, in an attribute value, or in the name or version of its pod, host, container, region or the like unless that of its service has it. `key=value`: an attribute of the record or its resource with exactly this value, or a body that says so; `key!=value`: no such attribute'), service: z.string().optional(), severity: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional().describe('This one or worse'),
  traceId: z.string().optional(), pattern: z.string().regex(/^\d{1,20}$/).optional().describe('Id of a pattern'),
});

/** A condition in SQL, and the parameters of its search. */
function conditionOf(query: z.output<typeof logFilters>): { readonly where: string; readonly searched: Readonly<Record<string, string>> } {
  const search = logSearch(query.q ?? '');
  const conditions = [LOGS_WITHIN, ...search.conditions];
  if (query.service) conditions.push('ServiceName = {service:String}');
  if (query.severity) conditions.push(`SeverityNumber >= ${LEAST[query.severity]}`);
  if (query.traceId) conditions.push('TraceId = {traceId:String}');
  if (query.pattern) conditions.push('PatternId = {pattern:UInt64}');
  return { where: conditions.join(' AND '), searched: search.params };
}

interface PatternRow {
  readonly id: string; readonly service: string; readonly template: string; readonly example: string; readonly traceId: string; readonly records: string; readonly severityText: string; readonly severityNumber: number; readonly first: string; readonly last: string; readonly slots: [number, string][]; readonly matching: string;
}

interface Count {
  readonly slot: number; readonly severity: string; readonly records: string;
}

/** Where the oldest of the newest `limit` records lies; 0, so that the same is asked again and ClickHouse remembers where nothing matched, when there are not so many. */
function slotOfOldest(counts: readonly Count[], limit: number): number {
  let left = limit;
  for (const { slot, records } of counts.toSorted((a, b) => b.slot - a.slot)) {
    left -= Number(records);
    if (left <= 0) return slot;
  }
  return 0;
}

interface LogRow {
  readonly time: string; readonly service: string; readonly severityText: string; readonly severityNumber: number; readonly body: string; readonly traceId: string; readonly spanId: string; readonly attributes: Labels; readonly resource: Labels;
}

export function logRoutes({ store, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/logs', reads: true, summary: 'Search log records, newest first, with their number over time',
      query: logFilters.extend({ limit: z.coerce.number().int().min(1).max(1_000).default(200) }),
      async handle({ query }): Promise<ApiLogs> {
        const range = rangeOf(query, clock);
        const width = Math.max(1, Math.ceil(range.seconds / BUCKETS));
        // Two at least: how far they are apart says how long each is.
        const slots = Math.min(BUCKETS, Math.max(2, Math.ceil((range.params.to - range.params.from) / width)));
        const { where, searched } = conditionOf(query);
        const params = { ...query, ...searched, ...range.params, width };
        const counts = await store.query<Count>(
          `SELECT toInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)) - {from:UInt32}, {width:UInt32})) AS slot, multiIf(SeverityNumber >= 17, 'error', SeverityNumber >= 13, 'warn', SeverityNumber >= 9, 'info', SeverityNumber >= 1, 'debug', 'unset') AS severity, count() AS records
           FROM otel_logs WHERE ${where} GROUP BY slot, severity`,
          { params },
        );
        const rows = counts.length === 0 ? [] : await store.query<LogRow>(
          `SELECT toString(toUnixTimestamp64Nano(Timestamp)) AS time, ServiceName AS service, SeverityText AS severityText, SeverityNumber AS severityNumber, Body AS body, TraceId AS traceId, SpanId AS spanId, LogAttributes AS attributes, ResourceAttributes AS resource
           FROM otel_logs WHERE ${where} ORDER BY Timestamp DESC LIMIT {limit:UInt32}`,
          { params: { ...params, from: range.params.from + slotOfOldest(counts, query.limit) * width } },
        );
        const histogram: Record<string, number[]> = {};
        for (const { slot, severity, records } of counts) {
          const own = (histogram[severity] ??= Array.from({ length: slots }, () => 0));
          // The last one takes what is left of a second.
          const at = Math.min(slot, slots - 1);
          own[at] = (own[at] ?? 0) + Number(records);
        }
        const times = Array.from({ length: slots }, (_, slot) => (range.params.from + slot * width) * 1000);
        return { logs: rows.map(({ time, ...rest }): ApiLog => ({ timeUnixNano: time, ...rest })), histogram: { times, counts: histogram } };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/logs/patterns', reads: true, summary: 'What log records say, values left out: the 200 most frequent patterns and the 50 newest that are new in the range, most frequent first, and how many there are', query: logFilters,
      async handle({ query }): Promise<ApiLogPatterns> {
        const range = rangeOf(query, clock);
        const width = Math.max(1, Math.ceil(range.seconds / PATTERN_BUCKETS));
        const { where, searched } = conditionOf(query);
        const rows = await store.query<PatternRow>(
          `SELECT id, service, template, example, traceId, records, severityText, severityNumber, first, last, slots, matching FROM (
           SELECT toString(c.id) AS id, c.service AS service, p.template AS template, c.example AS example, c.traceId AS traceId, c.records AS records, c.severityText AS severityText, c.severityNumber AS severityNumber, c.last AS last, c.slots AS slots,
             if(p.first > 0, p.first, c.last) AS first, p.first AS seen, row_number() OVER (ORDER BY c.records DESC) AS often, row_number() OVER (ORDER BY p.first DESC) AS young, count() OVER () AS matching
           FROM (SELECT id, service, sum(n) AS records, argMax(text, severity) AS severityText, max(severity) AS severityNumber, max(newest) AS last, argMax(body, newest) AS example, argMax(trace, newest) AS traceId, groupArray((slot, n)) AS slots FROM (
               SELECT PatternId AS id, ServiceName AS service, toInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)) - {from:UInt32}, {width:UInt32})) AS slot, count() AS n, argMax(SeverityText, SeverityNumber) AS text, max(SeverityNumber) AS severity,
                 max(toUnixTimestamp64Milli(Timestamp)) AS newest, argMax(Body, Timestamp) AS body, argMax(TraceId, Timestamp) AS trace
               FROM otel_logs WHERE ${where} GROUP BY id, service, slot)
             GROUP BY id, service) AS c
           LEFT JOIN (SELECT id, service, argMax(template, updated_at) AS template, toUnixTimestamp64Milli(min(first_seen)) AS first FROM log_patterns GROUP BY id, service) AS p ON p.id = c.id AND p.service = c.service)
           WHERE often <= ${MAX_PATTERNS} OR (young <= ${MAX_NEW} AND seen >= {from:UInt32} * 1000) ORDER BY records DESC`,
          { params: { ...query, ...searched, ...range.params, width } },
        );
        const patterns = rows.map(({ id, service, template, example, traceId, records, severityText, severityNumber, first, last, slots }): ApiLogPattern => {
          const counts = Array.from({ length: PATTERN_BUCKETS }, () => 0);
          for (const [slot, n] of slots) if (slot < PATTERN_BUCKETS) counts[slot] = Number(n);
          return { id, service, template: template || example, example, traceId, records: Number(records), severityText, severityNumber, firstSeenAt: Number(first), lastAt: Number(last), counts };
        });
        return { patterns, matching: Number(rows[0]?.matching ?? 0) };
      },
    }),
  ];
}
