import { prometheusName } from '../prometheus-name.js';
import { FIXED64, type Reader } from '../reader.js';
import type { ChildSpec, KnownSeries, Metric } from '../series.js';
import { ATTRIBUTE, EXEMPLAR } from '../wide.js';
import { pushSample, type SampleColumns } from './columns.js';
import { doubleOf, Point, type PointFields, type Put } from './point.js';

const FIELDS: PointFields = { attributes: 7, flags: 8, exemplars: 5, parts: { 5: EXEMPLAR, 7: ATTRIBUTE } };

/** Of a gauge or a sum. */
export class NumberPoint extends Point {
  protected get fields(): PointFields {
    return FIELDS;
  }
  value: number | undefined;

  protected override reset(): void {
    super.reset();
    this.value = undefined;
  }

  protected readField(reader: Reader): boolean {
    if (reader.field === 4) this.value = doubleOf(reader);
    else if (reader.field === 6) {
      reader.expect(FIXED64);
      this.value = reader.int64();
    } else return false;
    return true;
  }

  protected misfit(): string | undefined {
    return this.value === undefined ? 'a data point without a value' : undefined;
  }

  shape(): string {
    return '';
  }

  children({ name, unit, type, isSum }: Metric): ChildSpec[] {
    if (type === 'counter') return [{ name: prometheusName(name, unit, 'counter'), type }];
    return [{ name: prometheusName(name, unit, isSum ? 'other' : 'gauge'), type: 'gauge' }];
  }

  write(put: Put): void {
    put(0, this.value ?? 0);
  }

  /** The same of a value that is not a delta. */
  writeTo(samples: SampleColumns, series: KnownSeries | undefined): void {
    if (series) pushSample(samples, series, this.timeMs, this.value ?? 0);
  }
}
