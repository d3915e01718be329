import { z } from 'zod';
import type { ApiLog, ApiLogPattern, ApiLogPatterns, ApiLogs } from '#core/api/logs.js';
import type { Labels } from '#core/types.js';
import { LOGS_WITHIN } from '#store/within.js';
import type { ServerContext } from '../context.js';
import { logSearch } from '../log-search.js';
import { rangeOf, rangeQuery, type Range } from '../range.js';
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

/** Beside the seconds, by which it is known what to read. */
const EXACTLY = 'Timestamp >= fromUnixTimestamp64Milli({fromMs:Int64}) AND Timestamp < fromUnixTimestamp64Milli({toMs:Int64})';
const exactly = (range: Range): { readonly fromMs: number; readonly toMs: number } => ({ fromMs: Math.floor(range.from), toMs: Math.ceil(range.to) });

/** A condition in SQL, and the parameters of its search. */
function conditionOf(query: z.output<typeof logFilters>): { readonly where: string; readonly searched: Readonly<Record<string, string>> } {
  const search = logSearch(query.q ?? '');
  const conditions = [LOGS_WITHIN, EXACTLY, ...search.conditions];
  if (query.service) conditions.push('ServiceName = {service:String}');
  if (query.severity) conditions.push(`SeverityNumber >= ${LEAST[query.severity]}`);
  if (query.traceId) conditions.push('TraceId = {traceId:String}');
  if (query.pattern) conditions.push('PatternId = {pattern:UInt64}');
  return { where: conditions.join(' AND '), searched: search.params };
}

