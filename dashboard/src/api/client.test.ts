import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { serverNow } from '../time/server-now.js';
import { read, send } from './client.js';
import { fromPath, inPath } from './service-path.js';

/** Faultline takes what is asked, and does not answer, or begins to and goes no further. */
let hangs: 'at once' | 'half way' = 'at once';
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_path: string, { signal }: { readonly signal: AbortSignal }) => {
    const never = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return hangs === 'at once' ? never : Promise.resolve({ ok: true, status: 200, headers: new Headers(), text: () => never });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each(['at once', 'half way'] as const)('says what to do once an answer hangs %s for too long', async (where) => {
  hangs = where;
  const failed = expect(read('/api/status', {}, new AbortController().signal)).rejects.toMatchObject({ name: 'ApiFailure', code: 'TIMEOUT' });
  await vi.advanceTimersByTimeAsync(40_000);
  await failed;
});

it('waits longer for what may replay hours of telemetry', async () => {
  const late = vi.fn();
  void send('/api/backtest', {}).catch(late);
  await vi.advanceTimersByTimeAsync(299_000);
  expect(late).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(late).toHaveBeenCalled();
});

it('leaves an abort an abort', async () => {
  const asked = new AbortController();
  const failed = expect(read('/api/status', {}, asked.signal)).rejects.toMatchObject({ name: 'AbortError' });
  asked.abort();
  await failed;
});

it('goes by the clock of the server, which is seconds away, but not by an answer that was long under way', async () => {
  const answered = async (aheadMs: number, tookMs = 0): Promise<number> => {
    const headers = new Headers({ date: new Date(Date.now() + tookMs + aheadMs).toUTCString() });
    vi.stubGlobal('fetch', () => new Promise((resolve) => setTimeout(resolve, tookMs, { ok: true, status: 200, headers, text: () => Promise.resolve('{}') })));
    const asked = read('/api/status', {}, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(tookMs);
    await asked;
    return Math.round((serverNow() - Date.now()) / 1_000);
  };
  expect(await answered(2_000)).toBe(0);
  expect(Math.abs((await answered(-600_000)) + 600)).toBeLessThanOrEqual(1);
  const kept = await answered(-601_000);
  expect(await answered(0, 30_000)).toBe(kept);
  expect(await answered(600_000, 1_000)).toBeGreaterThan(595);
  expect(Math.abs(await answered(0))).toBeLessThanOrEqual(1);
});

it.each(['.', '..', '~.', '~~..', '~', '...', 'a.b', '~cart'])('a service called %s has a path of its own, which names it', (service) => {
  const segment = inPath(service);
  expect([new URL(`/services/${encodeURIComponent(segment)}`, 'http://faultline.test').pathname, fromPath(segment)]).toEqual([`/services/${segment}`, service]);
});
