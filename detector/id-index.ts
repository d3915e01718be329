import { HashTable } from '#core/hash-table.js';

/** Numbers 64-bit ids from 0 in the order they come; ids are hashes, given in halves, so no bigint and no text is made for a row. */
export class IdIndex {
  readonly #numbers = new HashTable();
  #lows = new Uint32Array(1024);
  #highs = new Uint32Array(1024);
  /** The number that was found last; -1 for none. */
  #last = -1;

  get size(): number {
    return this.#numbers.size;
  }

  /** The number of an id; -1 when it has none. The one after that of the last id is looked at first: most come in the same order each time. */
  find(low: number, high: number): number {
    const next = this.#last + 1;
    this.#last = this.#lows[next] === low && this.#highs[next] === high && next < this.size ? next : this.#numbers.get(low, high);
    return this.#last;
  }

  /** Numbers an id that has none. */
  add(low: number, high: number): number {
    const number = this.#numbers.number(low, high);
    if (number === this.#lows.length) [this.#lows, this.#highs] = [doubled(this.#lows), doubled(this.#highs)];
    this.#lows[number] = low;
    this.#highs[number] = high;
    return number;
  }

  /** Forgets all of them; numbers begin anew. */
  clear(): void {
    this.#numbers.clear();
    this.#last = -1;
  }

  idOf(number: number): bigint {
    return (BigInt(this.#highs[number] ?? 0) << 32n) | BigInt(this.#lows[number] ?? 0);
  }
}

function doubled(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
