import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AlertHook } from '#core/alert-hook.js';
import { listening } from '#core/testing.js';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on a real port of this machine that answers as the test says. */
export interface TestReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  answer(how: (response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function openTestReceiver(): Promise<TestReceiver> {
  const requests: ReceivedRequest[] = [];
  let how = (response: ServerResponse): void => void response.writeHead(204).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      how(response);
    });
  });
  const url = await listening(server);
  return {
    url,
    requests,
    answer: (next) => void (how = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Alerts that become evidence of nothing. */
export const noEvidence: AlertHook = { take: async (alerts) => ({ accepted: 0, ignored: alerts.length }) };
