import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly url: string;
  close(): void;
}

/** A loopback server whose answers are JSON. A rejection is answered with 500 and its message. */
export async function listenJson(answer: (request: IncomingMessage, body: string) => Promise<unknown>): Promise<Listening> {
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => answer(request, body))
      .then(
        (value) => ({ status: 200, value }),
        (error: unknown) => ({ status: 500, value: { error: String(error) } }),
      )
      .then(({ status, value }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value ?? null));
      });
  });
  server.keepAliveTimeout = 60_000;
  return { url: `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}`, close: () => closeNow(server) };
}

/** Resolves with the port. Rejects when it cannot listen. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

export function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}

const MAX_BODY_BYTES = 64 * 1024;

/** Rejects with a RangeError beyond 64 KiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('the body is larger than 64 KiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
