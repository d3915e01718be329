import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { read, send } from './client.js';

/** Faultline takes what is asked, and does not answer, or begins to and goes no further. */
let hangs: 'at once' | 'half way' = 'at once';
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_path: string, { signal }: { readonly signal: AbortSignal }) => {
    const never = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return hangs === 'at once' ? never : Promise.resolve({ ok: true, status: 200, text: () => never });
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
