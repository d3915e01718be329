import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open.js';
import type { Store } from './store.js';

/** A fresh embedded store in a temporary folder that `close` removes. One per process: chdb holds one path. */
export async function openTestStore(): Promise<Store & { readonly dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-'));
  const store = await openStore({ dataDir });
  return {
    ...store,
    dataDir,
    async close() {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
