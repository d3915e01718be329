import type { Histogram } from '../histogram/histogram.js';
import { dropName, keyOf, type LabelSet } from '../labels.js';
import { executionError } from '../query-error.js';
import { FLOAT, HISTOGRAM } from '../source.js';

/** No sample at a step; the other kinds are those of a source. */
export const ABSENT = 0;

/** One series over a query's steps. All columns have one entry per step. */
export interface VectorSeries {
  readonly labels: LabelSet;
  /** The metric's name no longer describes the values; it goes at the end, so that `by (__name__)` and label_replace still see it. */
  readonly dropName: boolean;
  /** ABSENT, FLOAT or HISTOGRAM. */
  readonly kinds: Uint8Array;
  readonly values: Float64Array;
  /** Present when a step holds a histogram. */
  histograms: (Histogram | undefined)[] | undefined;
}

/** What an expression evaluates to, over every step at once. */
export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly series: readonly VectorSeries[] };

export const vector = (series: readonly VectorSeries[]): Value => ({ type: 'vector', series });

export function emptySeries(labels: LabelSet, steps: number, nameDropped = false): VectorSeries {
  return { labels, dropName: nameDropped, kinds: new Uint8Array(steps), values: new Float64Array(steps), histograms: undefined };
}

export function setFloat(series: VectorSeries, step: number, value: number): void {
  series.kinds[step] = FLOAT;
  series.values[step] = value;
}

export function setHistogram(series: VectorSeries, step: number, value: Histogram): void {
  series.kinds[step] = HISTOGRAM;
  series.histograms ??= Array.from({ length: series.kinds.length });
  series.histograms[step] = value;
}

export function setAny(series: VectorSeries, step: number, value: number | Histogram): void {
  if (typeof value === 'number') setFloat(series, step, value);
  else setHistogram(series, step, value);
}

/** The histogram at a step; undefined when there is a float or nothing. */
export function histogramAt(series: VectorSeries, step: number): Histogram | undefined {
  return series.kinds[step] === HISTOGRAM ? series.histograms?.[step] : undefined;
}

export function isEmpty(series: VectorSeries): boolean {
  return series.kinds.every((kind) => kind === ABSENT);
}

/** `series` where `mask` is not 0, sharing the values. */
export function masked(series: VectorSeries, mask: (step: number) => boolean): VectorSeries {
  return { ...series, kinds: series.kinds.map((kind, step) => (kind !== ABSENT && mask(step) ? kind : ABSENT)) };
}

/** The series that hold anything, with names dropped where they must be, equal label sets joined. Throws when two of them have a sample at the same step. */
export function finish(series: readonly VectorSeries[]): VectorSeries[] {
  const named = series.filter((one) => !isEmpty(one)).map((one) => (one.dropName ? { ...one, labels: dropName(one.labels), dropName: false } : one));
  return joinEqual(named, true);
}

/** Series of equal labels as one where they do not overlap. Those that do stay apart, as do those that will lose their name from those that keep it; with `strict` the former throw and the latter are one. */
export function joinEqual(series: readonly VectorSeries[], strict: boolean): VectorSeries[] {
  const byKey = new Map<string, VectorSeries>();
  const joined: VectorSeries[] = [];
  for (const one of series) {
    const key = strict ? keyOf(one.labels) : `${one.dropName} ${keyOf(one.labels)}`;
    const first = byKey.get(key);
    if (first && !overlaps(first, one)) {
      const both = union(first, one);
      joined[joined.indexOf(first)] = both;
      byKey.set(key, both);
      continue;
    }
    if (first && strict) throw executionError('vector cannot contain metrics with the same labelset');
    if (!first) byKey.set(key, one);
    joined.push(one);
  }
  return joined;
}

function overlaps(a: VectorSeries, b: VectorSeries): boolean {
  return a.kinds.some((kind, step) => kind !== ABSENT && b.kinds[step] !== ABSENT);
}

function union(a: VectorSeries, b: VectorSeries): VectorSeries {
  const both: VectorSeries = { labels: a.labels, dropName: a.dropName || b.dropName, kinds: a.kinds.slice(), values: a.values.slice(), histograms: a.histograms && [...a.histograms] };
  for (let step = 0; step < b.kinds.length; step += 1) {
    if (b.kinds[step] === ABSENT) continue;
    const histogram = histogramAt(b, step);
    setAny(both, step, histogram ?? b.values[step] ?? Number.NaN);
  }
  return both;
}
