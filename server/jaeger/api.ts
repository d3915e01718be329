import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Store } from '#store/store.js';
import { held } from '../range.js';
import type { Reads } from '../reads.js';
import { readTrace, readTraces } from '../routes/traces.js';
import { DEFAULT_LIMIT, findTraces, searchSchema } from './search.js';
import { jaegerTrace } from './trace-json.js';

export interface JaegerApiOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reads: Reads;
}

const MAX_NAMES = 10_000;

/** What Jaeger's envelope says of a list: how many there are, and that no more than `limit` are shown; 0 where these are all. */
interface Part {
  readonly data: readonly unknown[];
  readonly total: number;
  readonly limit: number;
}
const whole = (data: readonly unknown[]): Part => ({ data, total: data.length, limit: 0 });

/** Jaeger's query API, for Grafana's Jaeger data source: `http://localhost:8080/jaeger`. Source: https://www.jaegertracing.io/docs/1.76/architecture/apis/#http-json */
export function jaegerApi({ store, clock, logger, reads }: JaegerApiOptions): Router {
  const router = express.Router();

  function serve(path: string, handle: (request: Request, response: Response) => Promise<Part | null>): void {
    router.get(path, (request: Request, response: Response) => {
      void Promise.resolve()
        .then(() => handle(request, response))
        .then(
          (part) => (part === null ? refuse(response, 404, 'trace not found') : void response.json({ ...part, offset: 0, errors: null })),
          (error: unknown) => fail(response, error, path),
        );
    });
  }
  function refuse(response: Response, code: number, msg: string): void {
    response.status(code).json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });
  }
  function fail(response: Response, error: unknown, path: string): void {
    if (error instanceof z.ZodError) return refuse(response, 400, error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; '));
    if (error instanceof PipelineError) return refuse(response, error.code === 'QUERY_TIMEOUT' ? 504 : error.retryable ? 503 : 400, error.message);
    logger.error({ path, error: messageOf(error) }, 'a trace query failed for no known reason');
    refuse(response, 500, 'an unexpected failure; the log has it');
  }

  /** The first of what the minute rollups know, which is every service and operation without reading spans; `columns` make a row. */
  async function listed<Row extends object>(columns: string, where: string, params: Readonly<Record<string, string | number>>, show: (row: Row) => unknown): Promise<Part> {
    const rows = await store.query<Row & { readonly total: string }>(`SELECT *, count() OVER () AS total FROM (SELECT DISTINCT ${columns} FROM red_1m WHERE ${where}) ORDER BY ALL LIMIT ${MAX_NAMES}`, { params });
    const total = Number(rows[0]?.total ?? 0);
    return { data: rows.map(show), total, limit: total > rows.length ? MAX_NAMES : 0 };
  }
  const OF_SERVICE = "service = {service:String} AND ({kind:String} = '' OR lower(kind) = {kind:String}) AND time >= toDateTime({since:UInt32})";
  const ofService = (service: string, kind = ''): Readonly<Record<string, string | number>> => ({ service, kind, since: Math.floor((clock() - 15 * DAY_MS) / 1000) });

  serve('/api/services', () => listed<{ service: string }>('service', '1', {}, ({ service }) => service));
  serve('/api/services/:service/operations', (request) => listed<{ name: string }>('operation AS name', OF_SERVICE, ofService(String(request.params['service'])), ({ name }) => name));
  serve('/api/operations', (request) => {
    const { service, spanKind } = z.object({ service: z.string().min(1, 'name a service'), spanKind: z.string().default('') }).parse(request.query);
    return listed<{ name: string; spanKind: string }>('operation AS name, lower(kind) AS spanKind', OF_SERVICE, ofService(service, spanKind.toLowerCase()), ({ name, spanKind: kind }) => ({ name, spanKind: kind }));
  });
  serve('/api/traces', async (request, response) => {
    const given = z.union([z.string(), z.array(z.string())]).optional().parse(request.query['traceID']);
    const search = given === undefined ? searchSchema.parse(request.query) : null;
    const named = [given ?? []].flat().map(traceIdOf);
    const { traces, left } = await reads(response, async () => readTraces(store, search ? await findTraces(store, search, clock) : named));
    const data = traces.map((trace, at) => jaegerTrace(trace, at === traces.length - 1 ? left : 0));
    return { ...whole(data), limit: search ? (search.limit ?? DEFAULT_LIMIT) : 0 };
  });
  serve('/api/traces/:traceId', async (request, response) => {
    const id = traceIdOf(String(request.params['traceId']));
    const trace = await reads(response, () => readTrace(store, id));
    return trace && whole([jaegerTrace(trace)]);
  });
  serve('/api/dependencies', async (request) => {
    const { endTs, lookback } = z.object({ endTs: z.coerce.number().int().positive().default(clock()), lookback: z.coerce.number().int().positive().default(DAY_MS) }).parse(request.query);
    const rows = await store.query<{ parent: string; child: string; calls: string }>(
      'SELECT client AS parent, server AS child, sum(count) AS calls FROM edges WHERE time > toDateTime({from:UInt32}) AND time <= toDateTime({to:UInt32}) GROUP BY parent, child ORDER BY parent, child',
      { params: { from: Math.floor(held(endTs - lookback) / 1000), to: Math.ceil(held(endTs) / 1000) } },
    );
    return whole(rows.map(({ parent, child, calls }) => ({ parent, child, callCount: Number(calls) })));
  });
  return router;
}

/** Jaeger leaves out zeros at the beginning of an id. */
function traceIdOf(text: string): string {
  return z.string().regex(/^[0-9a-fA-F]{1,32}$/, 'a trace id is up to 32 hexadecimal digits').parse(text).toLowerCase().padStart(32, '0');
}
