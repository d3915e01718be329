import { Bytes, varintAt } from './bytes.js';
import type { NativeColumn } from './column.js';
import { DictionaryColumn } from './dictionary.js';

/** A double and its halves. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** Fixed-width numbers. `type` decides the width. */
export class NumberColumn implements NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly bytes = new Bytes();
  readonly #width: number;
  readonly #isFloat: boolean;
  constructor(name: string, type: string) {
    this.name = name;
    this.type = type;
    this.#width = widthOf(type);
    this.#isFloat = type === 'Float64';
  }
  get rows(): number {
    return this.bytes.length / this.#width;
  }
  get encodedBytes(): number {
    return this.bytes.length;
  }
  reset(): void {
    this.bytes.length = 0;
  }
  /** Any value a double holds exactly; negative 64-bit integers included. */
  push(value: number): void {
    switch (this.#width) {
      case 1:
        this.bytes.byte(value);
        break;
      case 4: {
        const at = this.bytes.reserve(4);
        this.bytes.buffer.writeInt32LE(value | 0, at);
        break;
      }
      default:
        if (this.#isFloat) {
          double[0] = value;
          this.bytes.uint64(halves[0] ?? 0, halves[1] ?? 0);
        } else this.bytes.uint64(value >>> 0, Math.floor(value / 0x1_0000_0000) | 0);
    }
  }
  /** Values of eight bytes as they lie in memory. */
  pushAll(values: Float64Array | BigInt64Array): void {
    const at = this.bytes.reserve(values.byteLength);
    this.bytes.buffer.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  }
  /** A 64-bit integer in two halves. */
  pushParts(low: number, high: number): void {
    this.bytes.uint64(low, high);
  }
  pushBigInt(value: bigint): void {
    const at = this.bytes.reserve(8);
    this.bytes.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }
  writeTo(out: Bytes): void {
    out.copy(this.bytes.buffer, 0, this.bytes.length);
  }
}

function widthOf(type: string): number {
  if (type === 'UInt8' || type === 'Bool') return 1;
  if (type === 'UInt32' || type === 'Int32' || type === 'DateTime') return 4;
  return 8;
}

