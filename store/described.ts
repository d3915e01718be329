import { varintAt } from './native.js';

/** A series as a row of `metric_series` names it. */
export interface Described {
  /** Its id in halves. */
  readonly low: number;
  readonly high: number;
  readonly name: string;
  readonly type: string;
}

const WIDTHS: Readonly<Record<string, number>> = { UInt8: 1, Bool: 1, UInt32: 4, DateTime: 4, UInt64: 8 };
const NOTHING: readonly string[] = [];

/** The rows of the Native blocks of `metric_series`. Throws for a column of a type that it does not know. Source: https://clickhouse.com/docs/interfaces/formats/Native */
export function* describedIn(bytes: Buffer): Generator<Described> {
  let at = 0;
  const varint = (): number => {
    const [value, next] = varintAt(bytes, at);
    at = next;
    return value;
  };
  const count = (): number => {
    at += 8;
    return bytes.readUInt32LE(at - 8) + bytes.readUInt32LE(at - 4) * 0x1_0000_0000;
  };
  const text = (): string => {
    const size = varint();
    at += size;
    return bytes.toString('utf8', at - size, at);
  };
  const skipTexts = (rows: number): void => {
    for (let row = 0; row < rows; row += 1) {
      const size = varint();
      at += size;
    }
  };

  /** The numbers of texts that repeat, and the texts, which are skipped unless they are wanted. */
  function dictionary(rows: number, isWanted: boolean): readonly string[] {
    if (rows === 0) return NOTHING;
    const width = 1 << (bytes.readUInt8(at) & 3);
    at += 8;
    const size = count();
    const texts = isWanted ? Array.from({ length: size }, text) : NOTHING;
    if (!isWanted) skipTexts(size);
    count();
    at += rows * width;
    return isWanted ? Array.from({ length: rows }, (_none, row) => texts[bytes.readUIntLE(at - (rows - row) * width, width)] ?? '') : NOTHING;
  }

  function values(type: string, rows: number, isWanted: boolean): readonly string[] {
    const [, key, value] = /^Map\((\S+), (\S+)\)$/.exec(type) ?? [];
    if (key !== undefined && value !== undefined) {
      at += Math.max(0, rows - 1) * 8;
      const pairs = rows === 0 ? 0 : count();
      values(key, pairs, false);
      return values(value, pairs, false);
    }
    if (type === 'LowCardinality(String)') return dictionary(rows, isWanted);
    if (type === 'String') {
      if (isWanted) return Array.from({ length: rows }, text);
      skipTexts(rows);
      return NOTHING;
    }
    const width = WIDTHS[type];
    if (width === undefined) throw new Error(`no reader for ${type}`);
    at += rows * width;
    return NOTHING;
  }

  while (at < bytes.length) {
    const columns = varint();
    const rows = varint();
    let idsAt = 0;
    const wanted: Record<string, readonly string[]> = { name: NOTHING, type: NOTHING };
    for (let column = 0; column < columns; column += 1) {
      const name = text();
      const type = text();
      at += 8 * (type.split('LowCardinality').length - 1);
      if (name === 'id') idsAt = at;
      const read = values(type, rows, name in wanted);
      if (name in wanted) wanted[name] = read;
    }
    for (let row = 0; row < rows; row += 1) yield { low: bytes.readUInt32LE(idsAt + row * 8), high: bytes.readUInt32LE(idsAt + row * 8 + 4), name: wanted['name']?.[row] ?? '', type: wanted['type']?.[row] ?? '' };
  }
}
