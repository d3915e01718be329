const FIRST_CAPACITY = 1024;
const MAX_LOAD = 0.6;

/** 64-bit keys in two halves → values. Open addressing over typed arrays: a Map would need a text or a bigint for each look-up. */
export class HashTable<Value> {
  #low = new Uint32Array(FIRST_CAPACITY);
  #high = new Uint32Array(FIRST_CAPACITY);
  #values: (Value | undefined)[] = Array.from({ length: FIRST_CAPACITY });
  size = 0;

  get(low: number, high: number): Value | undefined {
    return this.#values[this.#find(low, high)];
  }

  set(low: number, high: number, value: Value): void {
    if (this.size + 1 > this.#values.length * MAX_LOAD) this.#grow();
    const at = this.#find(low, high);
    if (this.#values[at] === undefined) this.size += 1;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#values[at] = value;
  }

  values(): Value[] {
    return this.#values.filter((value) => value !== undefined);
  }

  clear(): void {
    this.#allocate(FIRST_CAPACITY);
  }

  /** Where the key is, or where it would go. */
  #find(low: number, high: number): number {
    const mask = this.#values.length - 1;
    // Ids are FNV hashes, whose low bits alone meet too often.
    let at = (Math.imul(low ^ high, 0x9e37_79b1) >>> 7) & mask;
    while (this.#values[at] !== undefined && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [lows, highs, values] = [this.#low, this.#high, this.#values];
    this.#allocate(values.length * 2);
    for (const [at, value] of values.entries()) if (value !== undefined) this.set(lows[at] ?? 0, highs[at] ?? 0, value);
  }

  #allocate(capacity: number): void {
    this.#low = new Uint32Array(capacity);
    this.#high = new Uint32Array(capacity);
    this.#values = Array.from({ length: capacity });
    this.size = 0;
  }
}
