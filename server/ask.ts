import { PipelineError, messageOf } from '#core/errors.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Asks the product's own HTTP API (JSON under /api, Prometheus under /api/v1) and gives the parsed body. Throws PipelineError with the API's own message. */
export type Ask = <T>(path: string, query?: Query) => Promise<T>;

const LIMIT_MS = 30_000;

/** `base` such as http://localhost:8080 or https://ops.example/faultline; `authorization` is the header to send, '' for none. */
export function askOver(base: string, authorization: string): Ask {
  const headers: Record<string, string> = authorization === '' ? {} : { authorization };
  return async <T>(path: string, query: Query = {}): Promise<T> => {
    const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const fail = (error: unknown): never => {
      if (error instanceof Error && error.name === 'TimeoutError') throw new PipelineError('QUERY_TIMEOUT', `the answer takes longer than ${LIMIT_MS / 1000} s: ask about less, or a shorter time`, { cause: error });
      throw new PipelineError('STORE_UNAVAILABLE', `Faultline does not answer at ${url.origin}: ${messageOf(error)}`, { cause: error });
    };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(LIMIT_MS) }).catch(fail);
    const body = (await response.json().catch((error: unknown) => (error instanceof SyntaxError ? {} : fail(error)))) as { error?: string | { message?: string } };
    if (response.ok) return body as T;
    const said = typeof body.error === 'string' ? body.error : body.error?.message;
    throw new PipelineError('QUERY_INVALID', said ?? `status ${response.status}`, { retryable: response.status >= 500 });
  };
}
