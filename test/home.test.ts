import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from './product.js';

it('leaves nothing in the home folder of who runs it, where ONNX Runtime would keep what it tells its makers', async () => {
  const home = mkdtempSync(join(tmpdir(), 'faultline-home-'));
  const { output } = await runCommand(['doctor'], { HOME: home, XDG_CACHE_HOME: '', ORT_DISABLE_TELEMETRY: '', FAULTLINE_DATA_DIR: mkdtempSync(join(tmpdir(), 'faultline-home-data-')) });
  // It has run models.
  expect(output).toMatch(/provider cpu +in use/);
  expect(readdirSync(home)).toEqual([]);
});
