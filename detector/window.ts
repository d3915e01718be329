import { SEASON, UNKNOWN, WINDOW } from './models/shape.js';

/** The last points of one series, cleaned of what was judged abnormal, with the same time a day before. */
export interface Window {
  readonly points: Float64Array;
  /** How many of `points` are known, at most WINDOW; the newest is last. */
  length: number;
  readonly yesterday: Float64Array;
}

export function createWindow(): Window {
  return { points: new Float64Array(WINDOW), length: 0, yesterday: new Float64Array(SEASON).fill(Number.NaN) };
}

export function push(window: Window, value: number): void {
  window.points.copyWithin(0, 1);
  window.points[WINDOW - 1] = value;
  window.length = Math.min(window.length + 1, WINDOW);
}

export function pushYesterday(window: Window, value: number): void {
  window.yesterday.copyWithin(0, 1);
  window.yesterday[SEASON - 1] = value;
}

/** How a row was made unitless: value = centre + normalised * spread. */
export interface Norm {
  readonly centre: number;
  readonly spread: number;
}

/** Writes the window as row `row` of the models' inputs. A window that is not full is repeated: that keeps its level and its noise. */
export function normalise({ points, length, yesterday }: Window, row: number, windows: Float32Array, seasons: Float32Array): Norm {
  const begin = WINDOW - length;
  let sum = 0;
  for (let index = begin; index < WINDOW; index += 1) sum += points[index] ?? 0;
  const centre = sum / length;
  let squares = 0;
  for (let index = begin; index < WINDOW; index += 1) squares += ((points[index] ?? 0) - centre) ** 2;
  const spread = Math.sqrt(squares / length) || Math.max(Math.abs(centre), 1) * 1e-6;
  for (let index = 0; index < WINDOW; index += 1) {
    const from = WINDOW - 1 - ((WINDOW - 1 - index) % length);
    windows[row * WINDOW + index] = ((points[from] ?? 0) - centre) / spread;
  }
  const known = !yesterday.some(Number.isNaN);
  for (let index = 0; index < SEASON; index += 1) seasons[row * SEASON + index] = known ? ((yesterday[index] ?? 0) - centre) / spread : UNKNOWN;
  return { centre, spread };
}
