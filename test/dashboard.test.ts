import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type * as Axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from './browser.js';
import { dataFolder, startProduct, until, type Product } from './product.js';
import { send, shopTelemetry } from './telemetry.js';

/** The dashboard in a real browser over the real product. */
let product: Product;
let browser: Browser;
let traceId = '';

beforeAll(async () => {
  const folder = dataFolder();
  const routing = join(folder, 'alertmanager.yml');
  writeFileSync(routing, 'route: { receiver: ops, group_by: [job], routes: [{ matchers: [severity=page], receiver: pager }] }\nreceivers: [{ name: ops }, { name: pager }]\n');
  product = await startProduct({ FAULTLINE_DATA_DIR: folder, FAULTLINE_ALERTS_ALERTMANAGER_CONFIG: routing });
  const now = Date.now();
  const { traces, logs, traceIds } = shopTelemetry({ from: now - 120_000, to: now - 2_000, requests: 300, fails: (request) => request % 30 === 0 });
  await send(product.otlp, 'traces', traces);
  await send(product.otlp, 'logs', logs);
  await send(product.otlp, 'metrics', { resourceMetrics: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] }, scopeMetrics: [{ metrics: [{ name: 'queue.depth', gauge: { dataPoints: [{ timeUnixNano: `${now - 60_000}000000`, asDouble: 3 }] } }] }] }] });
  traceId = traceIds[0] ?? '';
  const alert = (labels: object): object => ({ labels, annotations: { summary: 'in a test' } });
  await post('/api/v2/alerts', [alert({ alertname: 'DiskFills', severity: 'page', job: 'db' }), alert({ alertname: 'Slow', job: 'web' })]);
  await post('/api/v2/silences', { matchers: [{ name: 'alertname', value: 'Slow', isRegex: false }], startsAt: new Date(now).toISOString(), endsAt: new Date(now + 3_600_000).toISOString(), createdBy: 'ada', comment: 'known to be slow' });
  await until('the spans are stored', async () => (await fetch(`${product.url}/api/traces/${traceId}`)).status === 200);
  browser = await startBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const post = (path: string, body: unknown): Promise<Response> => fetch(`${product.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** What keeps people from reading the page, by axe. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: typeof Axe };
    const found = await checker.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`).slice(0, 3).join(' | ')}`);
  });
}

const VIEWS = [
  ['/', 'worst first'], ['/incidents', 'Incidents'], ['/incidents/mutes', 'Nothing is muted'], ['/services', 'checkout'], ['/services/payment', 'POST /payment'], ['/traces', 'frontend'], ['/traces/TRACE', 'POST /checkout'], ['/logs', 'card declined by acme'], ['/logs?show=patterns', 'card declined by'], ['/metrics', 'Metrics'], ['/metrics?name=queue.depth', 'Backtest'], ['/metrics/query', 'Requests per second of each service'], ['/metrics/query?query=sum(queue_depth)&from=now-1h', 'Least'], ['/metrics/query?query=time()%20%25%203600&judge=yes&from=now-6h', 'learned from 1,000 before'], ['/alerts', 'known to be slow'], ['/alerts?q=Slow', 'Nobody is told'], ['/alerts?labels=severity%3D%22page%22', 'all alerts of this route'], ['/slos', 'No objective is set'], ['/scaling', 'No policy measured a load in the last 15 minutes'], ['/models', 'forecaster'], ['/status', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
] as const;

it.each([['dark', VIEWS], ['light', VIEWS]] as const)('shows every page in %s without an error, readable for everyone', async (colorScheme, views) => {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${page.url()}: ${message.text()}`);
  });
  for (const [path, text] of views) {
    expect([path, (await page.goto(`${product.url}${path.replace('TRACE', traceId)}`))?.status()]).toEqual([path, 200]);
    await page.locator('main').getByText(text, { exact: false }).first().waitFor({ timeout: 30_000 });
    for (const barrier of await barriers(page)) faults.push(`${path}: ${barrier}`);
  }
  expect(faults).toEqual([]);
  await context.close();
});

it('is worked by keyboard: go to services, open one, come back', async () => {
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(product.url);
  await page.locator('main').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/\/services/);
  await page.getByRole('table', { name: 'Services' }).getByText('checkout').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/services\/\w+/);
  await page.goBack();
  await page.waitForURL(/\/services(\?|$)/);
  // The page is where the next Tab goes on, not the link that led to it.
  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  await page.waitForURL(/\/logs/);
  await page.waitForFunction("document.activeElement?.id === 'page'");
  await page.close();
});

