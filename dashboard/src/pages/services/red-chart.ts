import type { ApiChart } from '#core/api/charts.js';
import type { SeriesKind } from '#core/types.js';

const KIND_OF_UNIT: ReadonlyMap<string, SeriesKind> = new Map([['1/s', 'rate'], ['1', 'errors'], ['ms', 'latency']]);

/** What a chart of a service shows. */
export function kindOf({ series, unit }: Pick<ApiChart, 'series' | 'unit'>): SeriesKind {
  return series?.kind ?? KIND_OF_UNIT.get(unit) ?? 'metric';
}

export function hasBand({ upper }: Pick<ApiChart, 'upper'>): boolean {
  return upper.some((value) => value !== null);
}

/** The last slot of a live range is still filling: it would draw a fall that did not happen. */
export function withoutLast(chart: ApiChart): ApiChart {
  const { times, values, expected, lower, upper } = chart;
  return { ...chart, times: times.slice(0, -1), values: values.slice(0, -1), expected: expected.slice(0, -1), lower: lower.slice(0, -1), upper: upper.slice(0, -1) };
}
