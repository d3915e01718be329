import chromium from '@sparticuz/chromium';
import axe from 'axe-core';
import type * as Axe from 'axe-core';
import { chromium as playwright, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataFolder, startProduct, until, type Product } from './product.js';
import { send, shopTelemetry } from './telemetry.js';

/** The dashboard in a real browser over the real product. */
let product: Product;
let browser: Browser;
let traceId = '';

beforeAll(async () => {
  product = await startProduct({ FAULTLINE_DATA_DIR: dataFolder() });
  const now = Date.now();
  const { traces, logs, traceIds } = shopTelemetry({ from: now - 120_000, to: now - 2_000, requests: 300, fails: (request) => request % 30 === 0 });
  await send(product.otlp, 'traces', traces);
  await send(product.otlp, 'logs', logs);
  traceId = traceIds[0] ?? '';
  await until('the spans are stored', async () => (await fetch(`${product.url}/api/traces/${traceId}`)).status === 200);
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: ['--no-sandbox', '--disable-gpu'], headless: true });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const VIEWS = [
  ['/', 'No incident so far'], ['/incidents', 'Incidents'], ['/services', 'checkout'], ['/services/payment', 'POST /payment'], ['/traces', 'frontend'], ['/traces/TRACE', 'POST /checkout'], ['/logs', 'card declined by acme'], ['/logs?show=patterns', 'card declined by'], ['/metrics', 'Metrics'], ['/slos', 'No objective is set'], ['/models', 'No model runs in shadow'], ['/status', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
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
    await page.goto(`${product.url}${path.replace('TRACE', traceId)}`);
    await page.locator('main').getByText(text, { exact: false }).first().waitFor({ timeout: 30_000 });
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as { axe: typeof Axe };
      const found = await checker.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`).slice(0, 3).join(' | ')}`);
    });
    for (const violation of violations) faults.push(`${path}: ${violation}`);
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
  await page.locator('main').getByText('checkout').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/services\/\w+/);
  await page.goBack();
  await page.waitForURL(/\/services(\?|$)/);
  await page.close();
});
