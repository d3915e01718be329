import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificate } from './certificate.js';
import { cheapHash } from '../server/auth/testing.js';
import { dataFolder, runCommand, startProduct, until, type Product } from './product.js';
import { hasPrometheus, startPrometheus } from './prometheus.js';

/** Every port of the real product with a certificate that its clients trust. */
let product: Product;
const folder = dataFolder();
let trusted = makeCertificate(folder);
const TOKEN = 't'.repeat(32);
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
const bearer = { authorization: `Bearer ${TOKEN}` };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
}

/** Over HTTPS, believing `ca` alone. */
function ask(url: string, { method = 'GET', headers = {}, body = '' }: { method?: string; headers?: Record<string, string>; body?: string } = {}, ca = trusted.cert): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ca, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, cookie: response.headers['set-cookie']?.[0] ?? '' }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function exportOverGrpc(ca: string): Promise<status> {
  const client = new Client(`localhost:${product.ports.otlpGrpc}`, credentials.createSsl(Buffer.from(ca)));
  const bytes = (value: Buffer): Buffer => value;
  return new Promise<status>((resolve) => {
    client.makeUnaryRequest('/opentelemetry.proto.collector.trace.v1.TraceService/Export', bytes, bytes, Buffer.alloc(0), new Metadata(), { deadline: Date.now() + 10_000 }, (error: ServiceError | null) => resolve(error?.code ?? status.OK));
  }).finally(() => client.close());
}

beforeAll(async () => {
  const config = join(folder, 'faultline.json');
  const auth = { users: [{ name: 'ada', role: 'admin', password_hash: cheapHash('correct horse') }], tokens: [{ name: 'ops', role: 'admin', token_sha256: createHash('sha256').update(TOKEN).digest('hex') }] };
  writeFileSync(config, JSON.stringify({ server: { auth }, self_telemetry: { interval: '1s' } }));
  product = await startProduct({ FAULTLINE_DATA_DIR: folder, FAULTLINE_CONFIG: config, FAULTLINE_TLS_CERT_FILE: files.cert, FAULTLINE_TLS_KEY_FILE: files.key });
});
afterAll(async () => {
  await product?.stop();
});

it('serves people, programs and senders over TLS, and nobody without', async () => {
  expect(product.output()).toContain(`https://localhost:${product.ports.http}`);
  expect((await ask(`${product.url}/readyz`)).status).toBe(200);
  await expect(fetch(`http://127.0.0.1:${product.ports.http}/readyz`)).rejects.toThrow();
  await expect(fetch(`http://127.0.0.1:${product.ports.otlpHttp}/v1/traces`, { method: 'POST' })).rejects.toThrow();
  const signedIn = await ask(`${product.url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'ada', password: 'correct horse' }) });
  expect([signedIn.status, signedIn.cookie]).toEqual([200, expect.stringContaining('Secure')]);
  const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'GET /', startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now() + 5}000000` };
  const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'sender' } }] }, scopeSpans: [{ spans: [span] }] }] });
  expect((await ask(`${product.otlp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status).toBe(200);
  expect(await exportOverGrpc(trusted.cert)).toBe(status.OK);
});

it('reaches itself: its own telemetry comes, and agents are answered', async () => {
  await until('its own metrics came', async () => ((JSON.parse((await ask(`${product.url}/api/sources`, { headers: bearer })).text) as { sources: { service: string }[] }).sources.some(({ service }) => service === 'faultline')));
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_incidents', arguments: {} } };
  const answer = await ask(`${product.url}/mcp`, { method: 'POST', headers: { ...bearer, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, body: JSON.stringify(call) });
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"result"') });
  expect(answer.text).not.toContain('isError":true');
});

it('is asked by its own commands, which trust what NODE_EXTRA_CA_CERTS names', async () => {
  const args = ['models', 'list', '--url', `https://localhost:${product.ports.http}`];
  expect(await runCommand(args, { FAULTLINE_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: files.cert })).toMatchObject({ status: 0, output: expect.stringContaining('active') });
});

it.skipIf(!hasPrometheus)('takes what a real Prometheus writes', async () => {
  writeFileSync(join(folder, 'token'), TOKEN);
  const prometheus = await startPrometheus(folder, () => `
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: faultline, scheme: https, tls_config: { ca_file: ${files.cert} }, authorization: { credentials_file: ${join(folder, 'token')} }, static_configs: [{ targets: ["127.0.0.1:${product.ports.http}"] }] }]
remote_write: [{ url: "${product.otlp}/api/v1/write", tls_config: { ca_file: ${files.cert} }, queue_config: { batch_send_deadline: 500ms } }]
`);
  try {
    await until('what it scraped is here', async () => (JSON.parse((await ask(`${product.url}/api/v1/query?query=${encodeURIComponent('up{job="faultline"} == 1')}`, { headers: bearer })).text) as { data: { result: unknown[] } }).data.result.length === 1);
  } finally {
    await prometheus.stop();
  }
});

it('shows a renewed certificate on every port, without a restart', async () => {
  const old = trusted.cert;
  trusted = makeCertificate(folder);
  await until('the dashboard shows it', async () => (await ask(`${product.url}/readyz`).catch(() => undefined))?.status === 200);
  expect((await ask(`${product.otlp}/v1/traces`, { method: 'POST' })).status).toBe(415);
  expect([await exportOverGrpc(trusted.cert), await exportOverGrpc(old)]).toEqual([status.OK, status.UNAVAILABLE]);
  await expect(ask(`${product.url}/readyz`, {}, old)).rejects.toThrow();
  expect((await ask(`${product.url}/metrics`, { headers: bearer })).text).toMatch(/faultline_server_certificate_last_reload_successful 1/);
});
