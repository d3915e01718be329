import type { UnixMs } from '#core/types.js';
import type { PromAnswer, PromSeries } from '../../api/prometheus.js';

/** More lines than this say nothing, and cost the browser. */
export const MOST_SERIES = 100;

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly last: number | null;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

export interface Lines {
  readonly times: readonly UnixMs[];
  readonly lines: readonly Line[];
  /** Series beyond MOST_SERIES, the smallest ones. */
  readonly left: number;
  /** Series that hold native histograms only, which have no line. */
  readonly histograms: number;
}

/** Series on the one grid of the question, those that reach highest first. */
export function linesOf({ series, range: { from, to, stepMs } }: Pick<PromAnswer, 'series' | 'range'>): Lines {
  const times = Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);
  const drawn = series.filter(({ values }) => values !== undefined);
  const all = drawn.map((one) => lineOf(one, times.length, from, stepMs)).toSorted((a, b) => (b.max ?? -Infinity) - (a.max ?? -Infinity));
  return { times, lines: all.slice(0, MOST_SERIES), left: Math.max(0, all.length - MOST_SERIES), histograms: series.length - drawn.length };
}

function lineOf({ metric, values: points = [] }: PromSeries, length: number, from: UnixMs, stepMs: number): Line {
  const values: (number | null)[] = Array.from({ length }, () => null);
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  let last: number | null = null;
  for (const [seconds, text] of points) {
    const value = numberOf(text);
    if (!Number.isFinite(value)) continue;
    values[Math.round((seconds * 1000 - from) / stepMs)] = last = value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count += 1;
  }
  return count === 0 ? { name: nameOf(metric), values, last, min: null, mean: null, max: null } : { name: nameOf(metric), values, last, min, mean: sum / count, max };
}

/** Prometheus writes infinities as `+Inf`, which no line can show. */
function numberOf(text: string): number {
  return text.endsWith('Inf') ? Infinity : Number(text);
}

/** `up{job="api"}` as one would select it. */
export function nameOf({ __name__: metric = '', ...labels }: PromSeries['metric']): string {
  const inner = Object.entries(labels).map(([name, value]) => `${/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`);
  const plain = /^[a-zA-Z_:][\w:]*$/.test(metric) || metric === '';
  const all = plain ? inner : [JSON.stringify(metric), ...inner];
  return `${plain ? metric : ''}${all.length > 0 || metric === '' ? `{${all.join(', ')}}` : ''}`;
}
