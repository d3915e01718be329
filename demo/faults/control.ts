import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { closeNow, listen, readBody } from '../backing/http.js';
import { FAULT_NAMES, FAULTS } from './catalogue.js';
import type { FaultRegistry } from './registry.js';

export const FAULT_SECONDS = 75;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const faultName = z.enum(FAULT_NAMES);
const plantBody = z.strictObject({ seconds: z.int().min(5).max(600).default(FAULT_SECONDS), service: z.string().optional(), beside: z.boolean().optional() });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const refusal = (status: number, message: string): Answer => ({ status, body: { error: message } });

/** GET /faults, POST /faults/<name> and DELETE /faults. Rejects when the port is taken. */
export async function startControl(registry: FaultRegistry, host: string, port: number): Promise<{ port: number; close(): void }> {
  async function answer(request: IncomingMessage): Promise<Answer> {
    // A web page elsewhere must not plant faults: neither from its own origin nor under a name rebound to this address.
    if (request.headers.origin !== undefined || !LOOPBACK.test(request.headers.host ?? '')) return refusal(403, 'faults are planted from this machine, not from a web page');
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/faults' && request.method === 'GET') return { status: 200, body: list(registry) };
    if (pathname === '/faults' && request.method === 'DELETE') return { status: 200, body: { ended: await registry.end() } };
    const [, wanted] = /^\/faults\/([^/]+)$/.exec(pathname) ?? [];
    if (wanted === undefined || request.method !== 'POST') return refusal(404, 'GET /faults, POST /faults/<name> or DELETE /faults');
    const name = faultName.safeParse(wanted);
    if (!name.success) return refusal(404, `no fault ${wanted}: ${FAULT_NAMES.join(', ')}`);
    const body = plantBody.safeParse(parse(await readBody(request)));
    if (!body.success) return refusal(400, z.prettifyError(body.error));
    return { status: 200, body: { planted: await registry.plant(name.data, body.data) } };
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request)
      .catch((error: unknown) => refusal(error instanceof RangeError ? 400 : 500, error instanceof Error ? error.message : String(error)))
      .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body, undefined, 2)}\n`));
  });
  return { port: await listen(server, host, port), close: () => closeNow(server) };
}

function list(registry: FaultRegistry): object {
  return {
    active: registry.active(),
    faults: FAULTS.map(({ name, description, targets }) => ({ name, description, cause: targets[0]?.cause, targets: targets.map(({ service, cause }) => ({ service, cause })) })),
  };
}

/** An empty body asks for the defaults; what is not JSON fails the schema. */
function parse(text: string): unknown {
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
