import { varintAt } from './native.js';

/** What series are called, or of which type: the texts, and which of them each row has. */
export interface Words {
  readonly texts: readonly string[];
  readonly numbers: Uint32Array;
}

/** Rows of `metric_series`, by what tells whether they are new. */
export interface DescribedRows {
  readonly rows: number;
  /** Two words each, the low one first. */
  readonly ids: Uint32Array;
  readonly names: Words;
  readonly types: Words;
}

const WIDTHS: Readonly<Record<string, number>> = { UInt8: 1, Bool: 1, UInt32: 4, DateTime: 4, UInt64: 8 };
const NO_WORDS: Words = { texts: [], numbers: new Uint32Array() };

/** The Native blocks of `metric_series`, one by one. Throws for a column of a type that it does not know. Source: https://clickhouse.com/docs/interfaces/formats/Native */
export function* describedIn(bytes: Buffer): Generator<DescribedRows> {
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
  const skipTexts = (texts: number): void => {
    for (let left = texts; left > 0; left -= 1) {
      const short = bytes[at] ?? 0;
      if (short < 0x80) at += 1 + short;
      else {
        const size = varint();
        at += size;
      }
    }
  };

  function dictionary(rows: number, isWanted: boolean): Words {
    if (rows === 0) return NO_WORDS;
    const width = 1 << (bytes.readUInt8(at) & 3);
    at += 8;
    const size = count();
    const texts = isWanted ? Array.from({ length: size }, text) : [];
    if (!isWanted) skipTexts(size);
    count();
    const numbers = new Uint32Array(isWanted ? rows : 0);
    for (let row = 0; row < numbers.length; row += 1) numbers[row] = bytes.readUIntLE(at + row * width, width);
    at += rows * width;
    return { texts, numbers };
  }

  function skip(type: string, rows: number): void {
    const [, key, value] = /^Map\((\S+), (\S+)\)$/.exec(type) ?? [];
    if (key !== undefined && value !== undefined) {
      at += Math.max(0, rows - 1) * 8;
      const pairs = rows === 0 ? 0 : count();
      skip(key, pairs);
      skip(value, pairs);
    } else if (type === 'LowCardinality(String)') dictionary(rows, false);
    else if (type === 'String') skipTexts(rows);
    else {
      const width = WIDTHS[type];
      if (width === undefined) throw new Error(`no reader for ${type}`);
      at += rows * width;
    }
  }

  while (at < bytes.length) {
    const columns = varint();
    const rows = varint();
    const ids = new Uint32Array(rows * 2);
    let names = NO_WORDS;
    let types = NO_WORDS;
    for (let column = 0; column < columns; column += 1) {
      const name = text();
      const type = text();
      at += 8 * (type.split('LowCardinality').length - 1);
      if (name === 'id') for (let word = 0; word < ids.length; word += 1) ids[word] = bytes.readUInt32LE(at + word * 4);
      if (name === 'name') names = dictionary(rows, true);
      else if (name === 'type') types = dictionary(rows, true);
      else skip(type, rows);
    }
    yield { rows, ids, names, types };
  }
}
