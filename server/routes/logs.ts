import { z } from 'zod';
import type { ApiLog, ApiLogs } from '#core/api.js';
import type { Labels } from '#core/types.js';
import type { ServerContext } from '../context.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const BUCKETS = 60;
/** Least severity number of each name: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const LEAST = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

interface LogRow {
  readonly time: string; readonly service: string; readonly severityText: string; readonly severityNumber: number; readonly body: string; readonly traceId: string; readonly spanId: string; readonly attributes: Labels; readonly resource: Labels;
}

export function logRoutes({ store, clock }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/logs', summary: 'Search log records, newest first, with their number over time',
      query: rangeQuery.extend({
        q: z.string().max(500).optional().describe('Text in the body or in an attribute value'), service: z.string().optional(), severity: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional().describe('This one or worse'),
        traceId: z.string().optional(), limit: z.coerce.number().int().min(1).max(1_000).default(200),
      }),
      async handle({ query }): Promise<ApiLogs> {
        const range = rangeOf(query, clock);
        const width = Math.max(1, Math.ceil(range.seconds / BUCKETS));
        const conditions = ['Timestamp >= toDateTime({from:UInt32})', 'Timestamp < toDateTime({to:UInt32})'];
        if (query.q) conditions.push('(positionCaseInsensitive(Body, {q:String}) > 0 OR arrayExists(v -> positionCaseInsensitive(v, {q:String}) > 0, mapValues(LogAttributes)))');
        if (query.service) conditions.push('ServiceName = {service:String}');
        if (query.severity) conditions.push(`SeverityNumber >= ${LEAST[query.severity]}`);
        if (query.traceId) conditions.push('TraceId = {traceId:String}');
        const where = conditions.join(' AND ');
        const params = { ...query, ...range.params, width };
        const [rows, counts] = await Promise.all([
          store.query<LogRow>(
            `SELECT toString(toUnixTimestamp64Nano(Timestamp)) AS time, ServiceName AS service, SeverityText AS severityText, SeverityNumber AS severityNumber, Body AS body, TraceId AS traceId, SpanId AS spanId, LogAttributes AS attributes, ResourceAttributes AS resource
             FROM otel_logs WHERE ${where} ORDER BY Timestamp DESC LIMIT {limit:UInt32}`,
            { params },
          ),
          store.query<{ slot: number; severity: string; records: string }>(
            `SELECT toInt32(intDiv(toUnixTimestamp(toDateTime(Timestamp)) - {from:UInt32}, {width:UInt32})) AS slot, multiIf(SeverityNumber >= 17, 'error', SeverityNumber >= 13, 'warn', SeverityNumber >= 9, 'info', SeverityNumber >= 1, 'debug', 'unset') AS severity, count() AS records
             FROM otel_logs WHERE ${where} GROUP BY slot, severity`,
            { params },
          ),
        ]);
        const histogram: Record<string, number[]> = {};
        for (const { slot, severity, records } of counts) {
          const own = (histogram[severity] ??= Array.from({ length: BUCKETS }, () => 0));
          if (slot < BUCKETS) own[slot] = Number(records);
        }
        const times = Array.from({ length: BUCKETS }, (_, slot) => (range.params.from + slot * width) * 1000);
        return { logs: rows.map(({ time, ...rest }): ApiLog => ({ timeUnixNano: time, ...rest })), histogram: { times, counts: histogram } };
      },
    }),
  ];
}
