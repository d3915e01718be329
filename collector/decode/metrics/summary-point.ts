import { prometheusName } from '../prometheus-name.js';
import type { Reader } from '../reader.js';
import type { ChildSpec, Metric } from '../series.js';
import { ATTRIBUTE } from '../wide.js';
import { doubleOf, Point, type PointFields, type Put, uint64Of } from './point.js';

const MAX_QUANTILES = 100;

const FIELDS: PointFields = { attributes: 7, flags: 8, exemplars: 0, parts: { 6: {}, 7: ATTRIBUTE } };

/** Becomes `_count`, `_sum` and one gauge for each quantile. */
export class SummaryPoint extends Point {
  protected get fields(): PointFields {
    return FIELDS;
  }
  count = 0;
  sum = 0;
  readonly quantiles: { readonly quantile: number; readonly value: number }[] = [];

  protected readField(reader: Reader): boolean {
    switch (reader.field) {
      case 4: this.count = uint64Of(reader); return true;
      case 5: this.sum = doubleOf(reader); return true;
      case 6: this.quantiles.push(readQuantile(reader.message())); return true;
      default: return false;
    }
  }

  protected misfit(): string | undefined {
    if (this.quantiles.length > MAX_QUANTILES) return `a summary of more than ${MAX_QUANTILES} quantiles`;
    return this.quantiles.every(({ quantile }) => quantile >= 0 && quantile <= 1) ? undefined : 'a quantile is not between 0 and 1';
  }

  shape(): string {
    return this.quantiles.map(({ quantile }) => quantile).join();
  }

  children({ name, unit }: Metric): ChildSpec[] {
    const base = prometheusName(name, unit, 'other');
    return [{ name: `${base}_count`, type: 'counter' }, { name: `${base}_sum`, type: 'counter' }, ...this.quantiles.map(({ quantile }): ChildSpec => ({ name: base, type: 'summary', labels: { quantile: String(quantile) } }))];
  }

  write(put: Put): void {
    put(0, this.count);
    put(1, this.sum);
    for (const [index, { value }] of this.quantiles.entries()) put(index + 2, value, false);
  }
}

function readQuantile(reader: Reader): { quantile: number; value: number } {
  const found = { quantile: 0, value: 0 };
  while (reader.next()) {
    if (reader.field === 1) found.quantile = doubleOf(reader);
    else if (reader.field === 2) found.value = doubleOf(reader);
    else reader.skip();
  }
  return found;
}
