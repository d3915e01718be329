import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiStatus } from '#core/api/status.js';
import { encodeProtobuf } from '../collector/testing/otlp-schema.js';
import { dataFolder, startProduct, until, type Product } from './product.js';

/** `FAULTLINE_KILLS=50` for a long run. */
const ROUNDS = Number(process.env['FAULTLINE_KILLS'] ?? 3);
const SENDERS = 6;
const SPANS = 200;

const folder = dataFolder();
let server: ChildProcess;
let port = 0;
let product: Product;

async function startServer(): Promise<void> {
  server = fork(fileURLToPath(new URL('./clickhouse-server.js', import.meta.url)), [folder, String(port)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [message] = (await once(server, 'message')) as [{ port: number }];
  port = message.port;
}

async function killServer(): Promise<void> {
  const died = once(server, 'exit');
  server.kill('SIGKILL');
  await died;
}

async function ask<Row>(sql: string): Promise<Row[]> {
  const response = await fetch(`http://127.0.0.1:${port}/?default_format=JSON`, { method: 'POST', body: sql });
  return ((await response.json()) as { data: Row[] }).data;
}

const status = async (): Promise<ApiStatus> => (await (await fetch(`${product.url}/api/status`)).json()) as ApiStatus;

beforeAll(async () => {
  await startServer();
  product = await startProduct({ CLICKHOUSE_URL: `http://127.0.0.1:${port}`, FAULTLINE_DATA_DIR: dataFolder(), FAULTLINE_SELF_TELEMETRY_ENABLED: 'false' });
});
afterAll(async () => {
  await product.stop();
  await killServer();
});

/** Sends new spans until told to stop; those that were acknowledged end up in `acknowledged`. A refusal ends the test. */
async function send(acknowledged: Set<string>, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    const ids = Array.from({ length: SPANS }, () => randomBytes(8));
    const now = BigInt(Date.now()) * 1_000_000n;
    const spans = ids.map((spanId) => ({ traceId: randomBytes(16), spanId, name: 'GET /', kind: 2, startTimeUnixNano: now, endTimeUnixNano: now }));
    const body = encodeProtobuf('traces', { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }, scopeSpans: [{ spans }] }] });
    const response = await fetch(`${product.otlp}/v1/traces`, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': 'application/x-protobuf' } });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`spans were refused with ${response.status}`);
    for (const id of ids) acknowledged.add(id.toString('hex'));
    await delay(20);
  }
}

it('a ClickHouse server that dies under inserts, is away and hangs holds up no sender, and what was acknowledged is in it once', async () => {
  const acknowledged = new Set<string>();
  let stopped = false;
  const senders = Array.from({ length: SENDERS }, () => send(acknowledged, () => stopped));
  const grows = (by: number): Promise<void> => {
    const enough = acknowledged.size + by;
    return until(`${by} more spans are acknowledged`, async () => acknowledged.size >= enough);
  };
  const drained = (): Promise<void> => until('the queue is empty', async () => (await status()).queue.segments === 0);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await grows(5_000);
    await killServer();
    await grows(3_000 + (round % 4) * 1_000);
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
    expect(await status()).toMatchObject({ ready: false, engine: { diskBytes: null, fault: expect.stringContaining('ClickHouse does not answer') }, arriving: { sources: 1 } });
    await startServer();
  }
  server.kill('SIGSTOP');
  await grows(5_000);
  server.kill('SIGCONT');
  stopped = true;
  await Promise.all(senders);
  await drained();

  const [spans] = await ask<{ rows: number; ids: number }>('SELECT count() AS rows, uniqExact(SpanId) AS ids FROM otel_traces');
  expect(spans).toEqual({ rows: acknowledged.size, ids: acknowledged.size });
  const [requests] = await ask<{ count: number }>("SELECT sum(count) AS count FROM red_5s WHERE service = 'shop'");
  expect(requests?.count).toBe(acknowledged.size);
  const stored = new Set((await ask<{ id: string }>('SELECT SpanId AS id FROM otel_traces')).map(({ id }) => id));
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  console.log(`${ROUNDS} kills of the server: ${acknowledged.size} spans acknowledged, each stored once`);
}, 120_000 + ROUNDS * 30_000);

it('makes the database that its address names', async () => {
  const other = await startProduct({ CLICKHOUSE_URL: `http://127.0.0.1:${port}/own-name`, FAULTLINE_DATA_DIR: dataFolder(), FAULTLINE_SELF_TELEMETRY_ENABLED: 'false' });
  try {
    const [tables] = await ask<{ count: number }>("SELECT count() AS count FROM system.tables WHERE database = 'own-name' AND name IN ('otel_traces', 'incidents')");
    expect(Number(tables?.count)).toBe(2);
  } finally {
    await other.stop();
  }
});

// The last one: it ends the product.
it('a stop that a hung server holds up says so, and that nothing is lost', async () => {
  server.kill('SIGSTOP');
  let stopped = false;
  const sending = send(new Set(), () => stopped);
  await until('something waits for the server', async () => (await status()).queue.segments > 0);
  stopped = true;
  await sending;
  expect(await product.stop('SIGTERM')).toBe('SIGKILL');
  expect(product.output()).toContain('"msg":"did not stop within 9 s; what was acknowledged is in the queue on disk"');
  server.kill('SIGCONT');
});
