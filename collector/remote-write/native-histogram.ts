import { doubleOf } from '../decode/metrics/point.js';
import { FIXED64, LENGTH, type Reader, VARINT } from '../decode/reader.js';
import { REFUSED, type Refusal } from './refusal.js';

/** A schema that lists its bounds: a classic histogram in the shape of a native one. */
const CUSTOM_BOUNDS = -53;
const MIN_SCHEMA = -9;
const MAX_SCHEMA = 52;
/** From the first bucket to the last, gaps included; Prometheus itself scrapes at most some hundreds. */
const MAX_BUCKETS = 4096;

export const int64 = (reader: Reader): number => {
  reader.expect(VARINT);
  reader.varint();
  return (reader.high | 0) * 0x1_0000_0000 + reader.low;
};
const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** Repeated numbers, packed or one by one. */
function readList(reader: Reader, wire: number, into: number[], read: (reader: Reader) => number): void {
  if (reader.wire === wire) {
    into.push(read(reader));
    return;
  }
  reader.expect(LENGTH);
  const packed = reader.message();
  while (packed.pos < packed.end) into.push(read(packed));
}

/** Buckets of one sign: runs of neighbours, and what each holds. */
class Side {
  /** Gap to the run before and length, alternately. */
  readonly spans: number[] = [];
  readonly deltas: number[] = [];
  readonly floats: number[] = [];
  /** Index of the first bucket, as Prometheus counts them. */
  first = 0;
  /** From `first` on, without gaps. */
  counts: number[] = [];

  readSpan(reader: Reader): void {
    let offset = 0;
    let length = 0;
    while (reader.next()) {
      if (reader.field === 1) offset = reader.sint32();
      else if (reader.field === 2) {
        reader.expect(VARINT);
        length = reader.varint();
      } else reader.skip();
    }
    this.spans.push(offset, length);
  }

  /** Fills `first` and `counts`. */
  unpack(): Refusal | undefined {
    const { spans, deltas, floats } = this;
    const given = floats.length > 0 ? floats : deltas;
    let told = 0;
    let width = 0;
    for (let at = 0; at < spans.length; at += 2) {
      const offset = spans[at] ?? 0;
      const length = spans[at + 1] ?? 0;
      if (at > 0 && offset < 0) return REFUSED.histogramSpans;
      told += length;
      width += (at > 0 ? offset : 0) + length;
    }
    if (told !== given.length) return REFUSED.histogramSpans;
    if (width > MAX_BUCKETS) return REFUSED.histogramSize;
    this.first = spans[0] ?? 0;
    let running = 0;
    let next = 0;
    for (let at = 0; at < spans.length; at += 2) {
      if (at > 0) for (let gap = spans[at] ?? 0; gap > 0; gap -= 1) this.counts.push(0);
      for (let left = spans[at + 1] ?? 0; left > 0; left -= 1) {
        const value = given[next++] ?? 0;
        running = given === floats ? value : running + value;
        if (!(running >= 0) || !Number.isSafeInteger(running)) return REFUSED.histogramCounts;
        this.counts.push(running);
      }
    }
    return undefined;
  }
}

/** prometheus.Histogram and io.prometheus.write.v2.Histogram, which have the same fields. */
export class NativeHistogram {
  timeMs = 0;
  startMs = 0;
  count = 0;
  sum = 0;
  sumLow = 0;
  sumHigh = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  readonly positive = new Side();
  readonly negative = new Side();
  readonly bounds: number[] = [];

  get hasCustomBounds(): boolean {
    return this.schema === CUSTOM_BOUNDS;
  }

  read(reader: Reader): this {
    while (reader.next()) {
      switch (reader.field) {
        case 1: reader.expect(VARINT); this.count = reader.varint(); break;
        case 2: this.count = doubleOf(reader); break;
        case 3: this.sum = doubleOf(reader); this.sumLow = reader.bytes.readUInt32LE(reader.pos - 8); this.sumHigh = reader.bytes.readUInt32LE(reader.pos - 4); break;
        case 4: this.schema = reader.sint32(); break;
        case 5: this.zeroThreshold = doubleOf(reader); break;
        case 6: reader.expect(VARINT); this.zeroCount = reader.varint(); break;
        case 7: this.zeroCount = doubleOf(reader); break;
        case 8: this.negative.readSpan(reader.message()); break;
        case 9: readList(reader, VARINT, this.negative.deltas, (from) => zigzag(from.varint())); break;
        case 10: readList(reader, FIXED64, this.negative.floats, (from) => from.double()); break;
        case 11: this.positive.readSpan(reader.message()); break;
        case 12: readList(reader, VARINT, this.positive.deltas, (from) => zigzag(from.varint())); break;
        case 13: readList(reader, FIXED64, this.positive.floats, (from) => from.double()); break;
        case 15: this.timeMs = int64(reader); break;
        case 16: readList(reader, FIXED64, this.bounds, (from) => from.double()); break;
        case 17: this.startMs = int64(reader); break;
        default: reader.skip();
      }
    }
    return this;
  }

  /** Unpacks the buckets, or says why the histogram makes no sense. */
  fault(): Refusal | undefined {
    const { schema, positive, negative, bounds } = this;
    if (!this.hasCustomBounds && (schema < MIN_SCHEMA || schema > MAX_SCHEMA)) return REFUSED.histogramSchema;
    if (!isCount(this.count) || !isCount(this.zeroCount)) return REFUSED.histogramCounts;
    const fault = positive.unpack() ?? negative.unpack();
    if (fault || !this.hasCustomBounds) return fault;
    if (bounds.length > MAX_BUCKETS) return REFUSED.histogramSize;
    if (bounds.some((bound, index) => !Number.isFinite(bound) || bound <= (bounds[index - 1] ?? -Infinity))) return REFUSED.histogramBounds;
    const end = positive.first + positive.counts.length;
    return positive.first < 0 || end > bounds.length + 1 || negative.counts.length > 0 ? REFUSED.histogramSpans : undefined;
  }
}

const isCount = (value: number): boolean => value >= 0 && Number.isSafeInteger(value);
