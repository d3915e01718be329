import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Mute } from '#core/feedback.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** As a process that has just begun has it. */
async function afterRestart(): Promise<typeof import('./by-people.js')> {
  vi.resetModules();
  return import('./by-people.js');
}

it('forgets for good what was removed, also if it was written while the clock was ahead', async () => {
  const now = Date.UTC(2026, 0, 5);
  const mute = { id: 'one' } as Mute;
  await (await afterRestart()).saveWritten(store, 'mutes', mute, now + 3_600_000);
  const later = await afterRestart();
  expect(await later.loadWritten(store, 'mutes')).toEqual([mute]);
  await later.saveWritten(store, 'mutes', mute, now, true);
  expect(await (await afterRestart()).loadWritten(store, 'mutes')).toEqual([]);
});
