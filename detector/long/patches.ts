import type { Walk } from './state.js';

/** Distance of the newest stretch of a series from every stretch remembered of its past: how new its shape is. */
export interface Patches {
  /** Distance to the nearest remembered stretch, root mean square in units of the values given. */
  push(value: number, normal: boolean): number;
  walk(walk: Walk): void;
}

export interface PatchOptions {
  /** Numbers per stretch, a multiple of 4. */
  readonly length: number;
  /** Stretches remembered. */
  readonly size: number;
  /** One of so many points begins a stretch that is remembered. */
  readonly every: number;
}

/** Stretches remembered before anything is called new. */
const LEAST_FILLED = 8;

export function createPatches({ length, size, every }: PatchOptions): Patches {
  const memory = new Float32Array(size * length);
  const newest = new Float32Array(length);
  let filled = 0;
  let next = 0;
  let count = 0;
  let nearest = 0;
  /** Stretches wait until they can no longer overlap the newest one. */
  const waiting: Float32Array[] = [];

  function distance(row: number, least: number): number {
    const base = row * length;
    let sum = 0;
    for (let index = 0; index < length; index += 4) {
      const a = (newest[index] as number) - (memory[base + index] as number);
      const b = (newest[index + 1] as number) - (memory[base + index + 1] as number);
      const c = (newest[index + 2] as number) - (memory[base + index + 2] as number);
      const d = (newest[index + 3] as number) - (memory[base + index + 3] as number);
      sum += a * a + b * b + c * c + d * d;
      if (sum >= least) return sum;
    }
    return sum;
  }

  return {
    push(value, normal) {
      newest.copyWithin(0, 1);
      newest[length - 1] = value;
      count += 1;
      if (count < length) return 0;
      // The neighbour of the last stretch is likely near this one too, and ends most comparisons early.
      let least = filled === 0 ? 0 : distance(nearest, Infinity);
      for (let row = 0; row < filled; row += 1) {
        const found = distance(row, least);
        if (found < least) {
          least = found;
          nearest = row;
        }
      }
      if (count % every === 0 && normal) waiting.push(newest.slice());
      if (waiting.length * every > 2 * length) {
        const patch = waiting.shift();
        if (patch) memory.set(patch, next * length);
        next = (next + 1) % size;
        if (filled < size) filled += 1;
      }
      return filled < LEAST_FILLED ? 0 : Math.sqrt(least / length);
    },
    walk(walk) {
      filled = walk.number(filled);
      next = walk.number(next);
      count = walk.number(count);
      nearest = walk.number(nearest);
      walk.column(memory);
      walk.column(newest);
      // As many as may wait: what is not there is NaN.
      const most = Math.floor((2 * length) / every) + 1;
      for (let index = 0; index < most; index += 1) {
        const patch = waiting[index] ?? new Float32Array(length).fill(Number.NaN);
        walk.column(patch);
        if (!Number.isNaN(patch[0])) waiting[index] = patch;
      }
    },
  };
}
