import type { UnixMs } from '#core/types.js';
import type { NumberColumn } from '#store/native.js';
import { prometheusName } from '../prometheus-name.js';
import { FIXED64, LENGTH, type Reader, VARINT } from '../reader.js';
import type { ChildSpec, KnownSeries, Metric } from '../series.js';
import { ATTRIBUTE, EXEMPLAR } from '../wide.js';
import type { MetricColumns } from './columns.js';
import { doubleOf, Point, type PointFields, type Put } from './point.js';

const FIELDS: PointFields = { attributes: 1, flags: 10, exemplars: 11, parts: { 1: ATTRIBUTE, 8: {}, 9: {}, 11: EXEMPLAR } };

/** Of one sign; SDKs use 160. */
const MAX_BUCKETS = 4_096;
const COUNT_BYTES = 8;

/** A count that may be too large for a double. */
interface Halves {
  readonly low: number;
  readonly high: number;
}

function halvesOf(reader: Reader): Halves {
  reader.expect(FIXED64);
  reader.fixed64();
  return { low: reader.low, high: reader.high };
}

/** Counts of one sign, beginning at bucket `offset`. Exact 64-bit halves: low, high, low, high, … */
class Buckets {
  offset = 0;
  readonly halves: number[] = [];

  get size(): number {
    return this.halves.length / 2;
  }

  /** Parts of one message add up. Beyond MAX_BUCKETS one more is read, which tells. */
  read(reader: Reader): void {
    while (reader.next()) {
      if (reader.field === 1) this.offset = reader.sint32();
      else if (reader.field !== 2 || this.size > MAX_BUCKETS) reader.skip();
      else if (reader.wire === VARINT) this.readCount(reader);
      else {
        reader.expect(LENGTH);
        const packed = reader.message();
        for (let room = MAX_BUCKETS + 1 - this.size; room > 0 && packed.pos < packed.end; room -= 1) this.readCount(packed);
      }
    }
  }

  private readCount(reader: Reader): void {
    reader.varint();
    this.halves.push(reader.low, reader.high);
  }

  writeTo(counts: NumberColumn): void {
    for (let at = 0; at < this.halves.length; at += 2) counts.pushParts(this.halves[at] ?? 0, this.halves[at + 1] ?? 0);
  }
}

/** Becomes `_count`, `_sum` and a row of `metric_histograms`, as it was sent: cumulative or delta. */
export class ExponentialPoint extends Point {
  protected get fields(): PointFields {
    return FIELDS;
  }
  count: Halves = { low: 0, high: 0 };
  sum: number | undefined;
  min = 0;
  max = 0;
  scale = 0;
  zeroCount: Halves = { low: 0, high: 0 };
  zeroThreshold = 0;
  readonly positive = new Buckets();
  readonly negative = new Buckets();

  protected readField(reader: Reader): boolean {
    switch (reader.field) {
      case 4: this.count = halvesOf(reader); return true;
      case 5: this.sum = doubleOf(reader); return true;
      case 6: this.scale = reader.sint32(); return true;
      case 7: this.zeroCount = halvesOf(reader); return true;
      case 8: this.positive.read(reader.message()); return true;
      case 9: this.negative.read(reader.message()); return true;
      case 12: this.min = doubleOf(reader); return true;
      case 13: this.max = doubleOf(reader); return true;
      case 14: this.zeroThreshold = doubleOf(reader); return true;
      default: return false;
    }
  }

  protected misfit(): string | undefined {
    return this.positive.size > MAX_BUCKETS || this.negative.size > MAX_BUCKETS ? `an exponential histogram of more than ${MAX_BUCKETS} buckets` : undefined;
  }

  /** Bytes that its counts become, however short they were sent. */
  get expanded(): number {
    return COUNT_BYTES * (this.positive.size + this.negative.size);
  }

  shape(): string {
    return '';
  }

  children({ name, unit }: Metric): ChildSpec[] {
    const base = prometheusName(name, unit, 'other');
    return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, { name: base, type: 'exponential_histogram' }];
  }

  write(put: Put, [, , own]: readonly KnownSeries[], columns: MetricColumns): void {
    const timeMs = put(0, this.count.high * 0x1_0000_0000 + this.count.low);
    if (this.sum !== undefined) put(1, this.sum);
    // Of deltas of several scopes each is a row of its own time, as their totals are.
    if (own && timeMs !== undefined) this.writeRow(own, timeMs, columns);
  }

  /** The same when nothing was counted yet. */
  writeStart([, , own]: readonly KnownSeries[], columns: MetricColumns): void {
    const { startMs, scale, zeroThreshold } = this;
    if (own) Object.assign(new ExponentialPoint(), { startMs, scale, zeroThreshold }).writeRow(own, startMs, columns);
  }

  private writeRow(own: KnownSeries, timeMs: UnixMs, { histograms }: MetricColumns): void {
    histograms.series.pushBigInt(own.id);
    histograms.time.push(timeMs);
    histograms.start.push(this.startMs);
    histograms.count.pushParts(this.count.low, this.count.high);
    histograms.sum.push(this.sum ?? 0);
    histograms.min.push(this.min);
    histograms.max.push(this.max);
    histograms.scale.push(this.scale);
    histograms.zeroCount.pushParts(this.zeroCount.low, this.zeroCount.high);
    histograms.zeroThreshold.push(this.zeroThreshold);
    histograms.positiveOffset.push(this.positive.offset);
    this.positive.writeTo(histograms.positiveCounts.items);
    histograms.positiveCounts.endRow();
    histograms.negativeOffset.push(this.negative.offset);
    this.negative.writeTo(histograms.negativeCounts.items);
    histograms.negativeCounts.endRow();
  }

  /** The series of the buckets. */
  override childOf(): number {
    return 2;
  }
}
