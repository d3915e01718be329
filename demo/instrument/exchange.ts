import { request, type Agent } from 'node:http';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly agent: Agent;
  /** Waiting for a connection of the agent's pool counts. */
  readonly timeoutMs: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One HTTP request with a JSON body. Rejects when there is no whole answer in time; the error's `code` says why. */
export function exchange(url: string, { method, agent, timeoutMs, body, headers }: Exchange): Promise<{ status: number; text: string }> {
  const sentText = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(sentText) } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.on('error', fail);
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    // A request that waits for a connection does not report its own end, so the timer does.
    const timer = setTimeout(() => {
      fail(Object.assign(new Error(`did not answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
      sent.destroy();
    }, timeoutMs);
    sent.on('error', fail);
    sent.end(sentText);
  });
}

/** `error.type` of something thrown: its code, or its name. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