it('walks alerts by key, and goes on within one', async () => {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/alerts?q=DiskFills`);
  await page.getByRole('button', { name: 'Silence DiskFills' }).waitFor();
  await page.keyboard.press('j');
  expect(await page.locator(':focus').textContent()).toContain('DiskFills');
  await page.keyboard.press('Tab');
  expect(await page.locator('[data-row] :focus').evaluate((one) => one.closest('[data-row]')?.textContent)).toContain('DiskFills');
  await page.close();
});

it('finds services as they are named: by the palette, by the choice of a service and in the list of sources', async () => {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/logs`);
  await page.getByText('card declined by acme').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('[data-action]').getByText('payment').waitFor();
  await page.getByPlaceholder('Service, incident, page or trace id').fill('paym');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/services\/payment/);
  await page.goto(`${product.url}/logs`);
  const service = page.getByRole('combobox', { name: 'Service' });
  await service.fill('paym');
  await page.getByRole('option', { name: 'payment' }).click();
  await page.waitForURL(/service=payment/);
  await page.goto(`${product.url}/status?q=checkout`);
  await page.getByRole('table', { name: 'Sources' }).getByRole('link', { name: 'checkout' }).waitFor();
  expect(await page.getByRole('table', { name: 'Sources' }).getByRole('row').count()).toBe(2);
  await page.close();
});

it('silences an alert, shows who did, and ends the silence', async () => {
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(`${product.url}/alerts?q=DiskFills`);
  await page.getByRole('button', { name: 'Silence DiskFills' }).click();
  const form = page.getByRole('dialog');
  await form.getByText('1 alert that fires now would be silenced.').waitFor();
  expect(await barriers(page)).toEqual([]);
  await form.getByLabel('Why').fill('cleaning up');
  await form.getByLabel('Your name').fill('grace');
  await form.getByRole('button', { name: 'Silence', exact: true }).click();
  await page.getByText(/grace, until .*: cleaning up/).waitFor();
  expect(await (await fetch(`${product.url}/api/v2/alerts?silenced=false&filter=alertname%3DDiskFills`)).json()).toEqual([]);
  await page.getByRole('button', { name: 'End the silence: cleaning up' }).click();
  await page.getByRole('button', { name: 'Silence DiskFills' }).waitFor();
  expect(await (await fetch(`${product.url}/api/v2/alerts?silenced=false&filter=alertname%3DDiskFills`)).json()).toHaveLength(1);
  await page.close();
});

it('takes a verdict by one key, shows what a mute would change, and takes the verdict back', async () => {
  const alert = { status: 'firing', labels: { alertname: 'QueueFull', service: 'batch', severity: 'critical' }, annotations: {}, startsAt: new Date(Date.now() - 60_000).toISOString(), endsAt: '0001-01-01T00:00:00Z' };
  await fetch(`${product.url}/api/v1/hooks/alertmanager`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ version: '4', status: 'firing', receiver: 'faultline', groupKey: '{}', alerts: [alert] }) });
  const find = async (): Promise<{ id: string; services: string[]; verdict?: { kind: string; by: string } | null } | undefined> =>
    ((await (await fetch(`${product.url}/api/incidents`)).json()) as { incidents: { id: string; services: string[] }[] }).incidents.find(({ services }) => services.includes('batch'));
  await until('the alert is an incident', async () => (await find()) !== undefined);
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/incidents/${(await find())?.id ?? ''}`);
  await page.getByText('Was this right?').waitFor();
  await page.getByRole('group', { name: 'When each service was in trouble' }).getByText('first').waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.keyboard.press('2');
  await page.getByLabel('Your name').first().fill('ada');
  await page.keyboard.press('Enter');
  await page.getByText('none of them confirmed real').waitFor();
  expect((await find())?.verdict).toMatchObject({ kind: 'noise', by: 'ada' });
  await page.getByRole('button', { name: 'Mute for 90 days' }).click();
  await page.getByText('applied for 90 days').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.type('looked at the queue');
  await page.keyboard.press('Control+Enter');
  await page.getByText('ada: looked at the queue').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('a');
  await page.getByText('Acknowledged by ada').first().waitFor();
  await page.keyboard.press('0');
  await until('the verdict is taken back', async () => (await find())?.verdict === null);
  await page.goto(`${product.url}/incidents/mutes`);
  await page.getByText('batch: QueueFull, up').waitFor();
  await page.close();
});

it('asks who was to blame, shows what it would change to learn it, learns and forgets it', async () => {
  const alert = { status: 'firing', labels: { alertname: 'CardsDeclined', service: 'payment', severity: 'critical' }, annotations: {}, startsAt: new Date(Date.now() - 60_000).toISOString(), endsAt: '0001-01-01T00:00:00Z' };
  await post('/api/v1/hooks/alertmanager', { version: '4', status: 'firing', receiver: 'faultline', groupKey: '{}', alerts: [alert] });
  const find = async (): Promise<{ id: string; services: string[] } | undefined> =>
    ((await (await fetch(`${product.url}/api/incidents`)).json()) as { incidents: { id: string; services: string[] }[] }).incidents.find(({ services }) => services.includes('payment'));
  await until('the alert is an incident', async () => (await find()) !== undefined);
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/incidents/${(await find())?.id ?? ''}`);
  await page.getByText('Was this right?').waitFor();
  await page.keyboard.press('4');
  await page.getByLabel('Your name').first().fill('ada');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'What was to blame?' }).fill('frontend');
  await page.keyboard.press('Enter');
  await page.getByText('in one just like it, it would rank first').waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Rank frontend higher from now on' }).click();
  await page.getByText('It weighed in 0 incidents so far').waitFor();
  await page.goto(`${product.url}/incidents/mutes`);
  await page.getByText('where this shows: payment alert CardsDeclined').waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Forget frontend' }).click();
  await page.getByText('No cause was learned').waitFor();
  await page.close();
});

