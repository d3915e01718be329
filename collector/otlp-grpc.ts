import { constants, type Http2SecureServer, type Http2Server } from 'node:http2';
import { Metadata, type sendUnaryData, Server, ServerCredentials, ServerInterceptingCall, type ServerInterceptor, type ServerUnaryCall, type ServiceDefinition, status } from '@grpc/grpc-js';
import type { Refusal, SenderCheck } from '#core/access.js';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import { inAddress } from '#core/loopback.js';
import { cannotListen, type Certificate, type Tls } from '#core/http-server.js';
import type { Component } from '#core/types.js';
import type { Admission } from './admission.js';
import { exportResponse, retryStatus } from './answers.js';
import { createArrivals, type Arrivals } from './arrivals.js';
import { unpack } from './body.js';
import type { CollectorConfig } from './config.js';
import type { CollectorMetrics } from './collector-metrics.js';
import type { Decoded, Signal } from './decode/decoder.js';
import { RETRY_AFTER_S, type Ingest } from './ingest.js';
import { RateLimited } from './rates.js';

const CODES: Partial<Record<ErrorCode, status>> = { DECODE_FAILED: status.INVALID_ARGUMENT, BODY_TOO_LARGE: status.RESOURCE_EXHAUSTED, UNSUPPORTED_MEDIA_TYPE: status.UNIMPLEMENTED, RATE_LIMITED: status.RESOURCE_EXHAUSTED };
/** Of one connection. SDKs export one at a time; a Collector has about ten consumers. */
const MAX_STREAMS = 200;
/** An export whose bytes stop coming for so long is given up; so is a connection without exports, which senders open again. */
const STALLED_MS = 60_000;
const IDLE_MS = 600_000;
/** Bytes under way of one export, and of one connection. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 4 * STREAM_WINDOW;
const SERVICES: readonly (readonly [Signal, string])[] = [
  ['traces', 'trace.v1.TraceService'],
  ['metrics', 'metrics.v1.MetricsService'],
  ['logs', 'logs.v1.LogsService'],
];

export interface OtlpGrpcOptions {
  readonly host: string;
  readonly port: number;
  readonly config: CollectorConfig;
  readonly admission: Admission;
  readonly ingest: Ingest;
  readonly metrics: CollectorMetrics;
  /** Asked before a message is read; absent: anybody may send. */
  readonly senders?: SenderCheck | undefined;
  readonly tls?: Tls | undefined;
  /** When an export that has stopped is given up. */
  readonly stalledMs?: number;
}

/** OTLP over gRPC. Messages stay bytes: the decoder that serves HTTP reads them. */
export function createOtlpGrpc({ host, port, config, admission, ingest, metrics, senders, tls, stalledMs = STALLED_MS }: OtlpGrpcOptions): Component & { port(): number } {
  const arrivals = createArrivals(admission, (call, error) => call.sendStatus(failure(error)));
  const server = new Server({ 'grpc.max_receive_message_length': config.max_body, 'grpc.max_concurrent_streams': MAX_STREAMS, 'grpc.max_connection_idle_ms': IDLE_MS, interceptors: [arrivals.interceptor, ...(senders ? [asking(senders, metrics)] : [])] });
  let certificate: Certificate | undefined;
  tls?.follow((current) => {
    certificate = current;
    for (const listener of listenersOf(server)) (listener as Partial<Http2SecureServer>).setSecureContext?.(current);
  });
  let bound = port;
  let started = false;
  for (const [signal, name] of SERVICES) {
    server.addService(definition(name), {
      Export(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
        const arrival = arrivals.take(call.metadata, addressOf(call.getPeer()));
        if (!arrival) return callback({ code: status.CANCELLED });
        const { lease, encoding } = arrival;
        const ingested = async (): Promise<Decoded> => ingest(signal, 'protobuf', 'grpc', await unpack(call.request, encoding, config.max_body, lease));
        ingested().then(
          (decoded) => callback(null, exportResponse(signal, decoded, 'protobuf')),
          (error: unknown) => callback(failure(error)),
        ).finally(() => lease.release());
      },
    });
  }

  function failure(error: unknown): { code: status; details: string; metadata: Metadata } {
    const code = error instanceof PipelineError ? (CODES[error.code] ?? status.UNAVAILABLE) : status.UNAVAILABLE;
    metrics.faultline_collector_refused_requests_total.inc({ transport: 'grpc', code: status[code] });
    const metadata = new Metadata();
    // RESOURCE_EXHAUSTED is final without it.
    if (code === status.UNAVAILABLE || error instanceof RateLimited) metadata.set('grpc-status-details-bin', retryStatus(code, messageOf(error), error instanceof RateLimited ? error.retryAfterS : RETRY_AFTER_S));
    return { code, details: messageOf(error), metadata };
  }

  return {
    name: 'otlp-grpc',
    port: () => bound,
    start: () =>
      new Promise((resolve, reject) => {
        server.bindAsync(`${inAddress(host)}:${port}`, certificate ? ServerCredentials.createSsl(null, [{ cert_chain: certificate.cert, private_key: certificate.key }]) : ServerCredentials.createInsecure(), (error, actual) => {
          if (error) return reject(cannotListen({ host, port, what: 'OTLP/gRPC', variable: 'FAULTLINE_OTLP_GRPC_PORT' }, error));
          tune(server, arrivals, stalledMs);
          bound = actual;
          started = true;
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!started) return resolve();
        started = false;
        const limit = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(limit);
          resolve();
        });
      }),
  };
}

