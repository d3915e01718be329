import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Refusal, SenderCheck } from '#core/access.js';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import { createDoors, createHttpServer, type Tls } from '#core/http-server.js';
import type { Logger } from '#core/log.js';
import type { Component } from '#core/types.js';
import type { Admission } from './admission.js';
import { exportResponse, statusBody } from './answers.js';
import { discard, readBody, unpack } from './body.js';
import type { CollectorConfig } from './config.js';
import type { CollectorMetrics } from './collector-metrics.js';
import type { Encoding, Signal } from './decode/decoder.js';
import { RETRY_AFTER_S, type Ingest } from './ingest.js';
import { giveBuffer } from './kept-buffers.js';
import { RateLimited } from './rates.js';
import { REMOTE_WRITE_PATH, type RemoteWriteHandler } from './remote-write/handler.js';

const SIGNALS: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics', '/v1/logs': 'logs' };
const MEDIA: ReadonlyMap<string, Encoding> = new Map(Object.entries({ 'application/x-protobuf': 'protobuf', 'application/protobuf': 'protobuf', 'application/json': 'json' }));
/** HTTP status and google.rpc code of a failure. Senders retry 429 and 503 and nothing else here. */
const ANSWERS: Partial<Record<ErrorCode, readonly [number, number]>> = {
  DECODE_FAILED: [400, 3], BODY_TOO_LARGE: [413, 8], UNSUPPORTED_MEDIA_TYPE: [415, 3], NOT_FOUND: [404, 5], QUEUE_FULL: [503, 14], RATE_LIMITED: [429, 8], SHUTTING_DOWN: [503, 14], STORE_UNAVAILABLE: [503, 14],
};
/** The same of a sender that has not shown who it is, or may not send. */
const TURNED_AWAY: Readonly<Record<Refusal['reason'], readonly [number, number]>> = { missing: [401, 16], wrong: [401, 16], limited: [429, 8], role: [403, 7], origin: [403, 7] };
/** A page of an origin that is not named. */
const FOREIGN: Refusal = { reason: 'origin', message: 'pages of this origin may not send: name it in collector.cors_origins' };
const MAX_CONNECTIONS = 10_000;
/** Whoever takes longer, to send a line at a time or nothing at all, is cut off. */
const PATIENCE: Patience = { headersMs: 15_000, requestMs: 60_000, idleMs: 65_000 };

/** How long a sender may take for its headers, for the whole request, and between two requests. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
}

export interface OtlpHttpOptions {
  readonly host: string;
  readonly port: number;
  readonly config: CollectorConfig;
  readonly admission: Admission;
  readonly ingest: Ingest;
  readonly remoteWrite: RemoteWriteHandler;
  /** Asked before a body is read; absent: anybody may send. */
  readonly senders?: SenderCheck | undefined;
  readonly tls?: Tls | undefined;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  readonly patience?: Patience;
}

export interface OtlpHttp extends Component {
  port(): number;
  /** Where this process itself sends, without TLS. */
  ownUrl(): string;
}

