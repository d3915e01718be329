import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { PipelineError } from '#core/errors.js';
import type { DeliveryConfig } from '../config.js';
import { guardedLookup, mayReach, refused } from './addresses.js';

/** All that is read of an answer. */
const MAX_ANSWER = 4096;

/** How to prove who is who in TLS. */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized' | 'minVersion' | 'maxVersion'>;

export interface PostRequest {
  /** POST when left out. */
  readonly method?: 'PUT';
  /** May be a secret: it appears in no message. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly tls?: TlsOptions;
  /** Less than `timeout` of the configuration, when set. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The first 4 KiB. */
  readonly text: string;
}

/** One attempt. Throws PipelineError DELIVERY_FAILED, naming the host and never the path, when no answer came. */
export type Post = (request: PostRequest, signal: AbortSignal) => Promise<Answer>;

/** Posts JSON over a connection of its own. Redirects are answers like any other. */
export function createPost({ timeout, allow_private_addresses: allowPrivate }: Pick<DeliveryConfig, 'timeout' | 'allow_private_addresses'>): Post {
  const lookup = guardedLookup(allowPrivate);
  return async ({ method = 'POST', url, headers, body, tls, timeoutMs = timeout }, signal) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // A literal address is connected to without a lookup.
    if (isIP(host) !== 0 && !mayReach(host, allowPrivate)) throw refused(host);
    const expired = AbortSignal.timeout(Math.min(timeout, timeoutMs));
    const content = { 'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'faultline' };
    const options = { ...tls, method, headers: { ...lowerCase(headers), ...content }, lookup, agent: false, signal: AbortSignal.any([signal, expired]) } as const;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const sent = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
        sent.once('response', (response) => void readAnswer(response).then(resolve, reject));
        sent.on('error', reject);
        sent.end(body);
      });
    } catch (cause) {
      if (cause instanceof PipelineError) throw cause;
      const why = expired.aborted ? `did not answer within ${Math.min(timeout, timeoutMs)} ms` : `could not be reached: ${errorCode(cause)}`;
      throw new PipelineError('DELIVERY_FAILED', `${url.host} ${why}`, { cause });
    }
  };
}

/** The status decides, so an answer that breaks off or never ends still counts. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_ANSWER) break;
    }
  } catch {
    // What was read is enough.
  }
  response.destroy();
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString('utf8');
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A fixed word: messages of the network layer can carry what was sent. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'the connection failed';
}
