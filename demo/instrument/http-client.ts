import { Agent } from 'node:http';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { DURATION_SECONDS } from './buckets.js';
import { errorType, exchange } from './exchange.js';

const TIMEOUT_MS = 2_500;

/** An answer that was not a success, or none at all: then `status` is 0. */
export class CallError extends Error {
  readonly peer: string;
  readonly status: number;
  constructor(peer: string, status: number, reason: string) {
    super(`${peer} ${reason}`);
    this.name = 'CallError';
    this.peer = peer;
    this.status = status;
  }
}

export interface Call {
  readonly method: 'GET' | 'POST';
  /** Low-cardinality form of `path`: `/products/{id}`. */
  readonly template: string;
  readonly path?: string;
  readonly body?: unknown;
}

/** Calls a service and returns what it answered. Throws CallError. */
export type HttpClient = (peer: string, call: Call) => Promise<unknown>;

export interface HttpClientOptions {
  readonly address: (peer: string) => string;
  /** How often a failed call to `peer` is repeated. */
  readonly retries: (peer: string) => number;
}

/** HTTP client with one span per attempt, trace context in the request, and its duration as a metric. */
export function createHttpClient({ address, retries }: HttpClientOptions): HttpClient {
  const tracer = trace.getTracer('shop.http');
  const duration = metrics.getMeter('shop.http').createHistogram('http.client.request.duration', { unit: 's', description: 'Duration of HTTP client requests.', advice: { explicitBucketBoundaries: DURATION_SECONDS } });
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });

  function attempt(peer: string, { method, template, path = template, body }: Call, resends: number): Promise<unknown> {
    const url = new URL(path, address(peer));
    // The port is another one after each rollout, so it tells spans apart but not series.
    const common: Attributes = { 'http.request.method': method, 'server.address': peer, 'url.template': template };
    const attributes: Attributes = { ...common, 'server.port': Number(url.port), 'url.full': url.href, ...(resends > 0 && { 'http.request.resend_count': resends }) };
    return tracer.startActiveSpan(`${method} ${template}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const began = performance.now();
      const outcome: Attributes = {};
      try {
        const headers: Record<string, string> = {};
        propagation.inject(context.active(), headers);
        const { status, text } = await exchange(url.href, { method, agent, timeoutMs: TIMEOUT_MS, body, headers });
        outcome['http.response.status_code'] = status;
        if (status >= 400) throw new CallError(peer, status, `answered ${status}`);
        return JSON.parse(text) as unknown;
      } catch (error) {
        const known = error instanceof CallError ? error : new CallError(peer, 0, error instanceof Error ? error.message : String(error));
        outcome['error.type'] = known.status > 0 ? String(known.status) : errorType(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: known.message });
        throw known;
      } finally {
        span.setAttributes(outcome);
        span.end();
        duration.record((performance.now() - began) / 1000, { ...common, ...outcome });
      }
    });
  }

  return async (peer, call) => {
    for (let resends = 0; ; resends += 1) {
      try {
        return await attempt(peer, call, resends);
      } catch (error) {
        const final = resends >= retries(peer) || (error instanceof CallError && error.status > 0 && error.status < 500);
        if (final) throw error;
      }
    }
  };
}