/** OTLP over HTTP: POST /v1/{traces,metrics,logs}, protobuf or JSON. Beside it, Prometheus' remote write. */
export function createOtlpHttp({ host, port, config, admission, ingest, remoteWrite, senders, tls, metrics, logger, patience = PATIENCE }: OtlpHttpOptions): OtlpHttp {
  const server = createHttpServer({ headersTimeout: patience.headersMs, requestTimeout: patience.requestMs, keepAliveTimeout: patience.idleMs, connectionsCheckingInterval: patience.headersMs / 3 }, tls);
  const listener: RequestListener = (request, response) => receive(request, response, false);
  const doors = createDoors(server, listener, { host, port, what: 'OTLP/HTTP', variable: 'FAULTLINE_OTLP_HTTP_PORT', tls, logger });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', listener);
  // The sender waits to hear whether the body is wanted.
  server.on('checkContinue', (request, response) => receive(request, response, true));

  function receive(request: IncomingMessage, response: ServerResponse, waits: boolean): void {
    if (isOfPage(request)) return void turnAway(request, response, FOREIGN).catch(failed(response));
    const refusal = request.method === 'OPTIONS' ? undefined : senders?.(request.headers.authorization, request.socket.remoteAddress ?? '');
    if (refusal === undefined) return serve(request, response, waits);
    Promise.resolve(refusal).then((found) => (found ? turnAway(request, response, found) : serve(request, response, waits))).catch(failed(response));
  }

  function serve(request: IncomingMessage, response: ServerResponse, waits: boolean): void {
    if (pathOf(request) === REMOTE_WRITE_PATH) return remoteWrite(request, response, waits);
    handle(request, response, waits).catch(failed(response));
  }

  const failed = (response: ServerResponse) => (error: unknown): void => {
    logger.error({ error: messageOf(error) }, 'a request failed for no known reason');
    response.destroy();
  };

  async function turnAway(request: IncomingMessage, response: ServerResponse, { reason, message, retryAfterS }: Refusal): Promise<void> {
    allowOrigin(request, response);
    const writes = pathOf(request) === REMOTE_WRITE_PATH;
    const [usual, code] = TURNED_AWAY[reason];
    // Prometheus drops what is answered with 429.
    const status = writes && usual === 429 ? 503 : usual;
    metrics.faultline_collector_refused_requests_total.inc({ transport: writes ? 'remote_write' : 'http', code: String(status) });
    if (status === 401) response.setHeader('www-authenticate', 'Bearer, Basic realm="Faultline"');
    if (retryAfterS !== undefined) response.setHeader('retry-after', String(retryAfterS));
    // What was not read would be taken for the next request.
    if (!(await discard(request))) response.setHeader('connection', 'close');
    if (writes) return void response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    const encoding = MEDIA.get(mediaType(request)) ?? 'json';
    answer(response, status, encoding, statusBody(code, message, encoding));
  }

  async function handle(request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> {
    allowOrigin(request, response);
    const encoding = MEDIA.get(mediaType(request));
    const signal = SIGNALS[pathOf(request)];
    if (request.method === 'OPTIONS' && signal) return void response.writeHead(204).end();
    const lease = admission.open(request.socket.remoteAddress ?? '');
    let begun = !waits;
    let packed: Buffer | undefined;
    try {
      if (!signal) throw new PipelineError('NOT_FOUND', `no such path; POST to /v1/traces, /v1/metrics, /v1/logs or ${REMOTE_WRITE_PATH}`);
      if (request.method !== 'POST') return await refuse(405, 12, `${request.method} is not supported; use POST`);
      if (!encoding) throw new PipelineError('UNSUPPORTED_MEDIA_TYPE', 'content-type must be application/x-protobuf or application/json');
      const reading = readBody(request, config.max_body, lease).then((body) => (packed = body));
      if (waits && Number(request.headers['content-length'] ?? 0) <= config.max_body) {
        begun = true;
        response.writeContinue();
      }
      const body = await unpack(await reading, request.headers['content-encoding'] ?? '', config.max_body, lease);
      const decoded = await ingest(signal, encoding, 'http', body);
      answer(response, 200, encoding, exportResponse(signal, decoded, encoding));
    } catch (error) {
      if (request.destroyed && !request.complete) return; // the sender went away
      const known = error instanceof PipelineError ? error : new PipelineError('STORE_UNAVAILABLE', messageOf(error), { cause: error });
      const [status, code] = ANSWERS[known.code] ?? [503, 14];
      await refuse(status, code, known.message, known instanceof RateLimited ? known.retryAfterS : RETRY_AFTER_S);
    } finally {
      if (packed) giveBuffer(packed);
      lease.release();
    }

    async function refuse(status: number, code: number, message: string, retryAfterS = RETRY_AFTER_S): Promise<void> {
      metrics.faultline_collector_refused_requests_total.inc({ transport: 'http', code: String(status) });
      if (status === 503 || status === 429) response.setHeader('retry-after', String(retryAfterS));
      if (status === 405) response.setHeader('allow', 'POST');
      // What was not read would be taken for the next request.
      if (!begun || !(await discard(request))) response.setHeader('connection', 'close');
      answer(response, status, encoding ?? 'json', statusBody(code, message, encoding ?? 'json'));
    }
  }

  const isAllowed = (origin: string): boolean => config.cors_origins.includes('*') || config.cors_origins.includes(origin);

  /** A browser names the page that sends. One that was led here by a name of its own counts as of this origin, and asks nobody. */
  const isOfPage = ({ headers: { origin } }: IncomingMessage): boolean => origin !== undefined && !isAllowed(origin);

  function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    if (!origin || !isAllowed(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'Origin');
    if (request.method !== 'OPTIONS') return;
    response.setHeader('access-control-allow-methods', 'POST');
    response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? 'content-type, content-encoding');
    response.setHeader('access-control-max-age', '7200');
  }

  return { name: 'otlp-http', ...doors };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

/** Without its parameters: `application/json; charset=utf-8`. */
function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function answer(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
  response.writeHead(status, { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf', 'content-length': body.length });
  response.end(body);
}
