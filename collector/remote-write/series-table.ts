import { MapColumn } from '#store/native.js';
import type { Resource } from '../decode/resource.js';

const FIRST_CAPACITY = 4_096;

/** Series made from a native histogram: count, sum and, with custom bounds, buckets. */
export interface Parts {
  readonly rows: readonly number[];
  /** Bounds that they were made for. */
  readonly shape: string;
}

/** Of series whose labels cannot be read, and so not their target either. */
export const NO_TARGET: Resource = { attributes: new MapColumn(''), record: {}, service: '', named: true, sdk: '', schemaUrl: '', size: 0 };

/**
 * What is remembered of every series, in columns: a series is the number of its row. Its labels are not kept: a request that must describe it has them.
 * Series that are sent together are new together, so that the row behind one is most often the next; and a million rows are nothing that garbage collection walks.
 */
export class SeriesTable {
  /** Halves of the id in `metric_series`. */
  low = new Uint32Array(FIRST_CAPACITY);
  high = new Uint32Array(FIRST_CAPACITY);
  /** Halves of the hash of its labels as they were sent last; 0 when nobody should go by it. */
  hashLow = new Uint32Array(FIRST_CAPACITY);
  hashHigh = new Uint32Array(FIRST_CAPACITY);
  seenAt = new Float64Array(FIRST_CAPACITY);
  /** When and with what it was last described: see `describe`. */
  writtenAt = new Float64Array(FIRST_CAPACITY);
  generation = new Uint32Array(FIRST_CAPACITY);
  metadataKey = new Float64Array(FIRST_CAPACITY);
  isNative = new Uint8Array(FIRST_CAPACITY);
  /** Whether it was described as what only grows. */
  counts = new Uint8Array(FIRST_CAPACITY);
  /** When it began to count, as far as was said. */
  startMs = new Float64Array(FIRST_CAPACITY);
  exemplarMs = new Float64Array(FIRST_CAPACITY);
  exemplarValue = new Float64Array(FIRST_CAPACITY);
  readonly parts = new Map<number, Parts>();
  /** What the owner of a new series should mend, until it is told. */
  readonly warnings = new Map<number, string>();
  readonly #resources: Resource[] = [];
  readonly #free: number[] = [];
  #rows = 0;

  /** A row for a series that is new. */
  add(low: number, high: number, resource: Resource): number {
    const row = this.#free.pop() ?? this.#rows++;
    if (row === this.low.length) this.#grow();
    this.low[row] = low;
    this.high[row] = high;
    this.hashLow[row] = 0;
    this.hashHigh[row] = 0;
    this.generation[row] = 0;
    this.metadataKey[row] = 0;
    this.isNative[row] = 0;
    this.counts[row] = 0;
    this.#resources[row] = resource;
    this.forget(row);
    return row;
  }

  /** Gives the row to the next series that is new. */
  release(row: number): void {
    this.hashLow[row] = 0;
    this.hashHigh[row] = 0;
    this.warnings.delete(row);
    this.#free.push(row);
  }

  resource(row: number): Resource {
    return this.#resources[row] ?? NO_TARGET;
  }

  /** Nothing of it is known to be stored. */
  forget(row: number): void {
    this.writtenAt[row] = 0;
    this.startMs[row] = 0;
    this.exemplarMs[row] = 0;
  }

  #grow(): void {
    const capacity = 2 * this.low.length;
    const flags = (column: Uint8Array): Uint8Array<ArrayBuffer> => { const larger = new Uint8Array(capacity); larger.set(column); return larger; };
    const words = (column: Uint32Array): Uint32Array<ArrayBuffer> => { const larger = new Uint32Array(capacity); larger.set(column); return larger; };
    const doubles = (column: Float64Array): Float64Array<ArrayBuffer> => { const larger = new Float64Array(capacity); larger.set(column); return larger; };
    this.low = words(this.low);
    this.high = words(this.high);
    this.hashLow = words(this.hashLow);
    this.hashHigh = words(this.hashHigh);
    this.generation = words(this.generation);
    this.seenAt = doubles(this.seenAt);
    this.writtenAt = doubles(this.writtenAt);
    this.metadataKey = doubles(this.metadataKey);
    this.startMs = doubles(this.startMs);
    this.exemplarMs = doubles(this.exemplarMs);
    this.exemplarValue = doubles(this.exemplarValue);
    this.isNative = flags(this.isNative);
    this.counts = flags(this.counts);
  }
}