interface PatternRow {
  readonly id: string; readonly service: string; readonly template: string; readonly newest: [body: string, traceId: string, spanId: string, time: string]; readonly records: string; readonly severityText: string; readonly severityNumber: number; readonly first: string; readonly last: string; readonly slots: [number, string][]; readonly matching: string;
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

/** Which of two records of one nanosecond is first. */
const TIE = 'cityHash64(ServiceName, SpanId, Body)';

/** Where an answer ended: at a record of this time and hash, of which `skipped` are shown. */
interface Place {
  readonly beforeNs: string; readonly beforeHash: string; readonly skipped: number;
}

function placeOf(before: string): Place {
  const [beforeNs = '', beforeHash = '', skipped] = before.split('-');
  return { beforeNs, beforeHash, skipped: Number(skipped) };
}

/** The place after `rows`, which began at `place`. */
function placeAfter(rows: readonly LogRow[], place: Place | null): string | null {
  const last = rows.at(-1);
  if (!last) return null;
  const alike = rows.filter(({ time, hash }) => time === last.time && hash === last.hash).length;
  const shown = place?.beforeNs === last.time && place.beforeHash === last.hash ? place.skipped : 0;
  return `${last.time}-${last.hash}-${shown + alike}`;
}

interface LogRow {
  readonly time: string; readonly hash: string; readonly service: string; readonly severityText: string; readonly severityNumber: number; readonly body: string; readonly traceId: string; readonly spanId: string; readonly attributes: Labels; readonly resource: Labels;
}

export function logRoutes({ store, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/logs', reads: true, summary: 'Search log records, newest first, with the number of all over time; `older` leads to those that follow',
      query: logFilters.extend({ limit: z.coerce.number().int().min(1).max(1_000).default(200), before: z.string().regex(/^\d{1,19}-\d{1,20}-\d{1,7}$/, 'expected `older` of an answer').optional().describe('`older` of an answer: the records that follow those') }),
      async handle({ query }): Promise<ApiLogs> {
        const range = rangeOf(query, clock);
        const width = Math.max(1, Math.ceil(range.seconds / BUCKETS));
        // Two at least: how far they are apart says how long each is.
        const slots = Math.min(BUCKETS, Math.max(2, Math.ceil((range.params.to - range.params.from) / width)));
        const { where, searched } = conditionOf(query);
        const params = { ...query, ...searched, ...range.params, ...exactly(range), width };
        const counts = await store.query<Count>(
          `SELECT toInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)) - {from:UInt32}, {width:UInt32})) AS slot, multiIf(SeverityNumber >= 17, 'error', SeverityNumber >= 13, 'warn', SeverityNumber >= 9, 'info', SeverityNumber >= 1, 'debug', 'unset') AS severity, count() AS records
           FROM otel_logs WHERE ${where} GROUP BY slot, severity`,
          { params },
        );
        const place = query.before === undefined ? null : placeOf(query.before);
        const second = place && Number(place.beforeNs.slice(0, -9));
        // Of the slot of the place it is not known how much is left.
        const left = second === null ? counts : counts.filter(({ slot }) => range.params.from + (slot + 1) * width <= second);
        // One more than is shown tells whether more follow.
        const found = counts.length === 0 ? [] : await store.query<LogRow>(
          `SELECT toString(${TIE}) AS hash, toString(toUnixTimestamp64Nano(Timestamp)) AS time, ServiceName AS service, SeverityText AS severityText, SeverityNumber AS severityNumber, Body AS body, TraceId AS traceId, SpanId AS spanId, LogAttributes AS attributes, ResourceAttributes AS resource
           FROM otel_logs WHERE ${where}${place ? ` AND (Timestamp, ${TIE}) <= (fromUnixTimestamp64Nano({beforeNs:Int64}), {beforeHash:UInt64})` : ''} ORDER BY Timestamp DESC, ${TIE} DESC LIMIT {limit:UInt32} + 1 OFFSET {skipped:UInt32}`,
          { params: { ...params, skipped: 0, ...place, from: range.params.from + slotOfOldest(left, query.limit + 1) * width, to: second === null ? range.params.to : Math.max(range.params.from + 1, Math.min(range.params.to, second + 1)) } },
        );
        const rows = found.slice(0, query.limit);
        const histogram: Record<string, number[]> = {};
        for (const { slot, severity, records } of counts) {
          const own = (histogram[severity] ??= Array.from({ length: slots }, () => 0));
          // The last one takes what is left of a second.
          const at = Math.min(slot, slots - 1);
          own[at] = (own[at] ?? 0) + Number(records);
        }
        const times = Array.from({ length: slots }, (_, slot) => (range.params.from + slot * width) * 1000);
        return { logs: rows.map(({ time, hash: _hash, ...rest }): ApiLog => ({ timeUnixNano: time, ...rest })), older: found.length > rows.length ? placeAfter(rows, place) : null, histogram: { times, counts: histogram } };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/logs/patterns', reads: true, summary: 'What log records say, values left out: the 200 most frequent patterns and the 50 newest that are new in the range, most frequent first, and how many there are', query: logFilters,
      async handle({ query }): Promise<ApiLogPatterns> {
        const range = rangeOf(query, clock);
        const width = Math.max(1, Math.ceil(range.seconds / PATTERN_BUCKETS));
        const { where, searched } = conditionOf(query);
        const rows = await store.query<PatternRow>(
          `SELECT id, service, template, newest, records, severityText, severityNumber, first, last, slots, matching FROM (
           SELECT toString(c.id) AS id, c.service AS service, p.template AS template, c.said AS newest, c.records AS records, c.severityText AS severityText, c.severityNumber AS severityNumber, c.last AS last, c.slots AS slots,
             if(p.first > 0, p.first, c.last) AS first, p.first AS seen, row_number() OVER (ORDER BY c.records DESC) AS often, row_number() OVER (ORDER BY p.first DESC) AS young, count() OVER () AS matching
           FROM (SELECT id, service, sum(n) AS records, argMax(text, severity) AS severityText, max(severity) AS severityNumber, max(newest) AS last, argMax(record, newest) AS said, groupArray((slot, n)) AS slots FROM (
               SELECT PatternId AS id, ServiceName AS service, toInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)) - {from:UInt32}, {width:UInt32})) AS slot, count() AS n, argMax(SeverityText, SeverityNumber) AS text, max(SeverityNumber) AS severity,
                 max(toUnixTimestamp64Milli(Timestamp)) AS newest, argMax((Body, TraceId, SpanId, toString(toUnixTimestamp64Nano(Timestamp))), Timestamp) AS record
               FROM otel_logs WHERE ${where} GROUP BY id, service, slot)
             GROUP BY id, service) AS c
           LEFT JOIN (SELECT id, service, argMax(template, updated_at) AS template, toUnixTimestamp64Milli(min(first_seen)) AS first FROM log_patterns GROUP BY id, service) AS p ON p.id = c.id AND p.service = c.service)
           WHERE often <= ${MAX_PATTERNS} OR (young <= ${MAX_NEW} AND seen >= {from:UInt32} * 1000) ORDER BY records DESC`,
          { params: { ...query, ...searched, ...range.params, ...exactly(range), width } },
        );
        const patterns = rows.map(({ id, service, template, newest: [example, traceId, spanId, timeUnixNano], records, severityText, severityNumber, first, last, slots }): ApiLogPattern => {
          const counts = Array.from({ length: PATTERN_BUCKETS }, () => 0);
          for (const [slot, n] of slots) if (slot < PATTERN_BUCKETS) counts[slot] = Number(n);
          return { id, service, template: template || example, example, traceId, spanId, timeUnixNano, records: Number(records), severityText, severityNumber, firstSeenAt: Number(first), lastAt: Number(last), counts };
        });
        return { patterns, matching: Number(rows[0]?.matching ?? 0) };
      },
    }),
  ];
}