const TURNED_AWAY: Readonly<Record<Refusal['reason'], status>> = { missing: status.UNAUTHENTICATED, wrong: status.UNAUTHENTICATED, limited: status.RESOURCE_EXHAUSTED, role: status.PERMISSION_DENIED, origin: status.PERMISSION_DENIED };

/** Looks at the metadata `authorization` and ends what may not be sent; its message goes to nobody. */
function asking(senders: SenderCheck, metrics: CollectorMetrics): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, go) {
            const answered = (refusal: Refusal | undefined): void => (refusal ? call.sendStatus(statusOf(refusal)) : go(metadata));
            const refusal = senders(metadata.get('authorization')[0]?.toString(), addressOf(call.getPeer()));
            if (refusal instanceof Promise) refusal.then(answered, (error: unknown) => call.sendStatus({ code: status.UNAVAILABLE, details: messageOf(error) }));
            else answered(refusal);
          },
        }),
    });

  function statusOf({ reason, message, retryAfterS }: Refusal): { code: status; details: string; metadata: Metadata } {
    const code = TURNED_AWAY[reason];
    metrics.faultline_collector_refused_requests_total.inc({ transport: 'grpc', code: status[code] });
    const metadata = new Metadata();
    if (retryAfterS !== undefined) metadata.set('grpc-status-details-bin', retryStatus(code, message, retryAfterS));
    return { code, details: message, metadata };
  }
}

/** None before it is bound, or where a later version of grpc-js hides them. */
function listenersOf(server: Server): Iterable<Http2Server | Http2SecureServer> {
  return (server as unknown as { readonly http2Servers?: ReadonlyMap<Http2Server | Http2SecureServer, unknown> }).http2Servers?.keys() ?? [];
}

/** grpc-js keeps HTTP/2's windows at 64 KiB and has no option for a server's: a large export would take a turn of the event loop for each 64 KiB, behind whatever is decoded in between. Neither does it give up a stream that stalls. Where its listeners are hidden, exports are slower, those that stall stay until their connection ends, and none is counted before it is unpacked. */
function tune(server: Server, arrivals: Arrivals, stalledMs: number): void {
  for (const listener of listenersOf(server)) {
    listener.prependListener('stream', (stream, headers) => arrivals.begin(stream, headers));
    listener.updateSettings({ initialWindowSize: STREAM_WINDOW, maxConcurrentStreams: MAX_STREAMS });
    listener.on('session', (session) => {
      session.setLocalWindowSize(CONNECTION_WINDOW);
      session.on('stream', (stream) => stream.setTimeout(stalledMs, () => stream.close(constants.NGHTTP2_CANCEL)));
    });
  }
}

/** `10.0.0.7:4711` without its port. */
const addressOf = (peer: string): string => peer.slice(0, peer.lastIndexOf(':'));

const bytes = (value: Buffer): Buffer => value;

function definition(name: string): ServiceDefinition {
  const path = `/opentelemetry.proto.collector.${name}/Export`;
  return { Export: { path, requestStream: false, responseStream: false, requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes } };
}
