import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRandom } from '../random.js';
import { FAULTS, type Plan } from './catalogue.js';
import { createFaultRegistry } from './registry.js';
import { FIRST_FAULT_MS, startSchedule } from './schedule.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('plants an error burst after two and a half minutes, then every kind once, with minutes of quiet between', async () => {
  const applied: Plan[] = [];
  const recovered: Plan[] = [];
  const said: string[] = [];
  const registry = createFaultRegistry({ apply: async (plan) => void applied.push(plan), recover: async (plan) => void recovered.push(plan) }, (line) => said.push(line));
  const schedule = startSchedule(registry, createRandom(1));
  await vi.advanceTimersByTimeAsync(FIRST_FAULT_MS - 10_000);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(said).toEqual([expect.stringMatching(/^error-burst in \w+ for 75 s\.$/)]);
  await vi.advanceTimersByTimeAsync(8 * 60_000);
  expect(said).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(7 * 10 * 60_000);
  const kinds = said.filter((line) => line.includes(' for ')).map((line) => line.split(' ')[0]);
  expect(new Set(kinds.slice(1, 8))).toEqual(new Set(FAULTS.map(({ name }) => name)));
  expect(recovered).toEqual(applied.slice(0, recovered.length));
  schedule.stop();
});

it('leaves the shop alone while somebody plants faults by hand', async () => {
  const said: string[] = [];
  const registry = createFaultRegistry({ apply: async () => undefined, recover: async () => undefined }, (line) => said.push(line));
  const schedule = startSchedule(registry, createRandom(1));
  await registry.plant('memory-leak', { seconds: 600 });
  await vi.advanceTimersByTimeAsync(590_000);
  expect(said).toEqual(['memory-leak in recommendation for 600 s.']);
  schedule.stop();
});