it('answers and judges what a metric shows, and any other query', async () => {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/metrics?name=queue.depth&from=now-1h`);
  await page.getByRole('link', { name: 'Backtest' }).click();
  await page.getByText('nothing known before the range').waitFor();
  const query = page.getByRole('textbox', { name: 'PromQL' });
  expect(await query.textContent()).toBe('queue_depth');
  await query.fill('queue_depth +');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText('parse error').first().waitFor();
  await query.fill('time() % 60');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText('learned from 1,000 before').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('learned from').waitFor({ state: 'detached' });
  await query.fill('sum by (job) (queue_de');
  await page.getByRole('option', { name: 'queue_depth' }).click();
  await query.pressSequentially(')');
  await query.press('Enter');
  await page.getByRole('button', { name: '{job="checkout"}' }).waitFor();
  await page.close();
});

it('takes few keys to any part of an incident: past the rail, by its name, many charts as one stop', async () => {
  const services = ['frontend', 'checkout', 'payment'];
  const alert = (service: string): object => ({ status: 'firing', labels: { alertname: 'TooSlow', service, severity: 'critical' }, annotations: {}, startsAt: new Date(Date.now() - 30_000).toISOString(), endsAt: '0001-01-01T00:00:00Z' });
  await post('/api/v1/hooks/alertmanager', { version: '4', status: 'firing', receiver: 'faultline', groupKey: '{}', alerts: services.map(alert) });
  const find = async (): Promise<{ id: string; evidence: { series: { service: string } }[] } | undefined> =>
    ((await (await fetch(`${product.url}/api/incidents`)).json()) as { incidents: { id: string; evidence: { series: { service: string } }[] }[] }).incidents.find(({ evidence }) => services.every((service) => evidence.some(({ series }) => series.service === service)));
  await until('the alerts are one incident', async () => (await find()) !== undefined);
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  await page.goto(`${product.url}/incidents/${(await find())?.id ?? ''}`);
  await page.getByText('Was this right?').waitFor();
  const focused = page.locator(':focus');
  await page.keyboard.press('Tab');
  expect(await focused.textContent()).toBe('Skip to the page');
  await page.keyboard.press('Enter');
  const names: string[] = [];
  while (names.at(-1) !== 'Notes' && names.length < 20) {
    await page.keyboard.press('Tab');
    names.push((await focused.textContent()) ?? '');
  }
  // The map's comes with its code, which may take a moment.
  await expect.poll(() => page.locator('main h2').count()).toBe(names.length);
  await page.getByRole('link', { name: 'Evidence', exact: true }).focus();
  await page.keyboard.press('Enter');
  expect(await focused.getAttribute('id')).toBe('evidence');
  const within = page.locator('#evidence :focus');
  const stops = new Set<string | null>();
  for (await page.keyboard.press('Tab'); (await within.count()) > 0 && stops.size < 20; await page.keyboard.press('Tab')) stops.add(await within.getAttribute('data-stop'));
  expect([...stops]).toEqual([null, '0']);
  const chart = (index: number): Promise<boolean> => page.locator('#evidence [role=img]').nth(index).and(focused).isVisible();
  await page.locator('#evidence [role=img]').first().focus();
  await page.keyboard.press('ArrowDown');
  expect(await chart(1)).toBe(true);
  await page.keyboard.press('ArrowRight');
  expect(await chart(1)).toBe(true);
  await page.keyboard.press('End');
  expect(await chart(await page.locator('#evidence [role=img]').count() - 1)).toBe(true);
  await page.keyboard.press('Shift+Tab');
  expect(await within.count()).toBe(1);
  expect(await barriers(page)).toEqual([]);
  await page.close();
});
