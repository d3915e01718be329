import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Component } from '#core/types.js';
import { exportResponse, statusBody } from './answers.js';
import { readBody } from './body.js';
import type { CollectorConfig } from './config.js';
import type { CollectorMetrics } from './collector-metrics.js';
import type { Encoding, Signal } from './decode/decoder.js';
import type { Ingest } from './ingest.js';

const SIGNALS: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics', '/v1/logs': 'logs' };
const MEDIA: Readonly<Record<string, Encoding>> = { 'application/x-protobuf': 'protobuf', 'application/protobuf': 'protobuf', 'application/json': 'json' };
/** HTTP status and google.rpc code of a failure. Senders retry 503 and nothing else here. */
const ANSWERS: Partial<Record<ErrorCode, readonly [number, number]>> = {
  DECODE_FAILED: [400, 3], BODY_TOO_LARGE: [413, 8], UNSUPPORTED_MEDIA_TYPE: [415, 3], QUEUE_FULL: [503, 14], SHUTTING_DOWN: [503, 14], STORE_UNAVAILABLE: [503, 14],
};
const RETRY_AFTER_S = 5;

export interface OtlpHttpOptions {
  readonly host: string;
  readonly port: number;
  readonly config: CollectorConfig;
  readonly ingest: Ingest;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
}

/** OTLP over HTTP: POST /v1/{traces,metrics,logs}, protobuf or JSON. */
export function createOtlpHttp({ host, port, config, ingest, metrics, logger }: OtlpHttpOptions): Component & { port(): number } {
  let inFlight = 0;
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      logger.error({ error: messageOf(error) }, 'a request failed for no known reason');
      response.destroy();
    });
  });
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 65_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allowOrigin(request, response);
    const signal = SIGNALS[(request.url ?? '').split('?')[0] ?? ''];
    const encoding = MEDIA[(request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''];
    const refuse = (status: number, code: number, message: string): void => {
      metrics.faultline_collector_refused_requests_total.inc({ transport: 'http', code: String(status) });
      if (status === 503) response.setHeader('retry-after', String(RETRY_AFTER_S));
      // What was not read would be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      answer(response, status, encoding ?? 'json', statusBody(code, message, encoding ?? 'json'));
    };
    if (!signal) return refuse(404, 5, 'no such path; POST to /v1/traces, /v1/metrics or /v1/logs');
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(405, 3, `${request.method} is not supported; use POST`);
    }
    if (!encoding) return refuse(415, 3, 'content-type must be application/x-protobuf or application/json');
    const expected = Number(request.headers['content-length'] ?? 0);
    if (inFlight + expected > config.max_in_flight) return refuse(503, 14, 'too many requests at a time; send again later');
    inFlight += expected;
    try {
      const body = await readBody(request, config.max_body);
      const decoded = await ingest(signal, encoding, 'http', body);
      answer(response, 200, encoding, exportResponse(signal, decoded, encoding));
    } catch (error) {
      if (request.destroyed && !request.complete && !(error instanceof PipelineError)) return; // the sender went away
      const known = error instanceof PipelineError ? error : new PipelineError('STORE_UNAVAILABLE', messageOf(error), { retryable: true, cause: error });
      const [status, code] = ANSWERS[known.code] ?? [503, 14];
      refuse(status, code, known.message);
    } finally {
      inFlight -= expected;
    }
  }

  function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    if (!origin || !(config.cors_origins.includes('*') || config.cors_origins.includes(origin))) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'Origin');
    response.setHeader('access-control-allow-methods', 'POST');
    response.setHeader('access-control-allow-headers', 'content-type, content-encoding');
  }

  return {
    name: 'otlp-http',
    port: () => (server.address() as AddressInfo | null)?.port ?? port,
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          reject(error.code === 'EADDRINUSE' ? new PipelineError('PORT_IN_USE', `${host}:${port} is in use, so OTLP/HTTP cannot listen there; set FAULTLINE_OTLP_HTTP_PORT to another port`, { retryable: false, cause: error }) : error);
        });
        server.listen(port, host, resolve);
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}

function answer(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
  response.writeHead(status, { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf', 'content-length': body.length });
  response.end(body);
}
