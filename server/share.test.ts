import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createShare } from './share.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('works out once what several ask for, and again when it is old', async () => {
  const share = createShare(2_000);
  const work = vi.fn(async () => work.mock.calls.length);
  expect(await Promise.all([share('a', work), share('a', work), share('b', work)])).toEqual([1, 1, 2]);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(await share('a', work)).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await share('a', work)).toBe(3);
});

it('shares what takes longer than that with all who wait, and then begins anew', async () => {
  const share = createShare(2_000);
  const work = vi.fn(() => new Promise<number>((resolve) => setTimeout(resolve, 5_000, work.mock.calls.length)));
  const first = share('a', work);
  await vi.advanceTimersByTimeAsync(4_000);
  const second = share('a', work);
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  void share('a', work);
  expect(work).toHaveBeenCalledTimes(2);
});

it('does not keep a failure', async () => {
  const share = createShare(2_000);
  await expect(share('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await share('a', async () => 'back')).toBe('back');
});
