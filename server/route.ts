import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import type { Identity } from '#core/access.js';
import type { ApiError } from '#core/api/error.js';
import { didYouMean } from '#core/nearest.js';
import { QueryError, type QueryErrorType } from '#core/promql.js';
import { identityOf } from './auth/guard.js';
import { createReads, type Reads } from './reads.js';
import { createShare } from './share.js';

/** One endpoint: what express serves and what openapi.json says, from one place. */
export interface Route {
  readonly method: 'get' | 'post';
  /** Parameters in braces: `/api/traces/{traceId}`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** What a 200 holds when it is not JSON. */
  readonly produces?: 'text/markdown';
  /** Whoever asks the same within two seconds gets the same answer: for what many watch and is dear to work out. */
  readonly shared?: boolean;
  /** Reads logs, spans or samples themselves: a few of these run at a time. */
  readonly reads?: boolean;
  /** Returns the body of a 200: what becomes JSON, or the text that `produces` names. */
  handle(input: RouteInput): Promise<unknown>;
}

interface RouteInput {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

type Shape = z.ZodObject | undefined;
type Parsed<S extends Shape> = S extends z.ZodObject ? z.output<S> : Record<string, never>;

/** Keeps the types of the schemas for the handler. */
export function defineRoute<P extends Shape = undefined, Q extends Shape = undefined, B extends Shape = undefined>(
  route: Pick<Route, 'method' | 'path' | 'summary' | 'produces' | 'shared' | 'reads'> & { params?: P; query?: Q; body?: B; handle(input: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B> }): Promise<unknown> },
): Route {
  return route as Route;
}

const STATUS: Partial<Record<ErrorCode, number>> = { QUERY_INVALID: 400, NOT_FOUND: 404, BODY_TOO_LARGE: 413, UNSUPPORTED_MEDIA_TYPE: 415, QUEUE_FULL: 503, QUERY_TIMEOUT: 504, STORE_UNAVAILABLE: 503, SHUTTING_DOWN: 503 };
export const statusOf = ({ code }: PipelineError): number => STATUS[code] ?? 500;
const RETRY_AFTER_S = '5';
/** Fields of a body that say who does it. */
const AUTHORS = ['by', 'author'] as const;
const SHARED_MS = 2_000;
const tracer = trace.getTracer('faultline');

export function registerRoutes(router: Router, routes: readonly Route[], onError: (path: string, error: unknown) => void, reads: Reads = createReads()): void {
  const share = createShare(SHARED_MS);
  for (const route of routes) {
    router[route.method](route.path.replace(/\{(\w+)\}/g, ':$1'), (request, response) => {
      const span = tracer.startSpan(`${route.method.toUpperCase()} ${route.path}`, { kind: SpanKind.SERVER, attributes: { 'http.request.method': route.method.toUpperCase(), 'http.route': route.path } });
      const answer = (): Promise<unknown> => run(route, request, identityOf(response));
      void (route.shared ? share(request.originalUrl, answer) : route.reads ? reads(response, answer) : answer())
        .then(
          (body) => void (route.produces === undefined ? response.json(body) : response.type(route.produces).send(body)),
          (error: unknown) => {
            if (!(error instanceof PipelineError)) onError(route.path, error);
            if (!response.closed) sendError(response, error);
          },
        )
        .finally(() => {
          span.setAttribute('http.response.status_code', response.statusCode);
          if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        });
    });
  }
}

async function run(route: Route, request: Request, identity: Identity | null): Promise<unknown> {
  if (route.body && !request.is('application/json')) throw new PipelineError('QUERY_INVALID', 'content-type must be application/json');
  if (route.method === 'get') refuseUnknown(route.query?.shape ?? {}, request.query);
  const input = { params: parse(route.params, request.params, 'path'), query: parse(route.query, request.query, 'query'), body: parse(route.body, signed(route.body, request.body ?? {}, identity), 'body') };
  return route.handle(input).catch((error: unknown) => {
    throw error instanceof QueryError && error.type !== 'internal' ? faultOfQuery(error) : error;
  });
}

const QUERY_CODES: Partial<Record<QueryErrorType, ErrorCode>> = { timeout: 'QUERY_TIMEOUT', unavailable: 'STORE_UNAVAILABLE' };

/** What PromQL could not answer, as the JSON API says it. */
const faultOfQuery = (error: QueryError): PipelineError => new PipelineError(QUERY_CODES[error.type] ?? 'QUERY_INVALID', error.message, { cause: error });

/** Whoever is signed in is the author, whatever the body says. */
function signed(schema: z.ZodObject | undefined, body: unknown, identity: Identity | null): unknown {
  if (!schema || !identity || typeof body !== 'object' || body === null) return body;
  const authors = AUTHORS.filter((field) => field in schema.shape).map((field) => [field, identity.name]);
  return { ...body, ...Object.fromEntries(authors) };
}

function parse(schema: z.ZodObject | undefined, value: unknown, where: string): Record<string, unknown> {
  if (!schema) return {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PipelineError('QUERY_INVALID', parsed.error.issues.map((issue) => `${where} ${issue.path.join('.')}: ${issue.message}`).join('; '));
}

/** A filter that is mistyped would filter nothing, and its answer look like what was asked for. */
function refuseUnknown(known: z.ZodRawShape, given: object): void {
  const names = Object.keys(known);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const faults = unknown.map((name) => `there is no parameter ${name}${didYouMean(name, names)}`);
  throw new PipelineError('QUERY_INVALID', `query: ${faults.join('; ')} (${names.length === 0 ? 'none is taken here' : `known: ${names.join(', ')}`})`);
}

/** What express says of a request that it cannot read. */
export function refusalOf(error: unknown): PipelineError {
  const status = error instanceof Error && 'status' in error ? error.status : 400;
  if (status === 413 && error instanceof Error && 'limit' in error) return new PipelineError('BODY_TOO_LARGE', `the body is larger than ${Number(error.limit)} bytes, the most that is taken here`, { cause: error });
  if (status === 415) return new PipelineError('UNSUPPORTED_MEDIA_TYPE', messageOf(error), { cause: error });
  return new PipelineError('QUERY_INVALID', messageOf(error), { cause: error });
}

export function sendError(response: Response, error: unknown): void {
  const known = error instanceof PipelineError;
  const status = known ? statusOf(error) : 500;
  if (status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
  const body: ApiError = { error: { code: known ? error.code : 'INTERNAL', message: known ? messageOf(error) : 'an unexpected failure; the log has it' } };
  response.status(status).json(body);
}
