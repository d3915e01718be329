import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Store } from '#store/store.js';
import { held } from '../range.js';
import type { Reads } from '../reads.js';
import { readTrace, readTraces } from '../routes/traces.js';
import { findTraces, searchSchema } from './search.js';
import { jaegerTrace } from './trace-json.js';

export interface JaegerApiOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reads: Reads;
}

const MAX_NAMES = 10_000;

/** Jaeger's query API, for Grafana's Jaeger data source: `http://localhost:8080/jaeger`. Source: https://www.jaegertracing.io/docs/1.76/architecture/apis/#http-json */
export function jaegerApi({ store, clock, logger, reads }: JaegerApiOptions): Router {
  const router = express.Router();

  function serve(path: string, handle: (request: Request, response: Response) => Promise<readonly unknown[] | null>): void {
    router.get(path, (request: Request, response: Response) => {
      void Promise.resolve()
        .then(() => handle(request, response))
        .then(
          (data) => (data === null ? refuse(response, 404, 'trace not found') : void response.json({ data, total: data.length, limit: 0, offset: 0, errors: null })),
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

  const operations = (service: string, kind: string): Promise<{ name: string; spanKind: string }[]> =>
    store.query(
      `SELECT operation AS name, lower(kind) AS spanKind FROM red_1m WHERE service = {service:String} AND ({kind:String} = '' OR lower(kind) = {kind:String}) AND time >= toDateTime({since:UInt32}) GROUP BY name, spanKind ORDER BY name, spanKind LIMIT ${MAX_NAMES}`,
      { params: { service, kind, since: Math.floor((clock() - 15 * DAY_MS) / 1000) } },
    );

  // The minute rollups know every service and operation without reading spans.
  serve('/api/services', async () => (await store.query<{ service: string }>(`SELECT DISTINCT service FROM red_1m ORDER BY service LIMIT ${MAX_NAMES}`)).map(({ service }) => service));
  serve('/api/services/:service/operations', async (request) => [...new Set((await operations(String(request.params['service']), '')).map(({ name }) => name))]);
  serve('/api/operations', async (request) => {
    const { service, spanKind } = z.object({ service: z.string().min(1, 'name a service'), spanKind: z.string().default('') }).parse(request.query);
    return operations(service, spanKind.toLowerCase());
  });
  serve('/api/traces', async (request, response) => {
    const given = z.union([z.string(), z.array(z.string())]).optional().parse(request.query['traceID']);
    const search = given === undefined ? searchSchema.parse(request.query) : null;
    const named = [given ?? []].flat().map(traceIdOf);
    const { traces, left } = await reads(response, async () => readTraces(store, search ? await findTraces(store, search, clock) : named));
    return traces.map((trace, at) => jaegerTrace(trace, at === traces.length - 1 ? left : 0));
  });
  serve('/api/traces/:traceId', async (request, response) => {
    const id = traceIdOf(String(request.params['traceId']));
    const trace = await reads(response, () => readTrace(store, id));
    return trace && [jaegerTrace(trace)];
  });
  serve('/api/dependencies', async (request) => {
    const { endTs, lookback } = z.object({ endTs: z.coerce.number().int().positive().default(clock()), lookback: z.coerce.number().int().positive().default(DAY_MS) }).parse(request.query);
    const rows = await store.query<{ parent: string; child: string; calls: string }>(
      'SELECT client AS parent, server AS child, sum(count) AS calls FROM edges WHERE time > toDateTime({from:UInt32}) AND time <= toDateTime({to:UInt32}) GROUP BY parent, child ORDER BY parent, child',
      { params: { from: Math.floor(held(endTs - lookback) / 1000), to: Math.ceil(held(endTs) / 1000) } },
    );
    return rows.map(({ parent, child, calls }) => ({ parent, child, callCount: Number(calls) }));
  });
  return router;
}

/** Jaeger leaves out zeros at the beginning of an id. */
function traceIdOf(text: string): string {
  return z.string().regex(/^[0-9a-fA-F]{1,32}$/, 'a trace id is up to 32 hexadecimal digits').parse(text).toLowerCase().padStart(32, '0');
}
