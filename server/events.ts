import type { Request, Response } from 'express';
import type { IncidentEvent } from '#core/types.js';

const HEARTBEAT_MS = 15_000;
const MAX_BUFFERED_BYTES = 256 * 1024;
const MAX_CLIENTS = 200;

/** Server-sent events: incidents as they happen. A reader that does not keep up is cut off; its browser connects again. */
export interface EventStream {
  readonly connect: (request: Request, response: Response) => void;
  send(event: IncidentEvent): void;
  close(): void;
}

/** `mayRead` is asked again at every heartbeat. */
export function createEventStream(mayRead: (request: Request) => Promise<boolean>, heartbeatMs = HEARTBEAT_MS): EventStream {
  const clients = new Set<Response>();
  const heartbeat = setInterval(() => {
    broadcast(': still here\n\n');
    for (const client of clients) {
      mayRead(client.req).then((may) => may || client.end(), () => client.end());
    }
  }, heartbeatMs);
  heartbeat.unref();

  function broadcast(text: string): void {
    for (const client of clients) {
      if (client.writableLength > MAX_BUFFERED_BYTES) client.destroy();
      else client.write(text);
    }
  }

  return {
    connect(request, response) {
      if (clients.size >= MAX_CLIENTS) return void response.status(503).setHeader('retry-after', '30').end();
      // nginx would keep it back until it ends.
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write('retry: 2000\n\n');
      clients.add(response);
      request.on('close', () => clients.delete(response));
    },
    send: (event) => broadcast(`event: incident\ndata: ${JSON.stringify(event)}\n\n`),
    close() {
      clearInterval(heartbeat);
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}
