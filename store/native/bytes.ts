const INITIAL_BYTES = 1024;
const SHORT_BYTES = 40;

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

  /** Bytes behind their length. */
  sized(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (size > SHORT_BYTES) {
      this.varint(size);
      return this.copy(source, start, end);
    }
    const at = this.reserve(size + 1);
    const { buffer } = this;
    buffer[at] = size;
    for (let from = start, to = at + 1; from < end; from += 1, to += 1) buffer[to] = source[from] ?? 0;
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

  /** Appends what was written from `from` on so many times. */
  repeat(from: number, times: number): void {
    const size = this.length - from;
    let left = size * times;
    for (let at = this.reserve(left); left > 0; ) {
      const count = Math.min(at - from, left);
      this.buffer.copyWithin(at, from, from + count);
      at += count;
      left -= count;
    }
  }

  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** A LEB128 number and the offset behind it. */
export function varintAt(bytes: Buffer, from: number): [number, number] {
  let value = 0;
  for (let at = from, scale = 1; at < bytes.length; at += 1, scale *= 0x80) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
  return [0, bytes.length];
}
