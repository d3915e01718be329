import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** A browser unpacked into a folder of its own: another test file that unpacks it at the same time would find it half written. */
export async function startBrowser(): Promise<Browser> {
  process.env['TMPDIR'] = mkdtempSync(join(tmpdir(), 'browser-'));
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ['--no-sandbox', '--disable-gpu'], headless: true });
}
