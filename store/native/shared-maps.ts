import type { Bytes } from './bytes.js';
import type { NativeColumn } from './column.js';
import type { MapColumn } from './columns.js';
import { DictionaryColumn } from './dictionary.js';

/** Maps of which neighbouring rows have the same one, such as the attributes of a resource: they are counted, and written out once, at the end. */
export class SharedMapColumn implements NativeColumn {
  readonly name: string;
  readonly type = 'Map(LowCardinality(String), String)';
  rows = 0;
  /** One after the other, and how many rows have each. */
  readonly #maps: MapColumn[] = [];
  readonly #counts: number[] = [];
  readonly #keys = new DictionaryColumn('');
  constructor(name: string) {
    this.name = name;
  }
  get encodedBytes(): number {
    return this.#maps.reduce((bytes, { keys, values }, at) => bytes + keys.encodedBytes + (this.#counts[at] ?? 0) * (8 + 4 * keys.rows + values.encodedBytes), 0);
  }
  reset(): void {
    this.rows = 0;
    this.#maps.length = 0;
    this.#counts.length = 0;
    this.#keys.reset();
  }
  /** One row with the entries of `map`, which may have no more afterwards. */
  push(map: MapColumn): void {
    const last = this.#maps.length - 1;
    if (this.#maps[last] === map) this.#counts[last] = (this.#counts[last] ?? 0) + 1;
    else {
      this.#maps.push(map);
      this.#counts.push(1);
    }
    this.rows += 1;
  }
  writePrefix(out: Bytes): void {
    this.#keys.writePrefix(out);
  }
  writeTo(out: Bytes): void {
    this.#keys.reset();
    let end = 0;
    this.#eachRun((map, count) => {
      const from = this.#keys.rows;
      this.#keys.pushAll(map.keys);
      this.#keys.repeat(from, count - 1);
      for (let row = 0; row < count; row += 1) out.uint64((end += map.keys.rows), 0);
    });
    this.#keys.writeTo(out);
    this.#eachRun(({ values }, count) => {
      const from = out.length;
      values.writeTo(out);
      out.repeat(from, count - 1);
    });
  }
  #eachRun(visit: (map: MapColumn, count: number) => void): void {
    for (const [at, map] of this.#maps.entries()) visit(map, this.#counts[at] ?? 0);
  }
}
