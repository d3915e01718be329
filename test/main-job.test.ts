import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listening } from '#core/testing.js';
import { dataFolder, runCommand, startProduct, until, type Product } from './product.js';
import { send, shopTelemetry } from './telemetry.js';

/**
 * The main job, as a user lives it: telemetry in, a fault found and explained, webhooks out, in one real process.
 * A quarter of an hour of history is sent first; the restart that follows lets the detector learn it at once. Who calls whom is known before the fault, as it is of a system that runs for longer than some seconds.
 */
const MINUTE = 60_000;
const dataDir = dataFolder();
const secret = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;
interface Delivery { readonly path: string; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }
const deliveries: Delivery[] = [];
let receiver: Server;
let product: Product;
let env: Record<string, string>;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      deliveries.push({ path: request.url ?? '', headers: request.headers, text });
      response.end('ok');
    });
  });
  const hook = await listening(receiver);
  env = {
    FAULTLINE_DATA_DIR: dataDir,
    FAULTLINE_DETECTOR_STEP: '5s',
    FAULTLINE_DETECTOR_DELAY: '1s',
    FAULTLINE_INCIDENTS_RESOLVE_AFTER: '5s',
    FAULTLINE_ALERTS_WEBHOOKS: JSON.stringify([{ name: 'ops', url: `${hook}/ops`, secret }]),
    FAULTLINE_ALERTS_SLACK: JSON.stringify([{ name: 'chat', url: `${hook}/slack` }]),
  };
  const first = await startProduct(env);
  const now = Date.now();
  for (let minute = 15; minute > 0; minute -= 1) {
    const { traces } = shopTelemetry({ from: now - minute * MINUTE, to: now - (minute - 1) * MINUTE, requests: 240, fails: () => false });
    await send(first.otlp, 'traces', traces);
  }
  expect(await first.stop('SIGINT')).toBe(0);
  product = await startProduct(env, first.ports);
  await until('the calls of the history are on the map', async () => (await get('/api/map')).edges.length >= 2);
}, 120_000);

afterAll(async () => {
  await product?.stop();
  receiver.close();
});

const get = async (path: string): Promise<any> => (await fetch(`${product.url}${path}`)).json();

describe('a fault in payment', () => {
  let incident: any;
  it('becomes one incident that names payment, with evidence, traces and what differs', async () => {
    let sentUntil = Date.now();
    let sent = 0;
    await until('an incident opens', async () => {
      const now = Date.now();
      const { traces, logs } = shopTelemetry({ from: sentUntil, to: now, requests: Math.max(1, Math.round((now - sentUntil) / 250)), fails: () => (sent += 1) % 5 !== 0 });
      sentUntil = now;
      await send(product.otlp, 'traces', traces);
      await send(product.otlp, 'logs', logs);
      const { incidents } = await get('/api/incidents?state=open');
      incident = incidents[0];
      return incidents.length > 0 && incident.causes.length > 0;
    });
    expect(incident.causes[0].service).toBe('payment');
    expect(incident.title).toMatch(/(frontend|checkout|payment): (\S+ \S+ )?errors 0 % → \d+(\.\d+)? %/);
    expect(incident.severity).toBe('critical');
    // The title names the service; the summary does not repeat it.
    expect(incident.summary).toMatch(incident.title.startsWith('payment') ? /^Probably its own doing/ : /^Probably payment/);
    expect(incident.differences).toContainEqual(expect.objectContaining({ key: 'payment.provider', value: 'acme' }));
    const { charts } = await get(`/api/incidents/${incident.id}`);
    expect(charts[0].values.length).toBeGreaterThan(0);
    expect(charts[0].upper.some((value: number | null) => value !== null)).toBe(true);
    const { spans } = await get(`/api/traces/${incident.traces[0]}`);
    expect(spans.map((span: any) => span.service)).toContain('payment');
  });

  it('can be acknowledged and noted', async () => {
    const post = (path: string, body: object): Promise<Response> => fetch(`${product.url}/api/incidents/${incident.id}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await post('/acknowledge', { by: 'ada' })).status).toBe(200);
    expect((await post('/notes', { author: 'ada', text: 'acme is down' })).status).toBe(200);
    expect((await get(`/api/incidents/${incident.id}`)).incident).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada', notes: [{ text: 'acme is down' }] });
  });

  it('resolves by itself when payment is well again, and each receiver heard of both', async () => {
    let sentUntil = Date.now();
    await until('the incident is resolved and told', async () => {
      const now = Date.now();
      await send(product.otlp, 'traces', shopTelemetry({ from: sentUntil, to: now, requests: Math.max(1, Math.round((now - sentUntil) / 250)), fails: () => false }).traces);
      sentUntil = now;
      return deliveries.length >= 4;
    });
    expect((await get('/api/incidents?state=open')).incidents).toEqual([]);
    const ops = deliveries.filter(({ path }) => path === '/ops');
    expect(deliveries.filter(({ path }) => path === '/slack')).toHaveLength(2);
    expect(ops).toHaveLength(2);
    for (const { headers, text } of ops) {
      const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`).digest('base64');
      expect(String(headers['webhook-signature'])).toContain(`v1,${signature}`);
    }
  });

  it('is kept over a kill -9, with every span that was acknowledged', async () => {
    const at = Date.now();
    const { traces, traceIds } = shopTelemetry({ from: at - 2_000, to: at, requests: 50, fails: () => false });
    await send(product.otlp, 'traces', traces);
    expect(await product.stop('SIGKILL')).toBe('SIGKILL');
    product = await startProduct(env, product.ports);
    await until('the last trace can be read', async () => (await fetch(`${product.url}/api/traces/${traceIds.at(-1)}`)).status === 200);
    for (const traceId of traceIds) expect((await get(`/api/traces/${traceId}`)).spans).toHaveLength(5);
    expect((await get(`/api/incidents/${incident.id}`)).incident.status).toBe('resolved');
  });
});

