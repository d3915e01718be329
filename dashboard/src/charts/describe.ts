import type { ApiChart } from '#core/api/charts.js';
import type { UnixMs } from '#core/types.js';
import { clock } from '../format/time.js';
import { displayUnit, valueIn } from '../format/value.js';
import { isOutside, lastPoint } from './shape.js';

/** Unit in which a chart's values are shown. */
export function unitOf({ unit, title, series }: Pick<ApiChart, 'unit' | 'title' | 'series'>): string {
  return displayUnit(unit, series?.metric ?? title, series?.kind);
}

/** "0.1 – 0.4 %", or '' without a band. */
export function bandText(lower: number | null | undefined, upper: number | null | undefined, unit: string): string {
  if (typeof lower !== 'number' || typeof upper !== 'number') return '';
  const [low, high] = [valueIn(unit, lower), valueIn(unit, upper)];
  const gap = high.lastIndexOf('\u00a0');
  const suffix = gap < 0 ? '' : high.slice(gap);
  const head = suffix !== '' && low.endsWith(suffix) ? low.slice(0, -suffix.length) : low;
  return low === high ? high : `${head} – ${high}`;
}

/** A chart in words, for those who do not see it; `none` where it has no point. */
export function describeChart(chart: ApiChart, now: UnixMs, none = 'no data in this range'): string {
  const unit = unitOf(chart);
  const last = lastPoint(chart);
  if (!last) return `${chart.title}: ${none}.`;
  const measured = chart.values.filter((value): value is number => value !== null);
  const said = [`${chart.title}: ${valueIn(unit, last.value)} at ${clock(last.at, now)}`, `between ${valueIn(unit, Math.min(...measured))} and ${valueIn(unit, Math.max(...measured))} in this range`];
  const band = bandText(last.lower, last.upper, unit);
  if (band !== '') said.push(`expected ${band}`);
  const outside = chart.times.filter((_at, index) => isOutside(chart.values[index] ?? null, chart.lower[index] ?? null, chart.upper[index] ?? null));
  const first = outside[0];
  if (first !== undefined) said.push(`${outside.length} of ${measured.length} points outside the band, the first at ${clock(first, now)}`);
  return `${said.join('; ')}.`;
}
