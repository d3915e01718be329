import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import axe from 'axe-core';
import type * as Axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from './browser.js';
import { cheapHash } from '../server/auth/testing.js';
import { dataFolder, runCommand, startProduct, until, type Product } from './product.js';
import { hasPrometheus, startPrometheus } from './prometheus.js';

/** Who may do what with the real product: people in a real browser, senders, a real Prometheus. */
let product: Product;
let browser: Browser;
const folder = dataFolder();
const TOKENS = { ops: 'o'.repeat(32), collector: 'c'.repeat(32) };

beforeAll(async () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const config = join(folder, 'faultline.json');
  writeFileSync(config, JSON.stringify({ server: { auth: { users: [{ name: 'ada', role: 'admin', password_hash: cheapHash('correct horse') }, { name: 'vic', role: 'viewer', password_hash: cheapHash('battery staple') }, { name: 'prom', role: 'ingest', password_hash: cheapHash('remote writer') }], tokens: [{ name: 'ops', role: 'admin', token_sha256: sha256(TOKENS.ops) }, { name: 'collector', role: 'ingest', token_sha256: sha256(TOKENS.collector) }] } }, self_telemetry: { interval: '1s' } }));
  product = await startProduct({ FAULTLINE_DATA_DIR: folder, FAULTLINE_CONFIG: config, FAULTLINE_PUBLIC_URL: 'https://faultline.example' });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

it('answers under the name that notifications lead to, and under no other', async () => {
  const asked = (host: string): Promise<number | undefined> => new Promise((resolve, reject) => void get({ host: '127.0.0.1', port: product.ports.http, path: '/', headers: { host } }, (response) => resolve(response.resume().statusCode)).on('error', reject));
  expect([await asked('faultline.example'), await asked('elsewhere.example')]).toEqual([200, 403]);
});

it('asks who it is, shows the page that was asked for, and what that person may do', async () => {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${product.url}/incidents/mutes?from=now-3h`);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(await page.locator('nav').count()).toBe(0);
  await page.evaluate(axe.source);
  expect(await page.evaluate(async () => (await (globalThis as unknown as { axe: typeof Axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })).violations.map(({ id }) => id))).toEqual([]);
  // By keyboard alone: the name has the focus.
  await page.keyboard.type('vic');
  await page.keyboard.press('Tab');
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('wrong name or password').waitFor();
  await page.getByLabel('Password', { exact: true }).fill('battery staple');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Expected events', exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('?from=now-3h');
  expect(await page.getByRole('button', { name: 'Announce …' }).isDisabled()).toBe(true);
  expect(await page.getByTitle('vic has the role viewer; this takes editor').count()).toBeGreaterThan(0);

  // What its role is refused is not offered.
  await page.route('**/api/metrics/query?*', (route) => route.fulfill({ json: { charts: [], promql: 'queue_depth' } }));
  await page.goto(`${product.url}/metrics?name=queue.depth`);
  await page.locator('main').getByRole('link', { name: 'Query', exact: true }).waitFor();
  expect(await page.getByRole('link', { name: 'Backtest' }).count()).toBe(0);
  await page.goto(`${product.url}/metrics/query?query=time()&judge=yes`);
  await page.locator('section', { has: page.getByRole('heading', { name: 'Backtest' }) }).getByText('vic has the role viewer; this takes editor').waitFor();

  // Its session ends while the page is open.
  await context.clearCookies();
  await page.getByRole('link', { name: 'Services' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Signed in as ada, admin' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/services');
  await page.getByRole('link', { name: 'Incidents' }).click();
  await page.getByRole('button', { name: 'Signed in as ada, admin' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

it('asks again where a session ends, over the page: what was typed stays, and is sent then', async () => {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${product.url}/alerts`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'New silence' }).click();
  const form = page.locator('.mantine-Modal-content');
  await form.getByLabel('Alerts with all of').fill('alertname="Deploys"');
  await form.getByLabel('Why').fill('a long story that nobody types twice');
  await context.clearCookies();
  await form.getByRole('button', { name: 'Silence', exact: true }).click();
  const login = page.locator('dialog');
  await login.getByRole('heading', { name: 'Sign in again' }).waitFor();
  await expect.poll(() => page.locator(':focus').getAttribute('autocomplete')).toBe('current-password');
  await page.evaluate(axe.source);
  expect(await page.evaluate(async () => (await (globalThis as unknown as { axe: typeof Axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })).violations.map(({ id }) => id))).toEqual([]);
  // Neither of these closes what is open below, and no letter is a command of its page.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  // The name is there already.
  await login.getByLabel('Password', { exact: true }).focus();
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await login.waitFor({ state: 'detached' });
  expect(await form.getByLabel('Why').inputValue()).toBe('a long story that nobody types twice');
  await form.getByRole('button', { name: 'Silence', exact: true }).click();
  await page.getByText('a long story that nobody types twice').first().waitFor();
  await form.waitFor({ state: 'detached' });
  expect(await (await fetch(`${product.url}/api/v2/silences`, { headers: ops })).json()).toMatchObject([{ createdBy: 'ada', comment: 'a long story that nobody types twice' }]);

  // Somebody else finds nothing of hers.
  await page.goto(`${product.url}/alerts`);
  await page.getByRole('button', { name: 'New silence' }).click();
  await form.getByLabel('Why').fill('hers');
  await context.clearCookies();
  await form.getByLabel('Alerts with all of').fill('alertname="Other"');
  await login.getByLabel('Name').fill('vic');
  await login.getByLabel('Password', { exact: true }).fill('battery staple');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Signed in as vic, viewer' }).waitFor();
  expect(await form.count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const ops = { authorization: `Bearer ${TOKENS.ops}` };
const spans = { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'sender' } }] }, scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'x', startTimeUnixNano: `${Date.now()}000000`, endTimeUnixNano: `${Date.now() + 1}000000` }] }] }] };

