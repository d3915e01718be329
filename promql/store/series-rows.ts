import { labelSet, METRIC_NAME, type LabelSet } from '../labels.js';

/** One stored series. There is one object for each id, and its labels are one object too, so that what is worked out from them can be kept beside them. */
export interface StoredSeries {
  readonly id: bigint;
  readonly low: number;
  readonly high: number;
  readonly labels: LabelSet;
}

/** What `rowsOfSeries` reads: a SELECT of these in RowBinary. A series may have several rows until ClickHouse merges them. */
export const SERIES_COLUMNS = "id, toUInt8(type = 'exponential_histogram'), name, labels";

/** The row that is at hand; what it is made of is read when asked for. */
export interface SeriesRow {
  readonly low: number;
  readonly high: number;
  readonly native: boolean;
  readonly name: string;
  series(): StoredSeries;
}

/** Source: https://clickhouse.com/docs/interfaces/formats/RowBinary */
export function* rowsOfSeries(bytes: Buffer, intern: (text: string) => string): Generator<SeriesRow> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const size = varint();
    at += size;
    return intern(bytes.toString('utf8', at - size, at));
  };
  const skip = (): void => {
    const size = varint();
    at += size;
  };
  while (at < bytes.length) {
    const start = at;
    const low = bytes.readUInt32LE(at);
    const high = bytes.readUInt32LE(at + 4);
    const native = bytes[at + 8] === 1;
    at += 9;
    const name = text();
    const labelsAt = at;
    for (let left = varint() * 2; left > 0; left -= 1) skip();
    const end = at;
    yield {
      low, high, native, name,
      series() {
        at = labelsAt;
        const pairs: [string, string][] = [[METRIC_NAME, name]];
        for (let left = varint(); left > 0; left -= 1) pairs.push([text(), text()]);
        at = end;
        return { id: bytes.readBigUInt64LE(start), low, high, labels: labelSet(pairs) };
      },
    };
  }
}
