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
}

/** Forgets all beyond `limit` encodings. `prefix` names the resource and the metric. */
export function createEncodings(limit: number): Encodings {
  const byMetric = new Map<string, Map<number, Known>>();
  let size = 0;
  /** Points come metric by metric. */
  let lastPrefix = '';
  let last: Map<number, Known> | undefined;

  function of(prefix: string): Map<number, Known> {
    if (last && prefix === lastPrefix) return last;
    lastPrefix = prefix;
    last = byMetric.get(prefix);
    if (!last) byMetric.set(prefix, (last = new Map()));
    return last;
  }

  return {
    find(prefix, { hash: { low, high } }, shape, now) {
      const known = of(prefix).get(low);
      if (known?.high !== high || known.family.forgotten || known.family.shape !== shape) return undefined;
      known.family.seenAt = now;
      return known.family;
    },
    keep(prefix, { hash: { low, high } }, family) {
      const known = of(prefix).get(low);
      if (known?.family === family && known.high === high) return;
      if (size >= limit) {
        byMetric.clear();
        last = undefined;
        size = 0;
      }
      of(prefix).set(low, { high, family });
      size += known ? 0 : 1;
    },
  };
}
