import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, PipelineError, type ErrorCode } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Admission } from '../admission.js';
import { discard, readBody } from '../body.js';
import type { CollectorConfig } from '../config.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import { RETRY_AFTER_S } from '../ingest.js';
import { giveBuffer } from '../kept-buffers.js';
import type { Version } from './decoder.js';
import { RateLimited } from '../rates.js';
import type { RemoteWriteIngest } from './ingest.js';
import type { Counts } from './sink.js';
import { unpackSnappy } from './snappy.js';

export const REMOTE_WRITE_PATH = '/api/v1/write';

/** Without the parameter a body is 1.0. */
const MESSAGES: ReadonlyMap<string, Version> = new Map(Object.entries({ '': 1, 'prometheus.writerequest': 1, 'io.prometheus.write.v2.request': 2 }));
/** Prometheus repeats 5xx, drops what is answered with another 4xx, and repeats 429 only when it is told to: so it is never told 429. */
const STATUS: Partial<Record<ErrorCode, number>> = { DECODE_FAILED: 400, BODY_TOO_LARGE: 413, UNSUPPORTED_MEDIA_TYPE: 415 };
const WRITTEN = 'X-Prometheus-Remote-Write';

export interface RemoteWriteOptions {
  readonly config: Pick<CollectorConfig, 'max_body'>;
  readonly admission: Admission;
  readonly ingest: RemoteWriteIngest;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
}

/** Serves one request to /api/v1/write, on whichever port it came. `waits`: the sender wants to hear "100 Continue" first. */
export type RemoteWriteHandler = (request: IncomingMessage, response: ServerResponse, waits?: boolean) => void;

/** Prometheus Remote Write 1.0 and 2.0: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ */
export function createRemoteWriteHandler({ config, admission, ingest, metrics, logger }: RemoteWriteOptions): RemoteWriteHandler {
  async function handle(request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> {
    const lease = admission.open(request.socket.remoteAddress ?? '');
    let begun = !waits;
    let packed: Buffer | undefined;
    let version: Version | undefined;
    try {
      if (request.method !== 'POST') return await refuse(405, `${request.method} is not supported; use POST`);
      version = versionOf(request);
      const reading = readBody(request, config.max_body, lease).then((body) => (packed = body));
      if (waits && Number(request.headers['content-length'] ?? 0) <= config.max_body) {
        begun = true;
        response.writeContinue();
      }
      const body = await unpackSnappy(await reading, config.max_body, lease);
      const { counts, rejected, message } = await ingest(version, body, request.headers['user-agent'] ?? '');
      if (version === 2) tellWritten(response, counts);
      // What was good is kept; a success would say that all of it is.
      if (rejected > 0) return await refuse(400, message);
      response.writeHead(204).end();
    } catch (error) {
      if (request.destroyed && !request.complete) return; // the sender went away
      const code = error instanceof PipelineError ? error.code : 'STORE_UNAVAILABLE';
      if (version === 2) tellWritten(response, { samples: 0, histograms: 0, exemplars: 0 });
      await refuse(STATUS[code] ?? 503, messageOf(error), error instanceof RateLimited ? error.retryAfterS : RETRY_AFTER_S);
    } finally {
      if (packed) giveBuffer(packed);
      lease.release();
    }

    async function refuse(status: number, message: string, retryAfterS = RETRY_AFTER_S): Promise<void> {
      metrics.faultline_collector_refused_requests_total.inc({ transport: 'remote_write', code: String(status) });
      if (status === 503) response.setHeader('retry-after', String(retryAfterS));
      if (status === 405) response.setHeader('allow', 'POST');
      // What was not read would be taken for the next request.
      if (!begun || !(await discard(request))) response.setHeader('connection', 'close');
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    }
  }

  return (request, response, waits = false) => {
    handle(request, response, waits).catch((error: unknown) => {
      logger.error({ error: messageOf(error) }, 'a remote write request failed for no known reason');
      response.destroy();
    });
  };
}

/** What Content-Type and Content-Encoding say. Throws UNSUPPORTED_MEDIA_TYPE, upon which a sender may fall back to 1.0. */
function versionOf({ headers }: IncomingMessage): Version {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const proto = parameters.find((parameter) => parameter.startsWith('proto='))?.slice('proto='.length).replaceAll('"', '') ?? '';
  const version = type === 'application/x-protobuf' ? MESSAGES.get(proto) : undefined;
  if (version === undefined) throw new PipelineError('UNSUPPORTED_MEDIA_TYPE', 'content-type must be application/x-protobuf, with proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request');
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding !== 'snappy') throw new PipelineError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding || 'none'} is not supported; use snappy (block format)`);
  return version;
}

/** A 2.0 sender takes a success without these for one of a receiver that does not know 2.0. */
function tellWritten(response: ServerResponse, { samples, histograms, exemplars }: Pick<Counts, 'samples' | 'histograms' | 'exemplars'>): void {
  response.setHeader(`${WRITTEN}-Samples-Written`, String(samples));
  response.setHeader(`${WRITTEN}-Histograms-Written`, String(histograms));
  response.setHeader(`${WRITTEN}-Exemplars-Written`, String(exemplars));
}
