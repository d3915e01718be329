import { MapColumn } from '#store/native.js';
import { readPair } from '../attributes.js';
import { FIXED64, LENGTH, Reader, VARINT } from '../reader.js';
import type { ChildSpec, KnownSeries, Metric } from '../series.js';
import type { MetricColumns } from './columns.js';

const NO_RECORDED_VALUE = 1;

/** Takes the value of the series at `index`; a value that `cumulates` is summed up when it is a delta. */
export type Put = (index: number, value: number, cumulates?: boolean) => void;

/** Field numbers of the same thing differ between the point messages. 0: there is none. */
export interface PointFields {
  readonly attributes: number;
  readonly flags: number;
  readonly exemplars: number;
}

/** One data point of any metric: what all have in common, and what each type makes of the rest. */
export abstract class Point {
  startMs = 0;
  timeMs = 0;
  /** As sent, for telling points apart that are less than a millisecond apart; exact to 256 ns. */
  timeNs = 0;
  flags = 0;
  /** Of the attributes as they were encoded: together they tell one encoding from another. */
  hash = 0;
  check = 0;
  readonly exemplars: Reader[] = [];
  protected abstract get fields(): PointFields;
  private source: Reader | undefined;
  /** Begin and end of each KeyValue in the source. */
  private readonly pairs: number[] = [];
  private decoded: MapColumn | undefined;

  /** Decoded when asked for: a series that is known does not need them. */
  get attributes(): MapColumn {
    if (this.decoded) return this.decoded;
    const target = new MapColumn('');
    const { source, pairs } = this;
    for (let at = 0; source && at < pairs.length; at += 2) readPair(new Reader(source.bytes, pairs[at], pairs[at + 1]), target);
    this.decoded = target;
    return target;
  }

  /** Equal for equal attributes in equal order, however they were encoded. */
  get key(): string {
    const { keys, values } = this.attributes;
    return `${JSON.stringify(keys.texts())}${values.bytes.view().toString('latin1')}`;
  }

  get isStale(): boolean {
    return (this.flags & NO_RECORDED_VALUE) !== 0;
  }

  read(reader: Reader): this {
    const { attributes, flags, exemplars } = this.fields;
    this.source = reader;
    while (reader.next()) {
      const { field } = reader;
      if (field === attributes) this.addPair(reader);
      else if (field === 2) this.startMs = fixedMs(reader);
      else if (field === 3) {
        this.timeNs = uint64Of(reader);
        this.timeMs = Math.round(this.timeNs / 1e6);
      } else if (field === flags) {
        reader.expect(VARINT);
        this.flags = reader.varint();
      } else if (field === exemplars) this.exemplars.push(reader.message());
      else if (!this.readField(reader)) reader.skip();
    }
    return this;
  }

  private addPair(reader: Reader): void {
    reader.expect(LENGTH);
    reader.range();
    const { bytes, start, stop } = reader;
    this.pairs.push(start, stop);
    let low = this.hash ^ (stop - start);
    let high = this.check + (stop - start);
    for (let at = start; at < stop; at += 1) {
      const byte = bytes[at] ?? 0;
      low = Math.imul(low ^ byte, 0x0100_0193);
      high = Math.imul(high ^ byte, 0x85eb_ca6b) + (high >>> 13);
    }
    this.hash = low;
    this.check = high | 0;
  }

  /** Reads a field of this type; false when there is no such field. */
  protected abstract readField(reader: Reader): boolean;
  /** Why the point makes no sense, or nothing. */
  abstract fault(): string | undefined;
  /** What of the point decides which series it has, beside its attributes. */
  abstract shape(): string;
  /** The Prometheus series of the point, in the order `write` fills them. */
  abstract children(metric: Metric): ChildSpec[];
  abstract write(put: Put, children: readonly KnownSeries[], columns: MetricColumns): void;
}

export function fixedMs(reader: Reader): number {
  reader.expect(FIXED64);
  return Math.round(reader.uint64() / 1e6);
}

export function doubleOf(reader: Reader): number {
  reader.expect(FIXED64);
  return reader.double();
}

export function uint64Of(reader: Reader): number {
  reader.expect(FIXED64);
  return reader.uint64();
}

/** Repeated 8-byte values, packed or one by one. */
export function readFixedList(reader: Reader, into: number[], read: (reader: Reader) => number): void {
  if (reader.wire === FIXED64) {
    into.push(read(reader));
    return;
  }
  reader.expect(LENGTH);
  const packed = reader.message();
  packed.wire = FIXED64;
  while (packed.pos < packed.end) into.push(read(packed));
}
