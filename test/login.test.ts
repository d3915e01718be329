import { scryptSync } from 'node:crypto';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import axe from 'axe-core';
import type * as Axe from 'axe-core';
import { chromium as playwright, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataFolder, startProduct, type Product } from './product.js';

/** Signing in, in a real browser over the real product. */
let product: Product;
let browser: Browser;

/** Quick to check, as a test wants it. */
const hashOf = (password: string): string => `$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$${scryptSync(password, Buffer.from('c2FsdHNhbHQ', 'base64'), 32, { N: 2 ** 14, r: 8, p: 1 }).toString('base64').replaceAll('=', '')}`;

beforeAll(async () => {
  const folder = dataFolder();
  const config = join(folder, 'faultline.json');
  writeFileSync(config, JSON.stringify({ server: { auth: { users: [{ name: 'ada', role: 'admin', password_hash: hashOf('correct horse') }, { name: 'vic', role: 'viewer', password_hash: hashOf('battery staple') }] } } }));
  product = await startProduct({ FAULTLINE_DATA_DIR: folder, FAULTLINE_CONFIG: config });
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: ['--no-sandbox', '--disable-gpu'], headless: true });
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
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

  // Its session ends while the page is open.
  await context.clearCookies();
  await page.getByRole('link', { name: 'Services' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.getByLabel('Name').fill('ada');
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
