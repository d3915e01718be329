import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** As a process that has just begun has it. */
async function afterRestart(): Promise<typeof import('./documents.js')> {
  vi.resetModules();
  return import('./documents.js');
}

it('forgets for good what was removed, also if it was written while the clock was ahead', async () => {
  const now = Date.UTC(2026, 0, 5);
  await (await afterRestart()).saveDocument(store, 'mutes', { id: 'one' }, now + 3_600_000);
  const later = await afterRestart();
  expect(await later.loadDocuments(store, 'mutes')).toEqual([{ id: 'one' }]);
  await later.saveDocument(store, 'mutes', { id: 'one' }, now, true);
  expect(await (await afterRestart()).loadDocuments(store, 'mutes')).toEqual([]);
});
