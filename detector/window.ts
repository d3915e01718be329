import { SEASON, UNKNOWN, WINDOW } from './models/shape.js';

/** How a row was made unitless: value = centre + normalised * spread. */
export interface Norm {
  centre: number;
  spread: number;
}

/** Mean and standard deviation of the `length` points from `base` on; a full ring is read from `oldest` on. */
export function measure(points: Float64Array, base: number, oldest: number, length: number, into: Norm): void {
  let sum = 0;
  for (let index = oldest; index < length; index += 1) sum += points[base + index] ?? 0;
  for (let index = 0; index < oldest; index += 1) sum += points[base + index] ?? 0;
  const centre = sum / length;
  let squares = 0;
  for (let index = oldest; index < length; index += 1) squares += ((points[base + index] ?? 0) - centre) ** 2;
  for (let index = 0; index < oldest; index += 1) squares += ((points[base + index] ?? 0) - centre) ** 2;
  into.centre = centre;
  into.spread = Math.sqrt(squares / length) || Math.max(Math.abs(centre), 1) * 1e-6;
}

/** Writes the same points as row `row` of the models' input. A window that is not full is repeated: that keeps its level and its noise. */
export function writeWindow(points: Float64Array, base: number, oldest: number, length: number, { centre, spread }: Norm, windows: Float32Array, row: number): void {
  let from = oldest === 0 ? length - 1 : oldest - 1;
  for (let out = (row + 1) * WINDOW - 1, end = row * WINDOW; out >= end; out -= 1) {
    windows[out] = ((points[base + from] ?? 0) - centre) / spread;
    from = from === 0 ? length - 1 : from - 1;
  }
}

/** Writes the ring of the day before, whose oldest point is at `oldest`, as row `row` of the models' input. */
export function writeSeason(points: Float64Array, base: number, oldest: number, { centre, spread }: Norm, seasons: Float32Array, row: number): void {
  let from = oldest;
  for (let out = row * SEASON, end = out + SEASON; out < end; out += 1) {
    seasons[out] = ((points[base + from] ?? 0) - centre) / spread;
    from = from + 1 === SEASON ? 0 : from + 1;
  }
}

export function writeUnknownSeason(seasons: Float32Array, row: number): void {
  seasons.fill(UNKNOWN, row * SEASON, (row + 1) * SEASON);
}
