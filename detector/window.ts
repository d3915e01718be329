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
  // A power costs ten times a product.
  for (let index = 0; index < length; index += 1) {
    const distance = (points[base + index] ?? 0) - centre;
    squares += distance * distance;
  }
  into.centre = centre;
  into.spread = Math.sqrt(squares / length) || Math.max(Math.abs(centre), 1) * 1e-6;
}

/** Writes the same points as row `row` of the models' input. A window that is not full is repeated: that keeps its level and its noise. */
export function writeWindow(points: Float64Array, base: number, oldest: number, length: number, { centre, spread }: Norm, windows: Float32Array, row: number): void {
  const factor = 1 / spread;
  let from = oldest === 0 ? length - 1 : oldest - 1;
  for (let out = (row + 1) * WINDOW - 1, end = row * WINDOW; out >= end; out -= 1) {
    windows[out] = ((points[base + from] ?? 0) - centre) * factor;
    from = from === 0 ? length - 1 : from - 1;
  }
}

/** Brings the places of a ring into the order of their values once `head` is given `value`; `full`: there was another one before. */
export function order(points: Float64Array, orders: Uint8Array, base: number, head: number, value: number, length: number, full: boolean): void {
  let at = length - 1;
  if (full) while (at > 0 && orders[base + at] !== head) at -= 1;
  while (at > 0 && (points[base + (orders[base + at - 1] ?? 0)] ?? 0) > value) {
    orders[base + at] = orders[base + at - 1] ?? 0;
    at -= 1;
  }
  while (full && at < length - 1 && (points[base + (orders[base + at + 1] ?? 0)] ?? 0) < value) {
    orders[base + at] = orders[base + at + 1] ?? 0;
    at += 1;
  }
  orders[base + at] = head;
}

/** Writes what `writeWindow` has written as this row in ascending order. */
export function writeSorted(windows: Float32Array, orders: Uint8Array, base: number, oldest: number, length: number, sorted: Float32Array, row: number): void {
  const begin = row * WINDOW;
  if (length === WINDOW) {
    for (let index = 0; index < WINDOW; index += 1) {
      const age = (orders[base + index] ?? 0) - oldest;
      sorted[begin + index] = windows[begin + (age < 0 ? age + WINDOW : age)] ?? 0;
    }
    return;
  }
  /** A window that is not full holds each point so often, and the newest once more. */
  const times = Math.floor(WINDOW / length);
  const newest = length - (WINDOW % length);
  let out = begin;
  for (let index = 0; index < length; index += 1) {
    const place = orders[base + index] ?? 0;
    const value = windows[begin + WINDOW - length + place] ?? 0;
    for (let left = times + (place >= newest ? 1 : 0); left > 0; left -= 1, out += 1) sorted[out] = value;
  }
}

/** Writes the ring of the day before, whose oldest point is at `oldest`, as row `row` of the models' input. */
export function writeSeason(points: Float64Array, base: number, oldest: number, { centre, spread }: Norm, seasons: Float32Array, row: number): void {
  const factor = 1 / spread;
  let from = oldest;
  for (let out = row * SEASON, end = out + SEASON; out < end; out += 1) {
    seasons[out] = ((points[base + from] ?? 0) - centre) * factor;
    from = from + 1 === SEASON ? 0 : from + 1;
  }
}

export function writeUnknownSeason(seasons: Float32Array, row: number): void {
  seasons.fill(UNKNOWN, row * SEASON, (row + 1) * SEASON);
}
