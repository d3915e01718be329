const FIRST_CAPACITY = 1024;
const MAX_LOAD = 0.6;
/** Words of a cell: two halves of the key, the value plus one, and nothing, so that a cell is never in two lines of the cache. */
const CELL = 4;

/** 64-bit keys in two halves → numbers from 0 on. Open addressing over one typed array: a Map would need a text or a bigint for each look-up. */
export class HashTable {
  readonly #firstCapacity: number;
  #cells: Uint32Array;
  size = 0;

  /** `capacity` is a power of two. */
  constructor(capacity = FIRST_CAPACITY) {
    this.#firstCapacity = capacity;
    this.#cells = new Uint32Array(capacity * CELL);
  }

  /** -1 when there is none. */
  get(low: number, high: number): number {
    return (this.#cells[this.#find(low, high) + 2] ?? 0) - 1;
  }

  set(low: number, high: number, value: number): void {
    if ((this.size + 1) * CELL > this.#cells.length * MAX_LOAD) this.#grow();
    const at = this.#find(low, high);
    if (this.#cells[at + 2] === 0) this.size += 1;
    this.#cells[at] = low;
    this.#cells[at + 1] = high;
    this.#cells[at + 2] = value + 1;
  }

  /** Numbers keys from 0 on in the order in which they come: the value of one that is known, the next number for one that is new. */
  number(low: number, high: number): number {
    const known = this.get(low, high);
    if (known >= 0) return known;
    this.set(low, high, this.size);
    return this.size - 1;
  }

  values(): number[] {
    const all: number[] = [];
    for (let at = 2; at < this.#cells.length; at += CELL) if (this.#cells[at] !== 0) all.push((this.#cells[at] ?? 0) - 1);
    return all;
  }

  clear(): void {
    this.#cells = new Uint32Array(this.#firstCapacity * CELL);
    this.size = 0;
  }

  /** Where the cell of the key is, or where it would go. */
  #find(low: number, high: number): number {
    const cells = this.#cells;
    const mask = cells.length - 1;
    // Ids are FNV hashes, whose low bits alone meet too often.
    let at = ((Math.imul(low ^ high, 0x9e37_79b1) >>> 7) * CELL) & mask;
    while (cells[at + 2] !== 0 && (cells[at] !== low || cells[at + 1] !== high)) at = (at + CELL) & mask;
    return at;
  }

  #grow(): void {
    const before = this.#cells;
    this.#cells = new Uint32Array(before.length * 2);
    this.size = 0;
    for (let at = 0; at < before.length; at += CELL) if (before[at + 2] !== 0) this.set(before[at] ?? 0, before[at + 1] ?? 0, (before[at + 2] ?? 0) - 1);
  }
}
