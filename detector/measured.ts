import type { Series } from '#core/types.js';

/** Everything measured in the slots of a range, as columns: the readings of series `i` are `values[i * slots]` and on, NaN where there are none. */
export interface Measured {
  readonly slots: number;
  /** Each series once. */
  readonly series: readonly Series[];
  readonly values: Float64Array;
  /** What each value rests on: requests, observations of a mean, or 0 for a plain value. Empty where nobody asks. */
  readonly counts: Float64Array;
  /** Slots in which requests were seen at all: a silent series means something only there. */
  readonly alive: Uint8Array;
  /** Metric points by service, one count per slot. */
  readonly arrivals: ReadonlyMap<string, Float64Array>;
  /** Ids of series that nobody saw although they are not new: of log messages that had other patterns before. */
  readonly renewed: ReadonlySet<string>;
}

const GROWTH = 1.25;

/** Measurements as they are read. */
export class Readings implements Measured {
  readonly slots: number;
  readonly series: Series[] = [];
  values: Float64Array;
  counts: Float64Array;
  readonly alive: Uint8Array;
  readonly arrivals = new Map<string, Float64Array>();
  readonly renewed = new Set<string>();
  readonly #rows = new Map<string, number>();

  constructor(slots = 1, expected = 64, counted = true) {
    this.slots = slots;
    this.alive = new Uint8Array(slots);
    const length = slots * Math.max(1, expected);
    this.values = new Float64Array(length).fill(Number.NaN);
    this.counts = new Float64Array(counted ? length : 0);
  }

  /** Another series, which was not there before; its row. */
  add(series: Series): number {
    const row = this.series.push(series) - 1;
    if (this.series.length * this.slots <= this.values.length) return row;
    const { values, counts, slots } = this;
    // Where many are expected a few are more; twice as many would be the largest thing in memory.
    const rows = Math.ceil(this.series.length * GROWTH);
    this.values = new Float64Array(rows * slots).fill(Number.NaN);
    this.values.set(values);
    this.counts = new Float64Array(counts.length > 0 ? rows * slots : 0);
    this.counts.set(counts);
    return row;
  }

  put(series: Series, slot: number, value: number, count: number): void {
    let row = this.#rows.get(series.id);
    if (row === undefined) {
      row = this.add(series);
      this.#rows.set(series.id, row);
    }
    this.set(row, slot, value, count);
  }

  set(row: number, slot: number, value: number, count: number): void {
    this.values[row * this.slots + slot] = value;
    if (this.counts.length > 0) this.counts[row * this.slots + slot] = count;
  }

  arrive(service: string, slot: number, points: number): void {
    let slots = this.arrivals.get(service);
    if (!slots) {
      slots = new Float64Array(this.slots);
      this.arrivals.set(service, slots);
    }
    slots[slot] = (slots[slot] ?? 0) + points;
  }
}
