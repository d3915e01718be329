import type { Walk } from './state.js';

/** The highest and lowest of every stretch of a period, over the last periods: what has been seen at this time, as it was. */
export interface Recurring {
  readonly widthMs: number;
  /** Stretches of one period. */
  readonly stretches: number;
  /** Periods that are looked back to. */
  readonly periods: number;
  readonly high: Float32Array;
  readonly low: Float32Array;
  /** The newest stretch, counted since 1970. */
  newest: number;
}

/** So often it must have been seen before it is no news. */
const OFTEN = 3;

export function createRecurring(periodMs: number, widthMs: number, periods: number): Recurring {
  const stretches = Math.round(periodMs / widthMs);
  // The period that lasts needs a place beside those that are looked back to.
  const column = (): Float32Array => new Float32Array(stretches * (periods + 1)).fill(Number.NaN);
  return { widthMs, stretches, periods, high: column(), low: column(), newest: -1 };
}

export function noteValue(recurring: Recurring, time: number, value: number): void {
  const { widthMs, high, low } = recurring;
  const stretch = Math.floor(time / widthMs);
  if (stretch > recurring.newest) {
    for (let missed = Math.max(recurring.newest + 1, stretch - high.length + 1); missed <= stretch; missed += 1) high[missed % high.length] = low[missed % high.length] = Number.NaN;
    recurring.newest = stretch;
  }
  const at = stretch % high.length;
  const [most = Number.NaN, least = Number.NaN] = [high[at], low[at]];
  if (!(most >= value)) high[at] = value;
  if (!(least <= value)) low[at] = value;
}

/** How high (`side` 1) or low (-1) it has been at this time of the period, or a stretch beside it, often enough to be no news; NaN where it was not seen so often. `lasting`: for a whole stretch. */
export function reached({ widthMs, stretches, periods, high, low, newest }: Recurring, time: number, side: 1 | -1, lasting = false): number {
  const column = (side === 1) === lasting ? low : high;
  const stretch = Math.floor(time / widthMs);
  const seen: number[] = [];
  for (let period = 1; period <= periods; period += 1) {
    let most = Number.NaN;
    for (let near = -1; near <= 1; near += 1) {
      const at = stretch - period * stretches + near;
      const value = at < 0 || at > newest ? Number.NaN : (column[at % column.length] ?? Number.NaN);
      if (!(value * side <= most * side)) most = Number.isNaN(value) ? most : value;
    }
    if (!Number.isNaN(most)) seen.push(most * side);
  }
  return (seen.toSorted((a, b) => b - a)[OFTEN - 1] ?? Number.NaN) * side;
}

export function walkRecurring(recurring: Recurring, walk: Walk): void {
  recurring.newest = walk.number(recurring.newest);
  walk.column(recurring.high);
  walk.column(recurring.low);
}
