import type { ApiError } from '#core/api/error.js';
import { hearTime } from '../time/server-now.js';

/** Longest that an answer is waited for. The server gives a statement 30 s, and says so itself. */
const LIMIT_MS = 40_000;
/** The same for what replays or judges hours of telemetry, as some changes do first, and for queries, which have a limit of their own. */
export const REPLAY_MS = 300_000;

export type Params = Readonly<Record<string, string | number | undefined>>;

/** An answer that is not what was asked for. `message` is the server's own sentence, or ours when it did not answer. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
  }
}

/** Whether an answer failed because nobody is signed in. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiFailure && error.status === 401;

/** `/api/logs?q=card` without the parameters that are empty. */
export function apiPath(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Throws ApiFailure; an abort stays an abort. */
export async function read<T>(path: string, params: Params, signal: AbortSignal, limitMs = LIMIT_MS): Promise<T> {
  return answer<T>(await reach(apiPath(path, params), { headers: { accept: 'application/json' } }, limitMs, [signal]));
}

/** The same, for what is asked or done with a body. */
export async function send<T>(path: string, body: object, ...signals: readonly AbortSignal[]): Promise<T> {
  return answer<T>(await reach(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, REPLAY_MS, signals));
}

export async function remove(path: string): Promise<void> {
  answer(await reach(path, { method: 'DELETE' }, LIMIT_MS));
}

interface Answered {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/** Throws ApiFailure where no whole answer comes in `limitMs`; an abort stays an abort. */
export async function reach(path: string, init: RequestInit, limitMs: number, signals: readonly AbortSignal[] = []): Promise<Answered> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new ApiFailure('TIMEOUT', `Faultline has not answered for ${limitMs / 1000} s. If that goes on, look at its log and at the load of its machine; a shorter time is answered sooner.`, 0)), limitMs);
  const askedAt = Date.now();
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.any([...signals, limit.signal]) });
    hearTime(response.headers.get('date'), askedAt);
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof ApiFailure || (error instanceof DOMException && error.name === 'AbortError')) throw error;
    throw new ApiFailure('UNREACHABLE', 'Faultline does not answer. Is the process running?', 0);
  } finally {
    clearTimeout(timer);
  }
}

function answer<T>({ ok, status, text }: Answered): T {
  if (ok && text === '') return undefined as T;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiFailure('NOT_JSON', `the answer was not JSON (status ${status})`, status);
  }
  if (ok) return body as T;
  // Alertmanager's API says why in a plain text.
  if (typeof body === 'string') throw new ApiFailure('REFUSED', body, status);
  const { code = 'UNKNOWN', message = `status ${status}` } = (body as Partial<ApiError>).error ?? {};
  throw new ApiFailure(code, message, status);
}
