import type { UnixMs } from '#core/types.js';

/** What instances of a service count per second of their requests, by instance and slot; NaN where one does not tell. */
export type Told = ReadonlyMap<string, Float64Array>;

/** What one told stands until it tells again, for at most so many of its intervals. */
const INTERVALS = 1.5;
/** How many requests there are is known where this share of the instances tells that told at most in this time: of the others nobody knows what they serve. */
const TELLING = 0.75;
const TOLD_MS = 600_000;

interface Instance {
  rate: number;
  at: UnixMs;
  /** Between the last two times it told. */
  interval: number;
}

/** How many requests all instances of a service serve, though each tells in its own time, and some not any more. */
export interface ServedRate {
  /** Takes the slots in turn, the first of which begins at `from`. Returns the sum of each; NaN where nothing new was told, or so little that it says nothing of the whole. */
  take(told: Told, from: UnixMs, slots: number, stepMs: number): Float64Array;
  /** The newest sum. */
  level(): number;
}

export function createServedRate(): ServedRate {
  const instances = new Map<string, Instance>();
  let level = 0;
  let most = 0;
  let mostAt = Number.NEGATIVE_INFINITY;

  return {
    take(told, from, slots, stepMs) {
      const sums = new Float64Array(slots).fill(Number.NaN);
      for (let slot = 0; slot < slots; slot += 1) {
        const at = from + slot * stepMs;
        let isNew = false;
        for (const [name, rates] of told) {
          const rate = rates[slot] ?? Number.NaN;
          if (Number.isNaN(rate)) continue;
          isNew = true;
          const known = instances.get(name);
          if (!known) instances.set(name, { rate, at, interval: stepMs });
          else Object.assign(known, { rate, at, interval: Math.max(stepMs, at - known.at) });
        }
        let sum = 0;
        let telling = 0;
        for (const [name, { rate, at: toldAt, interval }] of instances) {
          if (at - toldAt > TOLD_MS) {
            instances.delete(name);
          } else if (at - toldAt <= INTERVALS * interval) {
            sum += rate;
            telling += 1;
          }
        }
        if (telling >= most || at - mostAt > TOLD_MS) [most, mostAt] = [telling, at];
        if (isNew && telling >= TELLING * most) level = sums[slot] = sum;
      }
      return sums;
    },
    level: () => level,
  };
}
