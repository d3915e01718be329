import { PipelineError } from '#core/errors.js';

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

const MAX_FIELD = 2 ** 29 - 1;

const malformed = (what: string): PipelineError => new PipelineError('DECODE_FAILED', `not a valid protobuf body: ${what}`);

/**
 * A cursor over protobuf bytes: https://protobuf.dev/programming-guides/encoding/. Every read is checked against the end of the message.
 * Throws PipelineError DECODE_FAILED.
 */
export class Reader {
  bytes: Buffer;
  pos: number;
  end: number;
  /** Of the tag read last. */
  field = 0;
  wire = 0;
  /** Halves of the 64-bit value read last. */
  low = 0;
  high = 0;
  /** Range of the length-delimited value read last. */
  start = 0;
  stop = 0;

  constructor(bytes: Buffer, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  /** Reads the next tag into `field` and `wire`; false at the end. */
  next(): boolean {
    if (this.pos >= this.end) return false;
    const first = this.bytes[this.pos] ?? 0x80;
    if (first < 0x80) {
      this.pos += 1;
      this.field = first >> 3;
      this.wire = first & 7;
    } else {
      const tag = this.longVarint();
      this.field = Math.floor(tag / 8);
      this.wire = tag % 8;
    }
    if (this.field === 0 || this.field > MAX_FIELD) throw malformed(`field number ${this.field}`);
    return true;
  }

  /** An unsigned varint as a double; exact to 2^53. Its exact halves are in `low` and `high`. */
  varint(): number {
    const first = this.bytes[this.pos] ?? 0x80;
    if (first < 0x80 && this.pos < this.end) {
      this.pos += 1;
      this.low = first;
      this.high = 0;
      return first;
    }
    return this.longVarint();
  }

  private longVarint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= this.end) throw malformed('it ends within a number');
      const byte = this.bytes[this.pos] ?? 0;
      this.pos += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28;
        high |= bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return this.high * 0x1_0000_0000 + this.low;
      }
    }
    throw malformed('a number of more than ten bytes');
  }

  fixed64(): void {
    const at = this.take(8);
    this.low = this.bytes.readUInt32LE(at);
    this.high = this.bytes.readUInt32LE(at + 4);
  }

  fixed32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  double(): number {
    return this.bytes.readDoubleLE(this.take(8));
  }

  /** An enum or int32: negative numbers arrive as ten bytes. */
  int32(): number {
    this.expect(VARINT);
    this.varint();
    return this.low | 0;
  }

  /** A sint32 or sint64 of at most 32 bits. */
  sint32(): number {
    this.expect(VARINT);
    this.varint();
    return (this.low >>> 1) ^ -(this.low & 1);
  }

  /** An unsigned 64-bit integer as a double; its exact halves are in `low` and `high`. */
  uint64(): number {
    this.fixed64();
    return this.high * 0x1_0000_0000 + this.low;
  }

  /** A signed 64-bit integer as a double. */
  int64(): number {
    this.fixed64();
    return (this.high | 0) * 0x1_0000_0000 + this.low;
  }

  /** A length-delimited value: its range is in `start` and `stop`, the cursor behind it. */
  range(): void {
    const size = this.varint();
    this.start = this.take(size);
    this.stop = this.pos;
  }

  /** Text of a length-delimited value; wrong UTF-8 becomes U+FFFD. */
  text(): string {
    this.range();
    return this.bytes.toString('utf8', this.start, this.stop);
  }

  /** A cursor over the message that begins here. */
  message(): Reader {
    this.expect(LENGTH);
    this.range();
    return new Reader(this.bytes, this.start, this.stop);
  }

  /** A message sent in several parts is, as protobuf has it, the message of their bytes in a row. */
  static joined(parts: readonly Reader[]): Reader {
    return new Reader(Buffer.concat(parts.map((part) => part.bytes.subarray(part.pos, part.end))));
  }

  skip(): void {
    switch (this.wire) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.take(8);
        return;
      case LENGTH:
        this.range();
        return;
      case FIXED32:
        this.take(4);
        return;
      default:
        throw malformed(`wire type ${this.wire}`);
    }
  }

  /** Refuses a known field in an encoding it cannot have. */
  expect(wire: number): void {
    if (this.wire !== wire) throw malformed(`field ${this.field} has wire type ${this.wire}, expected ${wire}`);
  }

  private take(count: number): number {
    const at = this.pos;
    if (count > this.end - at) throw malformed('it ends within a value');
    this.pos = at + count;
    return at;
  }
}
