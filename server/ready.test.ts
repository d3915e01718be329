import { afterEach, expect, it, vi } from 'vitest';
import { answers } from './ready.js';

afterEach(() => void vi.useRealTimers());

it('says after five seconds that queries do not answer, though their turn has not come', async () => {
  vi.useFakeTimers();
  const said = answers({ query: () => new Promise<never>(() => undefined) });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await said).toBe(false);
  expect([await answers({ query: <T>() => Promise.resolve([{ one: 1 } as T]) }), await answers({ query: () => Promise.resolve([]) }), await answers({ query: () => Promise.reject(new Error('away')) }), vi.getTimerCount()]).toEqual([true, false, false, 0]);
});
