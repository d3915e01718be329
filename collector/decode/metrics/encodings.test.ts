import { expect, it } from 'vitest';
import type { Family } from '../series.js';
import { createEncodings } from './encodings.js';
import { NumberPoint } from './number-point.js';

const family = (): Family => ({ children: [], retired: new Map(), shape: '', writtenAt: 0, seenAt: 0, lastNs: 0, startMs: 0, forgotten: false });
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
