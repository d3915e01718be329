import { setImmediate } from 'node:timers/promises';
import { DAY_MS } from '#core/clock.js';
import type { Series, UnixMs } from '#core/types.js';
import { ruleOf } from '../band.js';
import type { Measured } from '../measured.js';
import type { Reader } from '../readers.js';
import { FORGET_MS } from '../rows.js';
import type { LongMemories } from './live.js';

/** What a memory needs before it speaks, and a day more. */
const PAST_MS = 9 * DAY_MS;
/** What is read at a time: so many series, and of few series longer stretches. */
const BATCH = 256;
const SLICE_VALUES = 100_000;
const MINUTE_MS = 60_000;
/** Other work has its turn after this long. */
const TURN_MS = 8;
const NONE = { value: 0, count: 0 };

/** Gives memories their past from the store, some of it at a time. */
export interface Past {
  /** Goes on for about `budgetMs`; live points follow from `now` on. After an error it begins again with the same series. */
  advance(budgetMs: number, now: UnixMs): Promise<void>;
}

/** Series that are given their past together, and how far they are. */
interface Batch {
  readonly series: readonly Series[];
  readonly reader: ReturnType<Reader['past']>;
  /** When each was last seen: a series without requests has none until it is forgotten. */
  readonly seenAt: Float64Array;
  readUntil: UnixMs;
  slice: Slice | undefined;
}

interface Slice {
  readonly from: UnixMs;
  readonly measured: Measured;
  /** Where in `measured` the series of the batch are; -1 for nowhere. */
  readonly rows: Int32Array;
  slot: number;
}

export function createPast(memories: LongMemories, reader: Reader, stepMs: number): Past {
  let batch: Batch | undefined;

  function begin(now: UnixMs): Batch | undefined {
    const [first, ...rest] = memories.waiting(BATCH);
    if (!first) return undefined;
    const together = [first, ...rest.filter(({ from }) => (from === 0) === (first.from === 0))];
    const series = together.map((one) => one.series);
    const from = Math.max(now - PAST_MS, Math.min(...together.map((one) => one.from)));
    return { series, reader: reader.past(series, stepMs), seenAt: new Float64Array(series.length), readUntil: Math.floor(from / MINUTE_MS) * MINUTE_MS, slice: undefined };
  }

  /** Feeds one minute of what was read. */
  function feed({ series, seenAt }: Batch, { from, measured, rows, slot }: Slice): void {
    const at = from + slot * MINUTE_MS;
    for (const [index, one] of series.entries()) {
      const place = (rows[index] ?? -1) * measured.slots + slot;
      const value = measured.values[place] ?? Number.NaN;
      if (!Number.isNaN(value)) {
        seenAt[index] = at;
        memories.recall(one, at, { value, count: measured.counts[place] ?? 0 });
      } else if (ruleOf(one).isCounted && measured.alive[slot] === 1 && at - (seenAt[index] ?? 0) < FORGET_MS) memories.recall(one, at, NONE);
    }
  }

  async function read({ series, reader: past, readUntil }: Batch, until: UnixMs): Promise<Slice> {
    const measured = await past.read(readUntil, until);
    const rowOf = new Map(measured.series.map(({ id }, row) => [id, row]));
    return { from: readUntil, measured, rows: Int32Array.from(series, ({ id }) => rowOf.get(id) ?? -1), slot: 0 };
  }

  return {
    async advance(budgetMs, now) {
      const began = performance.now();
      let turn = began;
      try {
        while (performance.now() - began < budgetMs) {
          batch ??= begin(now);
          if (!batch) return;
          if (!batch.slice) {
            const until = Math.min(batch.readUntil + Math.ceil(SLICE_VALUES / batch.series.length) * MINUTE_MS, Math.floor(now / MINUTE_MS) * MINUTE_MS);
            if (until <= batch.readUntil) {
              for (const one of batch.series) memories.recalled(one);
              batch = undefined;
              continue;
            }
            batch.slice = await read(batch, until);
          }
          const { slice } = batch;
          feed(batch, slice);
          slice.slot += 1;
          if (slice.slot >= slice.measured.slots) {
            batch.readUntil = slice.from + slice.measured.slots * MINUTE_MS;
            batch.slice = undefined;
          }
          if (performance.now() - turn < TURN_MS) continue;
          await setImmediate();
          turn = performance.now();
        }
      } catch (error) {
        batch = undefined;
        throw error;
      }
    },
  };
}
