import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openStore } from './open.js';
import type { Store } from './store.js';

/** A fresh embedded store in a temporary folder that `close` removes. One per process: chdb holds one path. */
export async function openTestStore(): Promise<Store & { readonly dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-'));
  const store = await openStore({ dataDir });
  return {
    ...store,
    dataDir,
    async close() {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One statement as a server gets it: in the body, or in the address with its data in the body. */
export interface Asked {
  readonly sql: string;
  readonly settings: URLSearchParams;
}

/** A server that hears each request out, keeps its connections, and answers as `answer` does. The address is of a user with a password. */
export async function fakeServer(answer: (response: ServerResponse, asked: Asked) => void): Promise<{ readonly url: string; close(): void }> {
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://clickhouse');
    void text(request).then((body) => answer(response, { sql: searchParams.get('query') ?? body, settings: searchParams }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://faultline:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/telemetry`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers as ClickHouse does what it refuses. */
export function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(500, { 'x-clickhouse-exception-code': String(code) });
  response.end(`Code: ${code}. DB::Exception: ${message} (SOME_ERROR) (version 25.8.1.1 (official build))\n`);
}
