import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRepeat } from './repeat.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('does its work at every turn of the timer but while it is under way, also after a failure, until it is stopped', async () => {
  const failures: unknown[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    begun += 1;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    if (begun === 1) throw new Error('away');
  };
  const repeat = createRepeat(1000, work, (error) => failures.push(error));
  repeat.start();
  await vi.advanceTimersByTimeAsync(3400);
  expect([begun, failures]).toEqual([1, []]);
  await vi.advanceTimersByTimeAsync(700);
  expect([begun, failures]).toEqual([2, [new Error('away')]]);
  let stopped = false;
  const stop = repeat.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(2000);
  expect([begun, stopped]).toEqual([2, false]);
  await vi.advanceTimersByTimeAsync(5000);
  await stop;
  expect(begun).toBe(2);
});
