/** Numbers 0, 1, 2, … for 64-bit ids in halves, in the order of their first sight: a hash table of words, without a bigint or an object for an id. */
export class Ids {
  #size = 0;
  #low: Uint32Array;
  #high: Uint32Array;
  /** Number + 1; 0 is a free place. */
  #numbers: Uint32Array;

  /** `places` is a power of two. */
  constructor(places = 1024) {
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#numbers = new Uint32Array(places);
  }

  get size(): number {
    return this.#size;
  }

  /** -1 when the id was never seen. */
  find(low: number, high: number): number {
    return (this.#numbers[this.#placeOf(low, high)] ?? 0) - 1;
  }

  add(low: number, high: number): number {
    const place = this.#placeOf(low, high);
    const known = this.#numbers[place] ?? 0;
    if (known > 0) return known - 1;
    this.#low[place] = low;
    this.#high[place] = high;
    this.#numbers[place] = this.#size += 1;
    if (this.#size * 2 > this.#numbers.length) this.#grow();
    return this.#size - 1;
  }

  #placeOf(low: number, high: number): number {
    const mask = this.#numbers.length - 1;
    let place = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
    place = (place ^ (place >>> 15)) & mask;
    while (this.#numbers[place] !== 0 && (this.#low[place] !== low || this.#high[place] !== high)) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [low, high, numbers] = [this.#low, this.#high, this.#numbers];
    this.#low = new Uint32Array(low.length * 2);
    this.#high = new Uint32Array(low.length * 2);
    this.#numbers = new Uint32Array(low.length * 2);
    for (const [at, number] of numbers.entries()) {
      if (number === 0) continue;
      const place = this.#placeOf(low[at] ?? 0, high[at] ?? 0);
      this.#low[place] = low[at] ?? 0;
      this.#high[place] = high[at] ?? 0;
      this.#numbers[place] = number;
    }
  }
}