export class StringColumn implements NativeColumn {
  readonly name: string;
  readonly type = 'String';
  readonly bytes = new Bytes();
  rows = 0;
  #last: string | undefined;
  /** Where `#last` is encoded. */
  #lastAt = 0;
  #lastEnd = 0;
  constructor(name: string) {
    this.name = name;
  }
  get encodedBytes(): number {
    return this.bytes.length;
  }
  reset(): void {
    this.bytes.length = 0;
    this.rows = 0;
    this.#last = undefined;
  }
  /** Cheap for the value pushed before: most columns say the same many times. */
  push(value: string): void {
    if (value === this.#last) this.bytes.copy(this.bytes.buffer, this.#lastAt, this.#lastEnd);
    else {
      this.#lastAt = this.bytes.length;
      this.bytes.text(value);
      this.#last = value;
      this.#lastEnd = this.bytes.length;
    }
    this.rows += 1;
  }
  pushBytes(source: Uint8Array, start: number, end: number): void {
    this.bytes.sized(source, start, end);
    this.rows += 1;
  }
  /** Values that are encoded already. */
  pushEncoded(source: Uint8Array, start: number, end: number, rows: number): void {
    this.bytes.copy(source, start, end);
    this.rows += rows;
  }
  /** The bytes as lower-case hexadecimal; none give the empty text. */
  pushHex(source: Uint8Array, start: number, end: number): void {
    this.bytes.varint((end - start) * 2);
    const at = this.bytes.reserve((end - start) * 2);
    const { buffer } = this.bytes;
    for (let index = start, to = at; index < end; index += 1, to += 2) {
      const digits = HEX[source[index] ?? 0] ?? 0;
      buffer[to] = digits >> 8;
      buffer[to + 1] = digits;
    }
    this.rows += 1;
  }
  /** The text of each row. */
  texts(): string[] {
    const { buffer } = this.bytes;
    const texts: string[] = [];
    for (let at = 0; texts.length < this.rows; ) {
      const [size, from] = varintAt(buffer, at);
      at = from + size;
      texts.push(buffer.toString('utf8', from, at));
    }
    return texts;
  }
  writeTo(out: Bytes): void {
    out.copy(this.bytes.buffer, 0, this.bytes.length);
  }
}

/** The two digits of each byte. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => Number.parseInt(Buffer.from(byte.toString(16).padStart(2, '0')).toString('hex'), 16));

/** Where each of the lists of a column ends. Many are empty in a row. */
class Offsets {
  readonly #bytes = new Bytes();
  rows = 0;
  #last = 0;
  /** How often the last end is repeated beyond what is written. */
  #again = 0;
  get encodedBytes(): number {
    return this.rows * 8;
  }
  reset(): void {
    this.#bytes.length = 0;
    this.rows = 0;
    this.#last = 0;
    this.#again = 0;
  }
  end(items: number): void {
    this.rows += 1;
    if (items === this.#last) this.#again += 1;
    else {
      this.#flush();
      this.#bytes.uint64(items, 0);
      this.#last = items;
    }
  }
  writeTo(out: Bytes): void {
    this.#flush();
    out.copy(this.#bytes.buffer, 0, this.#bytes.length);
  }
  #flush(): void {
    if (this.#again === 0) return;
    const from = this.#bytes.length;
    this.#bytes.uint64(this.#last, 0);
    this.#bytes.repeat(from, this.#again - 1);
    this.#again = 0;
  }
}

/** Lists of another column's values: push the values into `items`, then end the row. */
export class ArrayColumn<Items extends NativeColumn> implements NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly items: Items;
  readonly #offsets = new Offsets();
  constructor(name: string, items: Items) {
    this.name = name;
    this.type = `Array(${items.type})`;
    this.items = items;
  }
  get rows(): number {
    return this.#offsets.rows;
  }
  get encodedBytes(): number {
    return this.#offsets.encodedBytes + this.items.encodedBytes;
  }
  reset(): void {
    this.#offsets.reset();
    this.items.reset();
  }
  endRow(): void {
    this.#offsets.end(this.items.rows);
  }
  writePrefix(out: Bytes): void {
    this.items.writePrefix?.(out);
  }
  writeTo(out: Bytes): void {
    this.#offsets.writeTo(out);
    this.items.writeTo(out);
  }
}

/** Text to text: push a key and a value for each entry, then end the row. */
export class MapColumn implements NativeColumn {
  readonly name: string;
  readonly type = 'Map(LowCardinality(String), String)';
  readonly keys = new DictionaryColumn('');
  readonly values = new StringColumn('');
  readonly #offsets = new Offsets();
  constructor(name: string) {
    this.name = name;
  }
  get rows(): number {
    return this.#offsets.rows;
  }
  /** Bytes of the entries so far, each key written out. */
  get size(): number {
    return this.keys.textBytes + this.values.bytes.length;
  }
  get encodedBytes(): number {
    return this.#offsets.encodedBytes + this.keys.encodedBytes + this.values.encodedBytes;
  }
  reset(): void {
    this.#offsets.reset();
    this.keys.reset();
    this.values.reset();
  }
  endRow(): void {
    this.#offsets.end(this.keys.rows);
  }
  pushRecord(record: Readonly<Record<string, string>>): void {
    for (const key in record) {
      this.keys.push(key);
      this.values.push(record[key] ?? '');
    }
    this.endRow();
  }
  writePrefix(out: Bytes): void {
    this.keys.writePrefix(out);
  }
  writeTo(out: Bytes): void {
    this.#offsets.writeTo(out);
    this.keys.writeTo(out);
    this.values.writeTo(out);
  }
}

/** Lists of maps, as in `Events.Attributes`. */
export class MapArrayColumn extends ArrayColumn<MapColumn> {
  constructor(name: string) {
    super(name, new MapColumn(''));
  }
}
