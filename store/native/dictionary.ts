import { Bytes } from './bytes.js';
import type { NativeColumn } from './column.js';

const FIRST_ROWS = 16;
const FIRST_SLOTS = 16;
/** SharedDictionariesWithAdditionalKeys: https://github.com/ClickHouse/ClickHouse/blob/master/src/DataTypes/Serializations/SerializationLowCardinality.cpp */
const VERSION = 1;
/** The block brings all keys; the lowest bits say how wide the numbers of the rows are. */
const ALL_KEYS = 0x600;
/** Of the counts and the flags around keys and numbers. */
const FRAME_BYTES = 32;

const scratch = new Bytes();

/** Texts that repeat: each is written once, and rows are numbers. What followed a text the last time is looked at first: senders keep their order. */
export class DictionaryColumn implements NativeColumn {
  readonly name: string;
  readonly type = 'LowCardinality(String)';
  rows = 0;
  /** Of the rows so far, each text written out. */
  textBytes = 0;
  #numbers = new Uint32Array(FIRST_ROWS);
  /** The texts, each behind its length, and where each begins and ends. */
  readonly #texts = new Bytes();
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #hashes: number[] = [];
  /** Which came after each. */
  readonly #next: number[] = [];
  #last = 0;
  /** Numbers by hash, one more than they are. */
  #slots = new Int32Array(FIRST_SLOTS);
  readonly #byText = new Map<string, number>();
  /** The text that was pushed last as such, and its number. */
  #lastText: string | undefined;
  #lastTextNumber = 0;
  constructor(name: string) {
    this.name = name;
  }
  get encodedBytes(): number {
    return FRAME_BYTES + this.#texts.length + this.rows * this.#width;
  }
  get #width(): 1 | 2 | 4 {
    const { length } = this.#from;
    return length <= 0x100 ? 1 : length <= 0x1_0000 ? 2 : 4;
  }
  reset(): void {
    this.rows = 0;
    this.textBytes = 0;
    this.#texts.length = 0;
    for (const list of [this.#from, this.#to, this.#hashes, this.#next]) list.length = 0;
    this.#last = 0;
    this.#slots.fill(0);
    this.#byText.clear();
    this.#lastText = undefined;
  }
  push(value: string): void {
    if (value === this.#lastText) return this.#add(this.#lastTextNumber);
    this.#add(this.#byText.get(value) ?? this.#learn(value));
    this.#lastText = value;
    this.#lastTextNumber = this.#last;
  }
  #learn(value: string): number {
    const size = Buffer.byteLength(value);
    scratch.length = 0;
    scratch.reserve(size);
    scratch.buffer.write(value, 0, size, 'utf8');
    const number = this.#find(scratch.buffer, 0, size);
    this.#byText.set(value, number);
    return number;
  }
  pushBytes(source: Uint8Array, start: number, end: number): void {
    let number = this.#next[this.#last] ?? 0;
    if (!this.#is(number, source, start, end)) {
      number = this.#find(source, start, end);
      this.#next[this.#last] = number;
    }
    this.#add(number);
  }
  /** Every row of `other` once more. */
  pushAll(other: DictionaryColumn): void {
    for (let row = 0; row < other.rows; row += 1) {
      const number = other.#numbers[row] ?? 0;
      this.pushBytes(other.#texts.buffer, other.#from[number] ?? 0, other.#to[number] ?? 0);
    }
  }
  /** Appends the rows from `row` on so many times. */
  repeat(row: number, times: number): void {
    const size = this.rows - row;
    this.#reserve(this.rows + size * times);
    let bytes = 0;
    for (let at = row; at < row + size; at += 1) bytes += this.#sizeOf(this.#numbers[at] ?? 0);
    for (let time = 0; time < times; time += 1) this.#numbers.copyWithin(this.rows + time * size, row, row + size);
    this.rows += size * times;
    this.textBytes += bytes * times;
  }
  /** The text of each row. */
  texts(): string[] {
    const texts: string[] = [];
    for (let row = 0; row < this.rows; row += 1) {
      const number = this.#numbers[row] ?? 0;
      texts.push(this.#texts.buffer.toString('utf8', this.#from[number], this.#to[number]));
    }
    return texts;
  }
  /** Equal for equal rows, cheaper than their texts. */
  key(): string {
    const numbers = this.rows === this.#from.length ? '' : this.#numbers.subarray(0, this.rows).join();
    return `${this.rows}:${numbers}:${this.#texts.view().toString('latin1')}`;
  }
  writePrefix(out: Bytes): void {
    out.uint64(VERSION, 0);
  }
  writeTo(out: Bytes): void {
    if (this.rows === 0) return;
    const width = this.#width;
    out.uint64(ALL_KEYS + Math.log2(width), 0);
    out.uint64(this.#from.length, 0);
    out.copy(this.#texts.buffer, 0, this.#texts.length);
    out.uint64(this.rows, 0);
    const at = out.reserve(this.rows * width);
    const numbers = this.#numbers;
    for (let row = 0; row < this.rows; row += 1) {
      const number = numbers[row] ?? 0;
      if (width === 1) out.buffer[at + row] = number;
      else if (width === 2) out.buffer.writeUInt16LE(number, at + row * 2);
      else out.buffer.writeUInt32LE(number, at + row * 4);
    }
  }
  #add(number: number): void {
    const { rows } = this;
    if (rows === this.#numbers.length) this.#reserve(rows + 1);
    this.#numbers[rows] = number;
    this.rows = rows + 1;
    this.textBytes += this.#sizeOf(number);
    this.#last = number;
  }
  #sizeOf(number: number): number {
    return (this.#to[number] ?? 0) - (this.#from[number] ?? 0) + 1;
  }
  #reserve(rows: number): void {
    if (rows <= this.#numbers.length) return;
    const larger = new Uint32Array(Math.max(rows, 2 * this.#numbers.length));
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
  #is(number: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#from[number];
    if (from === undefined || (this.#to[number] ?? 0) - from !== end - start) return false;
    const { buffer } = this.#texts;
    for (let at = start, own = from; at < end; at += 1, own += 1) if (source[at] !== buffer[own]) return false;
    return true;
  }
  /** The number of a text, a new one when it is new. */
  #find(source: Uint8Array, start: number, end: number): number {
    let hash = 0x811c_9dc5;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (source[at] ?? 0), 0x0100_0193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let found = this.#slots[slot] ?? 0; found !== 0; slot = (slot + 1) & mask, found = this.#slots[slot] ?? 0) if (this.#hashes[found - 1] === hash && this.#is(found - 1, source, start, end)) return found - 1;
    const number = this.#from.length;
    this.#texts.varint(end - start);
    this.#from.push(this.#texts.length);
    this.#texts.copy(source, start, end);
    this.#to.push(this.#texts.length);
    this.#hashes.push(hash);
    this.#next.push(number + 1);
    this.#slots[slot] = number + 1;
    if (2 * number > mask) this.#rehash();
    return number;
  }
  #rehash(): void {
    const mask = 4 * this.#slots.length - 1;
    this.#slots = new Int32Array(mask + 1);
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}
