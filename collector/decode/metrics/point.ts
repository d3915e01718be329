import type { UnixMs } from '#core/types.js';
import { MapColumn } from '#store/native.js';
import { entries, readPair } from '../attributes.js';
import { Hash, viewOf } from '../hash.js';
import { FIXED64, LENGTH, Reader, VARINT } from '../reader.js';
import type { ChildSpec, KnownSeries, Metric } from '../series.js';
import { isWide, type Parts, TOO_WIDE } from '../wide.js';
import type { MetricColumns } from './columns.js';

const NO_RECORDED_VALUE = 1;
/** Keeps these hashes apart from others. */
const ATTRIBUTES = 3;

/** Takes the value of the series at `index`; a value that `cumulates` is summed up when it is a delta. Answers at which time it is stored; undefined where it was stored before. */
export type Put = (index: number, value: number, cumulates?: boolean) => UnixMs | undefined;

/** Field numbers of the same thing differ between the point messages. 0: there is none. */
export interface PointFields {
  readonly attributes: number;
  readonly flags: number;
  readonly exemplars: number;
  readonly parts: Parts;
}

/** One data point of any metric: what all have in common, and what each type makes of the rest. May be read into again and again. */
export abstract class Point {
  startMs = 0;
  timeMs = 0;
  /** As sent, for telling points apart that are less than a millisecond apart; exact to 256 ns. */
  timeNs = 0;
  flags = 0;
  /** Of the attributes as they were encoded: its halves together tell one encoding from another. */
  readonly hash = new Hash();
  readonly exemplars: Reader[] = [];
  protected abstract get fields(): PointFields;
  private bytes: Buffer = Buffer.alloc(0);
  private view = viewOf(this.bytes);
  /** Begin and end of each KeyValue in the bytes. */
  private readonly pairs: number[] = [];
  private pairCount = 0;
  private decoded: MapColumn | undefined;
  private isDecoded = false;
  private texts: Record<string, string> | undefined;
  private isWide = false;
  /** The attributes as texts. */
  readonly record = (): Record<string, string> => (this.texts ??= entries(this.attributes));

  /** Decoded when asked for: a series that is known does not need them. */
  get attributes(): MapColumn {
    const target = (this.decoded ??= new MapColumn(''));
    if (this.isDecoded) return target;
    target.reset();
    const { bytes, pairs } = this;
    for (let at = 0; at < 2 * this.pairCount; at += 2) readPair(new Reader(bytes, pairs[at], pairs[at + 1]), target);
    this.isDecoded = true;
    return target;
  }

  /** Equal for equal attributes in equal order, however they were encoded. */
  get key(): string {
    const { keys, values } = this.attributes;
    return `${keys.key()}${values.bytes.view().toString('latin1')}`;
  }

  get isStale(): boolean {
    return (this.flags & NO_RECORDED_VALUE) !== 0;
  }

  read(reader: Reader): this {
    const { attributes, flags, exemplars, parts } = this.fields;
    this.reset();
    this.isWide = isWide(reader, parts);
    if (this.isWide) return this;
    if (reader.bytes !== this.bytes) {
      this.bytes = reader.bytes;
      this.view = viewOf(reader.bytes);
    }
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
    this.hash.end();
    return this;
  }

  protected reset(): void {
    this.startMs = 0;
    this.timeMs = 0;
    this.timeNs = 0;
    this.flags = 0;
    // To shorten a list takes longer than to look at it.
    if (this.exemplars.length > 0) this.exemplars.length = 0;
    this.pairCount = 0;
    this.isDecoded = false;
    this.texts = undefined;
    this.hash.begin(ATTRIBUTES);
  }

  private addPair(reader: Reader): void {
    reader.expect(LENGTH);
    reader.range();
    const at = 2 * this.pairCount;
    this.pairs[at] = reader.start;
    this.pairs[at + 1] = reader.stop;
    this.pairCount += 1;
    this.hash.bytes(this.view, reader.start, reader.stop);
  }

  /** Reads a field of this type; false when there is no such field. */
  protected abstract readField(reader: Reader): boolean;
  /** Why the point cannot be stored, or nothing. */
  fault(): string | undefined {
    return this.isWide ? TOO_WIDE : this.misfit();
  }

  /** What of its own makes no sense, or nothing. */
  protected abstract misfit(): string | undefined;
  /** What of the point decides which series it has, beside its attributes. */
  abstract shape(): string;
  /** The Prometheus series of the point, in the order `write` fills them. */
  abstract children(metric: Metric): ChildSpec[];
  abstract write(put: Put, children: readonly KnownSeries[], columns: MetricColumns): void;

  /** Which of the children an exemplar of `value` belongs to. */
  childOf(_value: number): number {
    return 0;
  }
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

/** Repeated 8-byte values, packed or one by one; beyond `most` only one more, which tells. */
export function readFixedList(reader: Reader, into: number[], most: number, read: (reader: Reader) => number): void {
  if (reader.wire === FIXED64) {
    const value = read(reader);
    if (into.length <= most) into.push(value);
    return;
  }
  reader.expect(LENGTH);
  const packed = reader.message();
  packed.wire = FIXED64;
  while (packed.pos < packed.end && into.length <= most) into.push(read(packed));
}
