import type { UnixMs } from '#core/types.js';
import type { Family } from '../series.js';
import type { Point } from './point.js';

interface Known {
  readonly high: number;
  readonly family: Family;
}

/** Families by the bytes of their attributes: the same sender writes the same series in the same bytes, so that a known one is found without decoding it. Another encoding of it takes the slow way once and is kept too. */
export interface Encodings {
  find(prefix: string, point: Point, shape: string, now: UnixMs): Family | undefined;
  keep(prefix: string, point: Point, family: Family): void;
  /** Lets go of families that were forgotten. */
  sweep(): void;
}

/** Forgets all beyond `limit` encodings. `prefix` names the resource and the metric. */
export function createEncodings(limit: number): Encodings {
  const byMetric = new Map<string, Map<number, Known>>();
  let size = 0;
  /** Points come metric by metric. */
  let lastPrefix = '';
  let last: Map<number, Known> | undefined;

  function of(prefix: string): Map<number, Known> | undefined {
    if (last && prefix === lastPrefix) return last;
    lastPrefix = prefix;
    last = byMetric.get(prefix);
    return last;
  }

  function clear(): void {
    byMetric.clear();
    last = undefined;
    size = 0;
  }

  return {
    find(prefix, { hash: { low, high } }, shape, now) {
      const known = of(prefix)?.get(low);
      if (known?.high !== high || known.family.forgotten || known.family.shape !== shape) return undefined;
      known.family.seenAt = now;
      return known.family;
    },
    keep(prefix, { hash: { low, high } }, family) {
      const before = of(prefix)?.get(low);
      if (before?.family === family && before.high === high) return;
      if (!before) {
        if (size >= limit) clear();
        size += 1;
      }
      if (!last) byMetric.set(prefix, (last = new Map()));
      last.set(low, { high, family });
    },
    sweep() {
      for (const [prefix, encodings] of byMetric) {
        for (const [low, { family }] of encodings) {
          if (!family.forgotten) continue;
          encodings.delete(low);
          size -= 1;
        }
        if (encodings.size === 0) byMetric.delete(prefix);
      }
      last = undefined;
    },
  };
}
