import { PipelineError } from '#core/errors.js';
import type { MapColumn, StringColumn } from '#store/native.js';
import { FIXED64, LENGTH, type Reader, VARINT } from './reader.js';

const MAX_DEPTH = 32;

/** Reads the KeyValue that begins at the reader into one entry of `target`. */
export function readAttribute(reader: Reader, target: MapColumn): void {
  reader.expect(LENGTH);
  const pair = reader.message();
  let hasKey = false;
  let value: Reader | undefined;
  while (pair.next()) {
    if (pair.field === 1) {
      pair.expect(LENGTH);
      pair.range();
      if (!hasKey) target.keys.pushBytes(pair.bytes, pair.start, pair.stop);
      hasKey = true;
    } else if (pair.field === 2) {
      pair.expect(LENGTH);
      value = pair.message();
    } else pair.skip();
  }
  if (!hasKey) target.keys.push('');
  pushAnyValue(value, target.values);
}

/** Reads an AnyValue as text: strings as they are, arrays and maps as JSON, bytes as base64. Absent gives the empty text. */
export function pushAnyValue(reader: Reader | undefined, target: StringColumn): void {
  if (reader?.next()) {
    if (reader.field === 1) {
      reader.expect(LENGTH);
      reader.range();
      target.pushBytes(reader.bytes, reader.start, reader.stop);
    } else target.push(scalarText(reader, 0, false));
  } else target.push('');
}

/** Text of the AnyValue field that the reader stands on; `quoted` gives JSON. */
function scalarText(reader: Reader, depth: number, quoted: boolean): string {
  if (depth > MAX_DEPTH) throw new PipelineError('DECODE_FAILED', `attribute values nest deeper than ${MAX_DEPTH}`, { retryable: false });
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
    case 5:
      reader.expect(LENGTH);
      return `[${listTexts(reader.message(), depth).join(',')}]`;
    case 6:
      reader.expect(LENGTH);
      return `{${pairTexts(reader.message(), depth).join(',')}}`;
    case 7: {
      reader.expect(LENGTH);
      reader.range();
      const text = reader.bytes.toString('base64', reader.start, reader.stop);
      return quoted ? JSON.stringify(text) : text;
    }
    default:
      reader.skip();
      return quoted ? 'null' : '';
  }
}

function anyText(reader: Reader, depth: number): string {
  return reader.next() ? scalarText(reader, depth, true) : 'null';
}

function listTexts(list: Reader, depth: number): string[] {
  const texts: string[] = [];
  while (list.next()) {
    if (list.field === 1 && list.wire === LENGTH) texts.push(anyText(list.message(), depth + 1));
    else list.skip();
  }
  return texts;
}

function pairTexts(list: Reader, depth: number): string[] {
  const texts: string[] = [];
  while (list.next()) {
    if (list.field !== 1 || list.wire !== LENGTH) {
      list.skip();
      continue;
    }
    const pair = list.message();
    let key = '';
    let value = 'null';
    while (pair.next()) {
      if (pair.field === 1 && pair.wire === LENGTH) key = pair.text();
      else if (pair.field === 2 && pair.wire === LENGTH) value = anyText(pair.message(), depth + 1);
      else pair.skip();
    }
    texts.push(`${JSON.stringify(key)}:${value}`);
  }
  return texts;
}

/** A signed 64-bit integer without loss. */
export function int64Text(low: number, high: number): string {
  const value = (high | 0) * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? String(value) : String(BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
}

/** Entries of a map column under construction, from entry `from` on. Slow; for series that are new and for resources. */
export function entries(column: MapColumn, from = 0): Record<string, string> {
  const keys = texts(column.keys);
  const values = texts(column.values);
  return Object.fromEntries(keys.slice(from).map((key, index) => [key, values[from + index] ?? '']));
}

function texts(column: StringColumn): string[] {
  const { buffer, length } = column.bytes;
  const found: string[] = [];
  let at = 0;
  while (at < length) {
    let size = 0;
    let scale = 1;
    for (;;) {
      const byte = buffer[at] ?? 0;
      at += 1;
      size += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
    }
    found.push(buffer.toString('utf8', at, at + size));
    at += size;
  }
  return found;
}
