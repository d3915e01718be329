import type { Direction } from '#core/types.js';

export interface Shift {
  readonly expected: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** Distance in half-widths of the usual band, at most MAX_SHIFT; above 1 is outside. */
  readonly score: number;
  readonly direction: Direction;
  /** Index of the first point outside on that side; of the first point when none is. */
  readonly onset: number;
}

export interface Guards {
  /** Moves below this share of the median, or below `absolute`, are of no practical interest. */
  readonly relative: number;
  readonly absolute: number;
}

/** A series that never moved would make any move infinite. */
const MAX_SHIFT = 1_000;
/** Half-width of the band in standard deviations, as the interquartile range tells them. */
const WIDTH = 4;
const IQR_OF_NORMAL = 1.349;
/** Share of the usual points that may lie outside the band: what happened before may happen again. */
const OUTER = 0.02;
/** Fewer usual points say nothing of what is usual. */
const LEAST_USUAL = 4;
/** One point alone may be chance. */
const ALONE = 0.5;

/** How far `now` is from `usual`, judged robustly: the median moves the score, the interquartile range and the outermost usual points scale it. Of a short window two points must agree, of a long one half. Undefined where either is empty. */
export function shiftOf(usual: readonly number[], now: readonly number[], { relative, absolute }: Guards): Shift | undefined {
  if (usual.length < LEAST_USUAL || now.length === 0) return undefined;
  const sorted = usual.toSorted((a, b) => a - b);
  const expected = quantile(sorted, 0.5);
  const iqr = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / IQR_OF_NORMAL;
  const tail = Math.max(quantile(sorted, 1 - OUTER) - expected, expected - quantile(sorted, OUTER));
  const half = Math.max(WIDTH * iqr, tail, relative * Math.abs(expected), absolute, Number.MIN_VALUE);
  const agreeing = Math.min(now.length, Math.max(2, Math.ceil(now.length / 2)));
  const ascending = now.toSorted((a, b) => a - b);
  const high = ascending[ascending.length - agreeing] ?? expected;
  const low = ascending[agreeing - 1] ?? expected;
  const up = high - expected >= expected - low;
  const value = up ? high : low;
  const outside = now.findIndex((one) => (up ? one - expected : expected - one) > half);
  return {
    expected, value, lower: expected - half, upper: expected + half,
    score: Math.min(((now.length > 1 ? 1 : ALONE) * Math.abs(value - expected)) / half, MAX_SHIFT),
    direction: up ? 'up' : value === 0 && expected > 0 ? 'absent' : 'down',
    onset: Math.max(0, outside),
  };
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}
