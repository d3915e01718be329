import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One temporary folder for a whole run, removed at its end: what tests leave behind goes with it. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-tests-'));
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
