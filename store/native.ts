/**
 * ClickHouse's Native format, written column by column: https://clickhouse.com/docs/interfaces/formats/Native
 * A block is its counts of columns and rows, then per column its name, its type and its values back to back. Blocks may follow each other in one file.
 */

const INITIAL_BYTES = 1024;
const SHORT_BYTES = 40;
/** Room for the name and the type of a column. */
const HEADER_BYTES = 64;

/** Bytes that grow by doubling. Integers are little-endian. */
export class Bytes {
  buffer: Buffer;
  length = 0;
  constructor(buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES)) {
    this.buffer = buffer;
  }

  /** Makes room for `count` more bytes and returns where they begin. */
  reserve(count: number): number {
    const at = this.length;
    this.length = at + count;
    if (this.length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    return at;
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start);
    if (end - start > SHORT_BYTES) {
      this.buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
      return;
    }
    // Most texts are short, and a view of each costs more than its bytes.
    const { buffer } = this;
    for (let from = start, to = at; from < end; from += 1, to += 1) buffer[to] = source[from] ?? 0;
  }

  text(value: string): void {
    if (value.length <= SHORT_BYTES && this.#shortAscii(value)) return;
    const size = Buffer.byteLength(value);
    this.varint(size);
    const at = this.reserve(size);
    this.buffer.write(value, at, size, 'utf8');
  }

  /** Two calls into the engine cost more than a short text's letters. False, and nothing written, where one is not ASCII. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    const begin = this.reserve(length + 1);
    const { buffer } = this;
    buffer[begin] = length;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) {
        this.length = begin;
        return false;
      }
      buffer[begin + 1 + index] = code;
    }
    return true;
  }

  /** Two halves; byte by byte, because Buffer's own writers check what is known here. */
  uint64(low: number, high: number): void {
    const at = this.reserve(8);
    const { buffer } = this;
    buffer[at] = low;
    buffer[at + 1] = low >>> 8;
    buffer[at + 2] = low >>> 16;
    buffer[at + 3] = low >>> 24;
    buffer[at + 4] = high;
    buffer[at + 5] = high >>> 8;
    buffer[at + 6] = high >>> 16;
    buffer[at + 7] = high >>> 24;
  }

  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** One column of a block under construction. `rows` is how many values it holds. */
export interface NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly rows: number;
  /** Of what `writeTo` writes. */
  readonly encodedBytes: number;
  writeTo(out: Bytes): void;
  /** Empties it and keeps its memory. */
  reset(): void;
}

/** Fixed-width numbers. `type` decides the width. */
export class NumberColumn implements NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly bytes = new Bytes();
  readonly #width: number;
  constructor(name: string, type: string) {
    this.name = name;
    this.type = type;
    this.#width = widthOf(type);
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
        if (this.type === 'Float64') {
          const at = this.bytes.reserve(8);
          this.bytes.buffer.writeDoubleLE(value, at);
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
    this.bytes.varint(end - start);
    this.bytes.copy(source, start, end);
    this.rows += 1;
  }
  /** The bytes as lower-case hexadecimal; none give the empty text. */
  pushHex(source: Uint8Array, start: number, end: number): void {
    this.bytes.varint((end - start) * 2);
    const at = this.bytes.reserve((end - start) * 2);
    const { buffer } = this.bytes;
    for (let index = start, to = at; index < end; index += 1, to += 2) {
      const value = source[index] ?? 0;
      buffer[to] = HEX.charCodeAt(value >> 4);
      buffer[to + 1] = HEX.charCodeAt(value & 15);
    }
    this.rows += 1;
  }
  writeTo(out: Bytes): void {
    out.copy(this.bytes.buffer, 0, this.bytes.length);
  }
}

const HEX = '0123456789abcdef';

/** Lists of another column's values: push the values into `items`, then end the row. */
export class ArrayColumn<Items extends NativeColumn> implements NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly items: Items;
  readonly #offsets = new NumberColumn('', 'UInt64');
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
    this.#offsets.push(this.items.rows);
  }
  writeTo(out: Bytes): void {
    this.#offsets.writeTo(out);
    this.items.writeTo(out);
  }
}

/** Text to text: push a key and a value for each entry, then end the row. */
export class MapColumn implements NativeColumn {
  readonly name: string;
  readonly type = 'Map(String, String)';
  readonly keys = new StringColumn('');
  readonly values = new StringColumn('');
  readonly #offsets = new NumberColumn('', 'UInt64');
  constructor(name: string) {
    this.name = name;
  }
  get rows(): number {
    return this.#offsets.rows;
  }
  /** Bytes of the entries so far. */
  get size(): number {
    return this.keys.bytes.length + this.values.bytes.length;
  }
  get encodedBytes(): number {
    return this.#offsets.encodedBytes + this.size;
  }
  reset(): void {
    this.#offsets.reset();
    this.keys.reset();
    this.values.reset();
  }
  endRow(): void {
    this.#offsets.push(this.keys.rows);
  }
  /** One row with every entry of `other`, copied as bytes. */
  pushAll(other: MapColumn): void {
    this.keys.bytes.copy(other.keys.bytes.buffer, 0, other.keys.bytes.length);
    this.values.bytes.copy(other.values.bytes.buffer, 0, other.values.bytes.length);
    this.keys.rows += other.keys.rows;
    this.values.rows += other.values.rows;
    this.endRow();
  }
  pushRecord(record: Readonly<Record<string, string>>): void {
    for (const key in record) {
      this.keys.push(key);
      this.values.push(record[key] ?? '');
    }
    this.endRow();
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

/** One block of `columns`, which all hold the same number of rows, in what `allocate` gives. */
export function nativeBlock(columns: readonly NativeColumn[], allocate = (bytes: number): Buffer => Buffer.allocUnsafe(bytes)): Buffer {
  // Its size is known, but for names and types: growing by doubling would leave as much garbage again.
  const out = new Bytes(allocate(columns.reduce((bytes, { encodedBytes }) => bytes + encodedBytes + HEADER_BYTES, HEADER_BYTES)));
  out.varint(columns.length);
  out.varint(columns[0]?.rows ?? 0);
  for (const column of columns) {
    out.text(column.name);
    out.text(column.type);
    column.writeTo(out);
  }
  return out.view();
}
