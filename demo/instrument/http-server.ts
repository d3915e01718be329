import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { closeNow, listen, readBody } from '../backing/http.js';
import { DURATION_SECONDS } from './buckets.js';
import { carried } from './carried.js';
import { CallError } from './http-client.js';
import type { Log } from './log.js';

/** A failure with the status that its caller is told. */
export class Failure extends Error {
  readonly status: number;
  constructor(status: number, name: string, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface Received {
  /** The values of `{…}` in the route. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `/products/{id}` */
  readonly path: string;
  handle(received: Received): Promise<unknown>;
}

export interface HttpServerOptions {
  readonly service: string;
  readonly routes: readonly Route[];
  readonly log: Log;
  /** Runs within the span of every request, before its route; may throw a Failure. */
  readonly before: () => Promise<void>;
}

/** HTTP server with one server span per request, semantic-convention metrics, and a log record per failure. */
export async function startHttpServer({ service, routes, log, before }: HttpServerOptions): Promise<{ port: number; close(): void }> {
  const tracer = trace.getTracer('shop.http');
  const meter = metrics.getMeter('shop.http');
  const duration = meter.createHistogram('http.server.request.duration', { unit: 's', description: 'Duration of HTTP server requests.', advice: { explicitBucketBoundaries: DURATION_SECONDS } });
  const active = meter.createUpDownCounter('http.server.active_requests', { unit: '{request}', description: 'Requests being served.' });
  const matchers = routes.map((route) => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`) }));

  function take(request: IncomingMessage, response: ServerResponse): void {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://localhost');
    const match = matchers.map(({ route, pattern }) => ({ route, found: pattern.exec(url.pathname) })).find(({ route, found }) => found !== null && route.method === method);
    if (!match) return void response.writeHead(404).end();
    const { route, found } = match;
    const parent = propagation.extract(context.active(), request.headers);
    const common: Attributes = { 'http.request.method': method, 'http.route': route.path, 'url.scheme': 'http' };
    const attributes: Attributes = { ...common, 'url.path': url.pathname, 'server.address': service, 'network.protocol.version': request.httpVersion, ...carried(parent) };
    const span = tracer.startSpan(`${method} ${route.path}`, { kind: SpanKind.SERVER, attributes }, parent);
    const began = performance.now();
    active.add(1, { 'http.request.method': method, 'url.scheme': 'http' });

    void context.with(trace.setSpan(parent, span), async () => {
      const outcome: Attributes = { 'http.response.status_code': 200 };
      let answer: unknown;
      try {
        const text = await readBody(request);
        await before();
        answer = await route.handle({ params: found?.slice(1) ?? [], query: url.searchParams, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) });
      } catch (error) {
        const status = statusOf(error);
        outcome['http.response.status_code'] = status;
        answer = { error: error instanceof Error ? error.message : String(error) };
        if (status >= 500) {
          outcome['error.type'] = error instanceof CallError ? String(status) : error instanceof Error ? error.name : String(status);
          span.recordException(error instanceof Error ? error : String(error));
          span.setStatus({ code: SpanStatusCode.ERROR });
          log.error(`${method} ${route.path} failed: ${error instanceof Error ? error.message : String(error)}`, error, { 'http.route': route.path });
        }
      }
      response.writeHead(Number(outcome['http.response.status_code']), { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? null));
      span.setAttributes(outcome);
      span.end();
      active.add(-1, { 'http.request.method': method, 'url.scheme': 'http' });
      duration.record((performance.now() - began) / 1000, { ...common, ...outcome });
    });
  }

  const server = createServer(take);
  server.keepAliveTimeout = 60_000;
  return { port: await listen(server, '127.0.0.1', 0), close: () => closeNow(server) };
}

/** What the caller did wrong is passed on to whoever it asked for; a callee that failed makes this a bad gateway. */
function statusOf(error: unknown): number {
  if (error instanceof Failure) return error.status;
  if (!(error instanceof CallError)) return 500;
  return error.status >= 400 && error.status < 500 ? error.status : 502;
}
