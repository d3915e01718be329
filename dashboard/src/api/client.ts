import type { ApiError } from '#core/api.js';

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

/** `/api/logs?q=card` without the parameters that are empty. */
export function apiPath(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Throws ApiFailure; an abort stays an abort. */
export async function read<T>(path: string, params: Params, signal: AbortSignal): Promise<T> {
  return answer<T>(await reach(apiPath(path, params), { signal, headers: { accept: 'application/json' } }));
}

export async function send<T>(path: string, body: object): Promise<T> {
  return answer<T>(await reach(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

export async function remove(path: string): Promise<void> {
  await answer(await reach(path, { method: 'DELETE' }));
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiFailure('UNREACHABLE', 'Faultline does not answer. Is the process running?', 0);
  }
}

async function answer<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (response.ok && text === '') return undefined as T;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiFailure('NOT_JSON', `the answer was not JSON (status ${response.status})`, response.status);
  }
  if (response.ok) return body as T;
  // Alertmanager's API says why in a plain text.
  if (typeof body === 'string') throw new ApiFailure('REFUSED', body, response.status);
  const { code = 'UNKNOWN', message = `status ${response.status}` } = (body as Partial<ApiError>).error ?? {};
  throw new ApiFailure(code, message, response.status);
}
