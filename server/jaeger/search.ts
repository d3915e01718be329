import { z } from 'zod';
import type { Clock } from '#core/clock.js';
import type { Store } from '#store/store.js';

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const HOUR_US = 3_600_000_000;

/** A Go duration such as `1.5ms`, in milliseconds. */
const goDuration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/, 'expected a duration such as 1.5ms')
  .transform((text) => [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0));
const filled = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const tags = z.string().transform((text, context): Record<string, string> => {
  try {
    return z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).parse(JSON.parse(text));
  } catch {
    context.addIssue('expected a JSON object of tags, such as {"error":"true"}');
    return z.NEVER;
  }
});

/** Parameters of GET /api/traces; times are microseconds. */
export const searchSchema = z.object({
  service: z.string().min(1, 'name a service'),
  operation: filled(z.string()), tags: filled(tags), minDuration: filled(goDuration), maxDuration: filled(goDuration),
  start: filled(z.coerce.number().int().nonnegative()), end: filled(z.coerce.number().int().nonnegative()),
  limit: filled(z.coerce.number().int().min(1).max(1_500)),
});
export type Search = z.output<typeof searchSchema>;

/** Traces that are found where nobody says how many. */
export const DEFAULT_LIMIT = 20;
/** Fields that a trace shows as tags, as it shows them. */
const FIELDS = new Map([['span.kind', 'lower(SpanKind)'], ['otel.status_code', 'upper(StatusCode)'], ['otel.status_description', 'StatusMessage']]);

/** Ids of the traces with a span that matches, newest first. */
export async function findTraces(store: Store, search: Search, clock: Clock): Promise<string[]> {
  const end = search.end ?? clock() * 1000;
  const params: Record<string, string | number> = { service: search.service, start: search.start ?? end - HOUR_US, end, limit: search.limit ?? DEFAULT_LIMIT };
  const conditions = ['ServiceName = {service:String}', 'Timestamp >= fromUnixTimestamp64Micro({start:Int64})', 'Timestamp <= fromUnixTimestamp64Micro({end:Int64})'];
  const add = (name: string, value: string | number | undefined, condition: string): void => {
    if (value === undefined) return;
    params[name] = value;
    conditions.push(condition);
  };
  add('operation', search.operation === 'all' ? undefined : search.operation, 'SpanName = {operation:String}');
  add('minMs', search.minDuration, 'Duration >= {minMs:Float64} * 1e6');
  add('maxMs', search.maxDuration, 'Duration <= {maxMs:Float64} * 1e6');
  for (const [at, [key, value]] of Object.entries(search.tags ?? {}).entries()) {
    const field = FIELDS.get(key);
    if (key === 'error') conditions.push(`StatusCode ${value === 'true' ? '=' : '!='} 'Error'`);
    else if (field !== undefined) add(`tag${at}`, value, `${field} = {tag${at}:String}`);
    else {
      params[`key${at}`] = key;
      add(`tag${at}`, value, `(SpanAttributes[{key${at}:String}] = {tag${at}:String} OR ResourceAttributes[{key${at}:String}] = {tag${at}:String})`);
    }
  }
  const rows = await store.query<{ id: string }>(`SELECT TraceId AS id FROM otel_traces WHERE ${conditions.join(' AND ')} GROUP BY TraceId ORDER BY max(Timestamp) DESC LIMIT {limit:UInt32}`, { params });
  return rows.map(({ id }) => id);
}
