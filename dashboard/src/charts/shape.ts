import type { ApiChart } from '#core/api/charts.js';
import type { UnixMs } from '#core/types.js';
import { displayUnit, SHARE } from '../format/value.js';

type Points = readonly (number | null)[];
type Measured = Pick<ApiChart, 'times' | 'values' | 'expected' | 'lower' | 'upper'>;

/** The chart with its band cut to what can be: noise makes it wider than a share, and reaches below zero where nothing does. */
export function bounded(chart: ApiChart): ApiChart {
  const kind = chart.series?.kind;
  if (kind === undefined || (kind === 'metric' && !chart.unit.endsWith('/s') && displayUnit(chart.unit, chart.series?.metric ?? '') !== SHARE)) return chart;
  const most = kind === 'errors' ? 1 : Infinity;
  const cut = (value: number | null): number | null => value === null ? null : Math.min(most, Math.max(0, value));
  return { ...chart, expected: chart.expected.map(cut), lower: chart.lower.map(cut), upper: chart.upper.map(cut) };
}

/** Columns for uPlot, all of one length: times in ms, then upper, lower, expected, value, and the values outside the band. */
export interface Shaped {
  readonly times: number[];
  readonly upper: (number | null)[];
  readonly lower: (number | null)[];
  readonly expected: (number | null)[];
  readonly values: (number | null)[];
  readonly outside: (number | null)[];
}

/** Steps longer than this many usual ones are gaps, unless those around them are as long: a detector that is late writes at longer steps for a while. */
const GAP_STEPS = 2.5;

/** Breaks lines where points are missing, and picks out what lies outside the band. */
export function shape({ times, values, expected, lower, upper }: Measured): Shaped {
  const usual = usualStep(times);
  const out: Shaped = { times: [], upper: [], lower: [], expected: [], values: [], outside: [] };
  times.forEach((at, index) => {
    const before = times[index - 1];
    if (before !== undefined && at - before > GAP_STEPS * Math.max(usual, stepAround(times, index))) push(out, before + 1, null, null, null, null);
    push(out, at, values[index] ?? null, expected[index] ?? null, lower[index] ?? null, upper[index] ?? null);
  });
  return out;
}

/** The shorter of the steps before and after the one that leads to `index`. */
function stepAround(times: readonly UnixMs[], index: number): number {
  const step = (to: number): number => (times[to] ?? Infinity) - (times[to - 1] ?? -Infinity);
  const shorter = Math.min(step(index - 1), step(index + 1));
  return Number.isFinite(shorter) ? shorter : 0;
}

function push(out: Shaped, at: UnixMs, value: number | null, expected: number | null, lower: number | null, upper: number | null): void {
  out.times.push(at);
  out.values.push(value);
  out.expected.push(expected);
  out.lower.push(lower);
  out.upper.push(upper);
  out.outside.push(isOutside(value, lower, upper) ? value : null);
}

export function isOutside(value: number | null, lower: number | null, upper: number | null): boolean {
  return value !== null && ((upper !== null && value > upper) || (lower !== null && value < lower));
}

/** Median distance between two points, 0 when there are not two. */
export function usualStep(times: readonly UnixMs[]): number {
  const steps = times.slice(1).map((at, index) => at - (times[index] ?? at)).toSorted((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/**
 * Lowest and highest value to draw. Starts at 0 unless everything is far from it. A band far above all
 * values is cut off rather than pressing them flat.
 */
export function valueRange({ values, expected, lower, upper }: Pick<Shaped, 'values' | 'expected' | 'lower' | 'upper'>): readonly [number, number] {
  const measured = [...finite(values), ...finite(expected)];
  if (measured.length === 0) return [0, 1];
  const top = Math.max(...measured);
  const bottom = Math.min(...measured);
  const room = Math.max(top - Math.min(bottom, 0), 1e-9);
  const high = Math.min(Math.max(top, ...finite(upper)), top + room);
  const low = Math.max(Math.min(bottom, ...finite(lower)), bottom - room);
  if (high === low) return high === 0 ? [0, 1] : high > 0 ? [0, high * 1.2] : [high * 1.2, 0];
  const pad = (high - low) * 0.08;
  const fromZero = low >= 0 && low < 0.6 * high;
  return [fromZero ? 0 : low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

function finite(points: Points): number[] {
  return points.filter((value): value is number => value !== null && Number.isFinite(value));
}

/** The last measured point. */
export function lastPoint({ times, values, lower, upper }: Measured): { readonly at: UnixMs; readonly value: number; readonly lower: number | null; readonly upper: number | null } | null {
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const value = values[index];
    const at = times[index];
    if (value !== null && value !== undefined && at !== undefined) return { at, value, lower: lower[index] ?? null, upper: upper[index] ?? null };
  }
  return null;
}