describe('what a user may get wrong', () => {
  it('a port or a data directory in use is one line that names it', async () => {
    const taken = await runCommand(['serve'], { FAULTLINE_DATA_DIR: dataFolder(), FAULTLINE_HTTP_PORT: String(product.ports.http), FAULTLINE_OTLP_HTTP_PORT: '0', FAULTLINE_OTLP_GRPC_PORT: '0' });
    expect([taken.status, taken.output]).toEqual([1, expect.stringContaining(`127.0.0.1:${product.ports.http} is in use`)]);
    const folder = await runCommand(['serve'], { FAULTLINE_DATA_DIR: dataDir, FAULTLINE_HTTP_PORT: '0', FAULTLINE_OTLP_HTTP_PORT: '0', FAULTLINE_OTLP_GRPC_PORT: '0' });
    expect([folder.status, folder.output]).toEqual([1, expect.stringMatching(/the data directory .* is in use by process \d+/)]);
  });
  it('every fault of a configuration is named at once', async () => {
    const { status, output } = await runCommand(['--check-config'], { FAULTLINE_HTTP_PORT: 'ninety', FAULTLINE_DETECTOR_STEP: '5 parsecs', FAULTLINE_NONSENSE: '1' });
    expect(status).toBe(1);
    for (const word of ['FAULTLINE_HTTP_PORT', 'FAULTLINE_DETECTOR_STEP', 'FAULTLINE_NONSENSE']) expect(output).toContain(word);
    expect(await runCommand(['check-config'])).toEqual({ status: 0, output: 'The configuration is valid.\n' });
  });
  it('the command line explains itself', async () => {
    expect((await runCommand(['--help'])).output).toContain('Usage: faultline');
    expect((await runCommand(['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await runCommand(['models', '--url', 'http://127.0.0.1:1'])).toMatchObject({ status: 1, output: expect.stringContaining('no Faultline answers at http://127.0.0.1:1') });
    expect(await runCommand(['gpu', '--help'])).toEqual({ status: 0, output: expect.stringContaining('Usage: faultline gpu status') });
    expect(await runCommand(['dance'])).toEqual({ status: 1, output: 'faultline: no command "dance"; faultline --help lists them\n' });
  });
});
