import type { DecodedBlock } from '../decode/outcome.js';

export type Row = Readonly<Record<string, unknown>>;

/** Reads a Native block back into rows: 64-bit integers and times as bigints, maps as lists of pairs. */
export function readNative({ native }: Pick<DecodedBlock, 'native'>): Row[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = native.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const size = varint();
    at += size;
    return native.toString('utf8', at - size, at);
  };
  const times = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const take = (size: number): number => (at += size) - size;

  function values(type: string, rows: number): unknown[] {
    const inner = /^Array\((.*)\)$/.exec(type)?.[1];
    const key = /^Map\((.*), String\)$/.exec(type)?.[1];
    if (inner !== undefined || key !== undefined) {
      const ends = times(rows, () => Number(native.readBigUInt64LE(take(8))));
      const total = ends.at(-1) ?? 0;
      const keys = values(inner ?? key ?? 'String', total);
      const items = inner === undefined ? values('String', total).map((value, index) => [keys[index], value]) : keys;
      return ends.map((end, row) => items.slice(row === 0 ? 0 : ends[row - 1], end));
    }
    if (type === 'String') return times(rows, text);
    if (type === 'LowCardinality(String)') {
      if (rows === 0) return [];
      const width = ([1, 2, 4] as const)[native.readUInt8(take(8))] ?? 1;
      const texts = times(Number(native.readBigUInt64LE(take(8))), text);
      if (Number(native.readBigUInt64LE(take(8))) !== rows) throw new Error('a dictionary has another number of rows');
      return times(rows, () => texts[native.readUIntLE(take(width), width)]);
    }
    if (type === 'UInt8' || type === 'Bool') return times(rows, () => native.readUInt8(take(1)));
    if (type === 'Int32') return times(rows, () => native.readInt32LE(take(4)));
    if (type === 'UInt32' || type === 'DateTime') return times(rows, () => native.readUInt32LE(take(4)));
    if (type === 'Float64') return times(rows, () => native.readDoubleLE(take(8)));
    if (type === 'UInt64' || type.startsWith('DateTime64')) return times(rows, () => native.readBigUInt64LE(take(8)));
    throw new Error(`no reader for ${type}`);
  }

  const columns = varint();
  const rows = varint();
  const table = times(columns, () => {
    const name = text();
    const type = text();
    if (type.includes('LowCardinality')) take(8);
    return [name, values(type, rows)] as const;
  });
  if (at !== native.length) throw new Error(`${native.length - at} bytes are left`);
  return times(rows, () => ({})).map((_, row) => Object.fromEntries(table.map(([name, column]) => [name, column[row]])));
}
