import { expect, it, vi } from 'vitest';
import type { Family } from '../series.js';
import { createEncodings } from './encodings.js';
import { NumberPoint } from './number-point.js';

const family = (): Family => ({ children: [], retired: new Map(), shape: '', writtenAt: 0, seenAt: 0, lastNs: 0, startMs: 0, gaps: [], sender: { resource: '', scope: '' }, isShared: false, ownerAt: 0, forgotten: false });
const point = (low: number, high: number): NumberPoint => Object.assign(new NumberPoint(), { hash: { low, high } });

it('finds a series by the bytes that it came in before, and keeps it alive', () => {
  const encodings = createEncodings(10);
  const one = family();
  encodings.keep('cpu:', point(1, 2), one);
  expect(encodings.find('cpu:', point(1, 2), '', 77)).toBe(one);
  expect(one.seenAt).toBe(77);
  expect([encodings.find('cpu:', point(1, 3), '', 77), encodings.find('memory:', point(1, 2), '', 77), encodings.find('cpu:', point(1, 2), '0.5,1', 77)]).toEqual([undefined, undefined, undefined]);
  one.forgotten = true;
  expect(encodings.find('cpu:', point(1, 2), '', 77)).toBeUndefined();
});

it('forgets rather than grows', () => {
  const encodings = createEncodings(100);
  for (let hash = 0; hash < 1_000; hash += 1) encodings.keep('cpu:', point(hash, 0), family());
  const left = Array.from({ length: 1_000 }, (_, hash) => encodings.find('cpu:', point(hash, 0), '', 0)).filter(Boolean).length;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(100);
});

it('lets go of families that were forgotten', () => {
  const encodings = createEncodings(2);
  const [one, two, three] = [family(), family(), family()];
  encodings.keep('cpu:', point(1, 0), one);
  encodings.keep('memory:', point(1, 0), two);
  one.forgotten = true;
  encodings.sweep();
  // There is room for another without losing the one that lives.
  encodings.keep('disk:', point(1, 0), three);
  expect([encodings.find('memory:', point(1, 0), '', 0), encodings.find('disk:', point(1, 0), '', 0)]).toEqual([two, three]);
});

it('keeps nothing for a series that was looked for and not taken', () => {
  const encodings = createEncodings(10);
  const kept = vi.spyOn(Map.prototype, 'set');
  for (let metric = 0; metric < 100; metric += 1) encodings.find(`refused ${metric}:`, point(1, 0), '', 0);
  const calls = kept.mock.calls.length;
  kept.mockRestore();
  expect(calls).toBe(0);
});
