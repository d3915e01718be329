import { SEASON, UNKNOWN, WINDOW } from './models/shape.js';

/** In single precision where many are kept. */
type Points = Float32Array | Float64Array;

/** How a row was made unitless: value = centre + normalised * spread. */
export interface Norm {
  centre: number;
  spread: number;
}

/**
 * Mean and standard deviation of the `length` points from `base` on, in one pass: distances are taken from a point of the window, which is at most so far from the mean that three of a double's sixteen digits are lost.
 * Two sums of each kind: one would wait for the addition before it.
 */
export function measure(points: Points, base: number, length: number, into: Norm): void {
  const origin = points[base] ?? 0;
  const end = base + length;
  let [sum, sumOdd, squares, squaresOdd] = [0, 0, 0, 0];
  for (let at = base; at + 1 < end; at += 2) {
    const even = (points[at] ?? 0) - origin;
    const odd = (points[at + 1] ?? 0) - origin;
    sum += even;
    sumOdd += odd;
    squares += even * even;
    squaresOdd += odd * odd;
  }
  if (length % 2 === 1) {
    const last = (points[end - 1] ?? 0) - origin;
    sum += last;
    squares += last * last;
  }
  const mean = (sum + sumOdd) / length;
  into.centre = origin + mean;
  into.spread = spreadOf((squares + squaresOdd) / length - mean * mean, into.centre);
}

/** Where nothing moved a millionth of the level, as nothing can be divided by none. */
export const spreadOf = (variance: number, centre: number): number => Math.sqrt(Math.max(0, variance)) || Math.max(Math.abs(centre), 1) * 1e-6;

/** Writes the same points as row `row` of the models' input. A window that is not full is repeated: that keeps its level and its noise. */
export function writeWindow(points: Points, base: number, oldest: number, length: number, { centre, spread }: Norm, windows: Float32Array, row: number): void {
  const factor = 1 / spread;
  let to = row * WINDOW;
  const end = to + WINDOW;
  /** Where in the ring the row begins. */
  let from = (oldest + length - (WINDOW % length)) % length;
  while (to < end) {
    // As far as the end of the ring.
    for (const stop = Math.min(end, to + length - from); to < stop; to += 1, from += 1) windows[to] = ((points[base + from] ?? 0) - centre) * factor;
    from = 0;
  }
}

/** Brings the places of a ring into the order of their values once `head` is given `value`; `full`: there was another one before. */
export function order(points: Float32Array, orders: Uint8Array, base: number, head: number, value: number, length: number, full: boolean): void {
  let at = full ? rankOf(points, orders, base, head, length) : length - 1;
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

/** Where among the places in order one is. */
function rankOf(points: Float32Array, orders: Uint8Array, base: number, place: number, length: number): number {
  const value = points[base + place] ?? 0;
  let at = 0;
  for (let end = length - 1; at < end; ) {
    const middle = (at + end) >> 1;
    if ((points[base + (orders[base + middle] ?? 0)] ?? 0) < value) at = middle + 1;
    else end = middle;
  }
  // Among equals any may be it.
  while (at < length - 1 && orders[base + at] !== place) at += 1;
  return at;
}

const repeats = new Uint8Array(WINDOW);

/** The places of what `writeWindow` writes in ascending order, where the window is not full: until the next call. Each point is there so often, and the newest once more. */
export function repeated(orders: Uint8Array, base: number, length: number): Uint8Array {
  const times = Math.floor(WINDOW / length);
  const newest = length - (WINDOW % length);
  let to = 0;
  for (let index = 0; index < length; index += 1) {
    const place = orders[base + index] ?? 0;
    for (let left = times + (place >= newest ? 1 : 0); left > 0; left -= 1, to += 1) repeats[to] = place;
  }
  return repeats;
}

/** Writes the ring of the day before, whose oldest point is at `oldest`, as row `row` of the models' input. */
export function writeSeason(points: Points, base: number, oldest: number, { centre, spread }: Norm, seasons: Float32Array, row: number): void {
  const factor = 1 / spread;
  let to = row * SEASON;
  for (let from = base + oldest, end = base + SEASON; from < end; from += 1, to += 1) seasons[to] = ((points[from] ?? 0) - centre) * factor;
  for (let from = base, end = base + oldest; from < end; from += 1, to += 1) seasons[to] = ((points[from] ?? 0) - centre) * factor;
}

export function writeUnknownSeason(seasons: Float32Array, row: number): void {
  for (let to = row * SEASON, end = to + SEASON; to < end; to += 1) seasons[to] = UNKNOWN;
}
