import { labelSet, METRIC_NAME, pairsOf, type LabelSet } from '../labels.js';

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
  /** Which text stood at each place of a row the last time: neighbours say the same most of the time. */
  const before: { readonly from: number; readonly size: number; readonly text: string }[] = [];
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = (place: number): string => {
    const size = varint();
    const from = at;
    at += size;
    const last = before[place];
    if (last?.size === size && areSame(bytes, from, last.from, size)) return last.text;
    const made = intern(bytes.toString('utf8', from, at));
    before[place] = { from, size, text: made };
    return made;
  };
  const skip = (): void => {
    const size = varint();
    at += size;
  };
  const labels = (name: string): LabelSet => {
    const flat = [METRIC_NAME, name];
    let key = METRIC_NAME;
    let isOrdered = name !== '';
    for (let left = varint(), place = 1; left > 0; left -= 1, place += 2) {
      const next = text(place);
      const value = text(place + 1);
      isOrdered &&= next > key && value !== '';
      flat.push(next, value);
      key = next;
    }
    return isOrdered ? flat : labelSet(pairsOf(flat));
  };
  while (at < bytes.length) {
    const start = at;
    const low = bytes.readUInt32LE(at);
    const high = bytes.readUInt32LE(at + 4);
    const native = bytes[at + 8] === 1;
    at += 9;
    const name = text(0);
    const labelsAt = at;
    for (let left = varint() * 2; left > 0; left -= 1) skip();
    const end = at;
    yield {
      low, high, native, name,
      series() {
        at = labelsAt;
        const made = { id: bytes.readBigUInt64LE(start), low, high, labels: labels(name) };
        at = end;
        return made;
      },
    };
  }
}

function areSame(bytes: Buffer, from: number, other: number, size: number): boolean {
  for (let at = 0; at < size; at += 1) if (bytes[from + at] !== bytes[other + at]) return false;
  return true;
}
