/** Numbers 64-bit ids from 0 in the order they come; ids are hashes, given in halves, so no bigint and no text is made for a row. */
export class IdIndex {
  size = 0;
  #lows = new Uint32Array(1024);
  #highs = new Uint32Array(1024);
  /** Open addressing: numbers plus one, 0 where nothing is. */
  #places = new Int32Array(2048);

  /** The number of an id; -1 when it has none. */
  find(low: number, high: number): number {
    const mask = this.#places.length - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const found = (this.#places[at] ?? 0) - 1;
      if (found === -1 || (this.#lows[found] === low && this.#highs[found] === high)) return found;
    }
  }

  /** Numbers an id that has none. */
  add(low: number, high: number): number {
    if (this.size === this.#lows.length) this.#grow();
    this.#lows[this.size] = low;
    this.#highs[this.size] = high;
    this.#place(this.size, low);
    return this.size++;
  }

  /** Forgets all of them; numbers begin anew. */
  clear(): void {
    this.size = 0;
    this.#places.fill(0);
  }

  idOf(number: number): bigint {
    return (BigInt(this.#highs[number] ?? 0) << 32n) | BigInt(this.#lows[number] ?? 0);
  }

  #place(number: number, low: number): void {
    const mask = this.#places.length - 1;
    let at = low & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = number + 1;
  }

  #grow(): void {
    const double = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#lows = double(this.#lows);
    this.#highs = double(this.#highs);
    this.#places = new Int32Array(this.#places.length * 2);
    for (let number = 0; number < this.size; number += 1) this.#place(number, this.#lows[number] ?? 0);
  }
}
