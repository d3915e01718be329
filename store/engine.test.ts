import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { createRemoteEngine, type Engine } from './engine.js';

const running: { server: Server; engine: Engine }[] = [];
afterEach(async () => {
  for (const { server, engine } of running.splice(0)) {
    await engine.close();
    server.closeAllConnections();
    server.close();
  }
});

/** An engine over a server that hears each request out, keeps its connections, and answers with `answer`. */
async function engineOver(answer: (url: URL, response: ServerResponse) => void): Promise<Engine> {
  const server = createServer({ keepAliveTimeout: 600_000 }, (request: IncomingMessage, response) => void text(request).then(() => answer(new URL(request.url ?? '', 'http://clickhouse'), response)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const engine = createRemoteEngine(`http://127.0.0.1:${(server.address() as AddressInfo).port}/faultline`);
  running.push({ server, engine });
  return engine;
}

function file(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-engine-')), 'rows.native');
  writeFileSync(path, 'rows');
  return path;
}

it('gives back the connections of its inserts', async () => {
  const engine = await engineOver((_, response) => response.end());
  for (let insert = 0; insert < 15; insert += 1) {
    await engine.insertNative('models', [Buffer.from('rows')]);
    await engine.insertNativeFile('otel_logs', file(), `token-${insert}`);
  }
  await engine.read((client) => client.command({ query: 'SELECT 1' }));
}, 5_000);
