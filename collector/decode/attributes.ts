import { PipelineError } from '#core/errors.js';
import type { MapColumn, StringColumn } from '#store/native.js';
import { FIXED64, LENGTH, Reader, VARINT } from './reader.js';

/** Of arrays and maps in attribute values. A value takes two protobuf messages a level, and protobuf's own parsers stop at 100. */
const MAX_DEPTH = 32;

/** Reads the KeyValue that begins at the reader into one entry of `target`. */
export function readAttribute(reader: Reader, target: MapColumn): void {
  reader.expect(LENGTH);
  reader.range();
  const { bytes, start, stop } = reader;
  if (!readPlainPair(bytes, start, stop, target)) readPair(new Reader(bytes, start, stop), target);
}

/** Tags of KeyValue's key and value, of AnyValue's text and integer, and the bit that says a varint goes on. */
const KEY = 0x0a;
const VALUE = 0x12;
const TEXT = 0x0a;
const INTEGER = 0x18;
const MORE = 0x80;
/** Varint bytes that fit an integer of 28 bits. */
const SHORT_INTEGER = 4;

/** Most attributes are a short key and a short text or small integer, in that order: those are read without a cursor each. False, with nothing pushed, for any other. */
function readPlainPair(bytes: Buffer, start: number, stop: number, target: MapColumn): boolean {
  const keySize = bytes[start + 1] ?? MORE;
  const keyEnd = start + 2 + keySize;
  const size = bytes[keyEnd + 1] ?? MORE;
  const value = keyEnd + 2;
  if (bytes[start] !== KEY || keySize >= MORE || keyEnd + 4 > stop || bytes[keyEnd] !== VALUE || size >= MORE || value + size !== stop) return false;
  if (bytes[value] === TEXT) {
    const textSize = bytes[value + 1] ?? MORE;
    if (textSize >= MORE || value + 2 + textSize !== stop) return false;
    target.keys.pushBytes(bytes, start + 2, keyEnd);
    target.values.pushBytes(bytes, value + 2, stop);
    return true;
  }
  if (bytes[value] !== INTEGER || size > SHORT_INTEGER + 1) return false;
  let integer = 0;
  for (let at = value + 1; at < stop; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= MORE !== at < stop - 1) return false;
    integer |= (byte & 0x7f) << (7 * (at - value - 1));
  }
  target.keys.pushBytes(bytes, start + 2, keyEnd);
  target.values.push(String(integer));
  return true;
}

/** Reads a KeyValue into one entry of `target`. */
export function readPair(pair: Reader, target: MapColumn): void {
  let keyAt = 0;
  let keyEnd = 0;
  let value: Reader | undefined;
  let earlier: Reader[] | undefined;
  while (pair.next()) {
    if (pair.field === 1) {
      pair.expect(LENGTH);
      pair.range();
      keyAt = pair.start;
      keyEnd = pair.stop;
    } else if (pair.field === 2) {
      if (value) (earlier ??= []).push(value);
      value = pair.message();
    } else pair.skip();
  }
  target.keys.pushBytes(pair.bytes, keyAt, keyEnd);
  pushAnyValue(earlier && value ? Reader.joined([...earlier, value]) : value, target.values);
}

/** Reads an AnyValue as text: strings as they are, arrays and maps as JSON, bytes as base64. Absent gives the empty text. */
export function pushAnyValue(reader: Reader | undefined, target: StringColumn): void {
  if (!reader) return target.push('');
  const from = reader.pos;
  if (reader.next() && reader.field === 1) {
    reader.expect(LENGTH);
    reader.range();
    if (reader.pos === reader.end) return target.pushBytes(reader.bytes, reader.start, reader.stop);
  }
  reader.pos = from;
  target.push(anyText(reader, 0, false));
}

/** Text of an AnyValue; `quoted` gives JSON. Of several values the last counts; parts of one list are one list. */
function anyText(reader: Reader, depth: number, quoted: boolean): string {
  if (depth > MAX_DEPTH) throw new PipelineError('DECODE_FAILED', `attribute values nest deeper than ${MAX_DEPTH}`);
  let kind = 0;
  let text = quoted ? 'null' : '';
  let parts: string[] = [];
  while (reader.next()) {
    const { field } = reader;
    if (field === 5 || field === 6) {
      if (kind !== field) parts = [];
      const list = reader.message();
      if (field === 5) readList(list, depth, parts);
      else readPairs(list, depth, parts);
    } else {
      const scalar = scalarText(reader, quoted);
      if (scalar === undefined) continue;
      text = scalar;
    }
    kind = field;
  }
  if (kind === 5) return `[${parts.join(',')}]`;
  return kind === 6 ? `{${parts.join(',')}}` : text;
}

function scalarText(reader: Reader, quoted: boolean): string | undefined {
  switch (reader.field) {
    case 1: {
      reader.expect(LENGTH);
      const text = reader.text();
      return quoted ? JSON.stringify(text) : text;
    }
    case 2:
      reader.expect(VARINT);
      return reader.varint() === 0 ? 'false' : 'true';
    case 3:
      reader.expect(VARINT);
      reader.varint();
      return int64Text(reader.low, reader.high);
    case 4: {
      reader.expect(FIXED64);
      const value = reader.double();
      return quoted && !Number.isFinite(value) ? JSON.stringify(String(value)) : String(value);
    }
    case 7: {
      reader.expect(LENGTH);
      reader.range();
      const text = reader.bytes.toString('base64', reader.start, reader.stop);
      return quoted ? JSON.stringify(text) : text;
    }
    default:
      reader.skip();
      return undefined;
  }
}

function readList(list: Reader, depth: number, into: string[]): void {
  while (list.next()) {
    if (list.field === 1) into.push(anyText(list.message(), depth + 1, true));
    else list.skip();
  }
}

function readPairs(list: Reader, depth: number, into: string[]): void {
  while (list.next()) {
    if (list.field !== 1) {
      list.skip();
      continue;
    }
    const pair = list.message();
    let key = '';
    const values: Reader[] = [];
    while (pair.next()) {
      if (pair.field === 1) {
        pair.expect(LENGTH);
        key = pair.text();
      } else if (pair.field === 2) values.push(pair.message());
      else pair.skip();
    }
    const [only] = values;
    const value = only && values.length === 1 ? only : Reader.joined(values);
    into.push(`${JSON.stringify(key)}:${anyText(value, depth + 1, true)}`);
  }
}

/** A signed 64-bit integer without loss. */
export function int64Text(low: number, high: number): string {
  const value = (high | 0) * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? String(value) : String(BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
}

/** Entries of a map column under construction. Slow; for series that are new and for resources. */
export function entries({ keys, values }: MapColumn): Record<string, string> {
  const texts = values.texts();
  return Object.fromEntries(keys.texts().map((key, index) => [key, texts[index] ?? '']));
}
