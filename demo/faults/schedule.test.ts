import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRandom } from '../random.js';
import { FAULTS, type Plan } from './catalogue.js';
import { createFaultRegistry } from './registry.js';
import { FIRST_FAULT_MS, startSchedule } from './schedule.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('plants an error burst after two and a half minutes, then every kind once, with minutes of quiet between', async () => {
  const states: (readonly Plan[])[] = [];
  const said: string[] = [];
  const registry = createFaultRegistry(async (plans) => void states.push(plans), (line) => said.push(line));
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
  expect(states.map(({ length }) => length)).toEqual(states.map((_, turn) => (turn + 1) % 2));
  schedule.stop();
});

it('leaves the shop alone while somebody plants faults by hand', async () => {
  const said: string[] = [];
  const registry = createFaultRegistry(async () => undefined, (line) => said.push(line));
  const schedule = startSchedule(registry, createRandom(1));
  await registry.plant('memory-leak', { seconds: 600 });
  await vi.advanceTimersByTimeAsync(590_000);
  expect(said).toEqual(['memory-leak in recommendation for 600 s.']);
  schedule.stop();
});

it('plants one fault beside another, and ends each in its time', async () => {
  const states: (readonly Plan[])[] = [];
  const registry = createFaultRegistry(async (plans) => void states.push(plans), () => undefined);
  await registry.plant('error-burst', { seconds: 60, service: 'search' });
  await registry.plant('memory-leak', { seconds: 90, service: 'cart', beside: true });
  await expect(registry.plant('cpu-saturation', { seconds: 60, service: 'cart', beside: true })).rejects.toThrow('cart has a fault already');
  expect(registry.active()).toMatchObject([{ service: 'search' }, { service: 'cart' }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(registry.active()).toMatchObject([{ service: 'cart' }]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(registry.active()).toEqual([]);
  expect(states.map(({ length }) => length)).toEqual([1, 2, 1, 0]);
});
