import { expect, it } from 'vitest';
import { giveBuffer, takeBuffer } from './kept-buffers.js';

const MIB = 1024 * 1024;

it('gives the memory that came back to the next that needs about as much', () => {
  const first = takeBuffer(3_000_000);
  const beside = takeBuffer(3_000_000);
  expect(beside.buffer).not.toBe(first.buffer);
  giveBuffer(first);
  const next = takeBuffer(2_900_000);
  expect(next.buffer).toBe(first.buffer);
  expect(next).toHaveLength(2_900_000);
  expect(takeBuffer(2_900_000).buffer).not.toBe(first.buffer);
});

it('keeps nothing twice, and nothing of others', () => {
  const [own, foreign] = [takeBuffer(5 * MIB), Buffer.allocUnsafeSlow(5 * MIB)];
  for (const buffer of [own, own, foreign, Buffer.from('small')]) giveBuffer(buffer);
  const next = [1, 2, 3].map(() => takeBuffer(5 * MIB).buffer);
  expect([next[0], new Set(next).size, next.includes(foreign.buffer)]).toEqual([own.buffer, 3, false]);
});

it('keeps 64 MiB, those used last', () => {
  const buffers = [8, 7, 6].map((size) => Array.from({ length: 6 }, () => takeBuffer(size * MIB)));
  for (const buffer of buffers.flat()) giveBuffer(buffer);
  const again = buffers.map(([one]) => Array.from({ length: 6 }, () => takeBuffer(one?.length ?? 0)).filter(({ buffer }) => buffers.flat().some((each) => each.buffer === buffer)).length);
  expect(again).toEqual([0, 4, 6]);
});