it('takes telemetry over HTTP from those who may send alone, its own among them', async () => {
  const send = async (authorization?: string): Promise<number> => (await fetch(`${product.otlp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json', ...(authorization && { authorization }) }, body: JSON.stringify(spans) })).status;
  expect([await send(), await send('Bearer nothing'), await send(basic('vic', 'battery staple')), await send(basic('prom', 'wrong'))]).toEqual([401, 401, 403, 401]);
  expect([await send(`Bearer ${TOKENS.collector}`), await send(ops.authorization), await send(basic('prom', 'remote writer')), await send(basic('collector', TOKENS.collector))]).toEqual([200, 200, 200, 200]);
  const refused = await fetch(`${product.otlp}/api/v1/write`, { method: 'POST', body: 'x' });
  expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('sign in first')]);
  await until('its own metrics and the spans came', async () => {
    const { sources } = (await (await fetch(`${product.url}/api/sources`, { headers: ops })).json()) as { sources: { service: string }[] };
    return ['faultline', 'sender'].every((service) => sources.some((source) => source.service === service));
  });
  expect(await (await fetch(`${product.url}/metrics`, { headers: ops })).text()).toMatch(/faultline_server_refused_credentials_total\{surface="otlp",reason="role"\} 1/);
});

it('takes telemetry over gRPC from those alone', async () => {
  const client = new Client(`127.0.0.1:${product.ports.otlpGrpc}`, credentials.createInsecure());
  const bytes = (value: Buffer): Buffer => value;
  const send = (authorization?: string): Promise<status> =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      if (authorization) metadata.set('authorization', authorization);
      client.makeUnaryRequest('/opentelemetry.proto.collector.trace.v1.TraceService/Export', bytes, bytes, Buffer.alloc(0), metadata, (error: ServiceError | null) => resolve(error?.code ?? status.OK));
    });
  expect([await send(), await send('Bearer nothing'), await send(basic('vic', 'battery staple'))]).toEqual([status.UNAUTHENTICATED, status.UNAUTHENTICATED, status.PERMISSION_DENIED]);
  expect([await send(`Bearer ${TOKENS.collector}`), await send(basic('prom', 'remote writer'))]).toEqual([status.OK, status.OK]);
  client.close();
});

it('gives its commands what their token may see', async () => {
  const asked = await runCommand(['models', 'list', '--url', product.url], { FAULTLINE_TOKEN: TOKENS.ops, FAULTLINE_DATA_DIR: folder });
  expect(asked).toMatchObject({ status: 0, output: expect.stringContaining('active') });
  const refused = await runCommand(['models', 'list', '--url', product.url], { FAULTLINE_DATA_DIR: folder });
  expect(refused).toMatchObject({ status: 1, output: expect.stringContaining('sign in first') });
});

it.skipIf(!hasPrometheus)('lets a real Prometheus scrape with a token and write with a password', async () => {
  writeFileSync(join(folder, 'token'), TOKENS.ops);
  const prometheus = await startPrometheus(folder, () => `
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: faultline, authorization: { credentials_file: ${join(folder, 'token')} }, static_configs: [{ targets: ["${new URL(product.url).host}"] }] }]
remote_write: [{ url: "${product.otlp}/api/v1/write", basic_auth: { username: prom, password: remote writer }, queue_config: { batch_send_deadline: 500ms } }]
`);
  try {
    await until('what it scraped is here', async () => {
      const answer = (await (await fetch(`${product.url}/api/v1/query?query=${encodeURIComponent('up{job="faultline"} == 1')}`, { headers: ops })).json()) as { data: { result: unknown[] } };
      return answer.data.result.length === 1;
    });
  } finally {
    await prometheus.stop();
  }
});
