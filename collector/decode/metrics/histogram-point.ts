import { prometheusName } from '../prometheus-name.js';
import type { Reader } from '../reader.js';
import type { ChildSpec, Metric } from '../series.js';
import { ATTRIBUTE, EXEMPLAR } from '../wide.js';
import { doubleOf, Point, type PointFields, type Put, readFixedList, uint64Of } from './point.js';

const FIELDS: PointFields = { attributes: 9, flags: 10, exemplars: 8, parts: { 8: EXEMPLAR, 9: ATTRIBUTE } };

/** Each bound is a series of its own; SDKs use ten to twenty. */
const MAX_BOUNDS = 1_000;

/** Becomes `_count`, `_sum` and one `_bucket` for each bound, as a classic Prometheus histogram. */
export class HistogramPoint extends Point {
  protected get fields(): PointFields {
    return FIELDS;
  }
  count = 0;
  /** Absent when negative measurements make it no counter. */
  sum: number | undefined;
  readonly bucketCounts: number[] = [];
  readonly bounds: number[] = [];

  protected readField(reader: Reader): boolean {
    switch (reader.field) {
      case 4: this.count = uint64Of(reader); return true;
      case 5: this.sum = doubleOf(reader); return true;
      case 6: readFixedList(reader, this.bucketCounts, MAX_BOUNDS + 1, uint64Of); return true;
      case 7: readFixedList(reader, this.bounds, MAX_BOUNDS, doubleOf); return true;
      default: return false;
    }
  }

  protected misfit(): string | undefined {
    const { bucketCounts, bounds } = this;
    if (bounds.length > MAX_BOUNDS) return `a histogram of more than ${MAX_BOUNDS} bounds`;
    if (bucketCounts.length !== bounds.length + 1 && bucketCounts.length + bounds.length > 0) return 'bucket_counts must be one more than explicit_bounds';
    for (const [index, bound] of bounds.entries()) {
      if (!Number.isFinite(bound) || bound <= (bounds[index - 1] ?? -Infinity)) return 'explicit_bounds must be finite and increase';
    }
    return undefined;
  }

  shape(): string {
    return this.bounds.join();
  }

  children({ name, unit }: Metric): ChildSpec[] {
    const base = prometheusName(name, unit, 'other');
    const buckets = [...this.bounds.map(String), '+Inf'].map((le): ChildSpec => ({ name: `${base}_bucket`, type: 'histogram', labels: { le } }));
    return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, ...buckets];
  }

  write(put: Put): void {
    put(0, this.count);
    if (this.sum !== undefined) put(1, this.sum);
    let running = 0;
    for (let bucket = 0; bucket < this.bounds.length; bucket += 1) {
      running += this.bucketCounts[bucket] ?? 0;
      put(bucket + 2, running);
    }
    put(this.bounds.length + 2, this.count);
  }

  /** The bucket that it fell into, as Prometheus keeps them. */
  override childOf(value: number): number {
    let [low, high] = [0, this.bounds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.bounds[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    return low + 2;
  }
}
