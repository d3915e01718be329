import { spreadOf, type Norm } from '../window.js';
import { EXPERTS, SEASON, UNKNOWN, WINDOW } from './shape.js';

/**
 * Simple forecasts of the next point, and how far each erred lately: what the seasonal model blends. Each looks at the REACH points before its target alone, wherever the target is in the window,
 * so its errors are followed from point to point: the newest joins their sum, and the one that is REACH points old, worked out again, leaves it.
 */
const REACH = SEASON - 1;
/** Levels that forget this share with each point, means and a line over so many points, and the same phase of cycles so long, each with its neighbours. */
const PACES = Float64Array.of(0.05, 0.2, 0.5);
const SHORT = 30;
const LINE = 20;
const CYCLES = Uint8Array.of(6, 12, 15, 20, 24, 30, 40, 48);
/** What of a level is older than REACH points. */
const REST = PACES.map((pace) => (1 - pace) ** REACH);
/** Of the places on a line: their middle, and the sum of squares around it. */
const MIDDLE = (LINE - 1) / 2;
const SQUARES = (LINE * (LINE * LINE - 1)) / 12;
/** The day before is the last of them, and is not followed. */
const FOLLOWED = EXPERTS - 1;

/** What is followed of a row: three levels, the sums of the last SHORT, REACH and LINE points and of the latter by their place, for the next point and for the one REACH points earlier; the sums of errors; mean and squares of the window. */
const SUMMED = 3;
const LATER = 0;
const EARLIER = SUMMED + 4;
const ERRORS = 2 * EARLIER;
const MEAN = ERRORS + FOLLOWED;
const AROUND = MEAN + 1;
const WIDTH = AROUND + 1;
/** A point so much farther from the mean than the others (squares of all by its own) takes their digits with it when it goes. */
const LOST = 1e-8;

/** Where a point lies in a ring, so many before `place`. */
const earlier = (place: number, points: number): number => (place >= points ? place - points : place - points + WINDOW);

const said = new Float64Array(FOLLOWED);

/** Puts into `said` what is expected of the point that goes to `place`. */
function forecast(points: Float32Array, base: number, place: number, state: Float64Array, from: number): void {
  for (let level = 0; level < SUMMED; level += 1) said[level] = (state[from + level] ?? 0) / (1 - (REST[level] ?? 0));
  const line = state[from + 5] ?? 0;
  said[3] = (state[from + 3] ?? 0) / SHORT;
  said[4] = (state[from + 4] ?? 0) / REACH;
  said[5] = line / LINE + (((state[from + 6] ?? 0) - MIDDLE * line) * (LINE - MIDDLE)) / SQUARES;
  for (let index = 0; index < CYCLES.length; index += 1) {
    const before = CYCLES[index] ?? 0;
    said[SUMMED + 3 + index] = ((points[base + earlier(place, before + 1)] ?? 0) + (points[base + earlier(place, before)] ?? 0) + (points[base + earlier(place, before - 1)] ?? 0)) / 3;
  }
}

/** Adds to the errors, or takes from them, how far each was from the `value` that comes to `place`, and goes on to the next point. */
function goOn(points: Float32Array, base: number, place: number, value: number, state: Float64Array, row: number, from: number, sign: number): void {
  forecast(points, base, place, state, row + from);
  for (let index = 0; index < FOLLOWED; index += 1) state[row + ERRORS + index] = (state[row + ERRORS + index] ?? 0) + sign * Math.abs((said[index] ?? 0) - value);
  const at = row + from;
  const oldest = points[base + earlier(place, REACH)] ?? 0;
  const left = points[base + earlier(place, LINE)] ?? 0;
  const line = state[at + 5] ?? 0;
  for (let level = 0; level < SUMMED; level += 1) {
    const pace = PACES[level] ?? 0;
    state[at + level] = (1 - pace) * (state[at + level] ?? 0) + pace * (value - (REST[level] ?? 0) * oldest);
  }
  state[at + 3] = (state[at + 3] ?? 0) + value - (points[base + earlier(place, SHORT)] ?? 0);
  state[at + 4] = (state[at + 4] ?? 0) + value - oldest;
  state[at + 5] = line + value - left;
  state[at + 6] = (state[at + 6] ?? 0) + (LINE - 1) * value - (line - left);
}

/** Works out from a whole window, in order, what is followed of a row. */
function begin(window: Float32Array, state: Float64Array, row: number): void {
  state.fill(0, row, row + WIDTH);
  for (let index = 0; index < REACH; index += 1) {
    const value = window[index] ?? 0;
    for (let level = 0; level < SUMMED; level += 1) state[row + level] = (1 - (PACES[level] ?? 0)) * (state[row + level] ?? 0) + (PACES[level] ?? 0) * value;
    if (index >= REACH - SHORT) state[row + 3] = (state[row + 3] ?? 0) + value;
    state[row + 4] = (state[row + 4] ?? 0) + value;
    if (index < REACH - LINE) continue;
    state[row + 5] = (state[row + 5] ?? 0) + value;
    state[row + 6] = (state[row + 6] ?? 0) + (index - REACH + LINE) * value;
  }
  state.copyWithin(row + EARLIER, row, row + EARLIER);
  for (let index = REACH; index < WINDOW; index += 1) goOn(window, 0, index, window[index] ?? 0, state, row, LATER, 1);
}

/** A ring of SEASON points: those that stand for the last REACH and for the next. */
export interface DayBefore {
  readonly points: Float32Array;
  readonly base: number;
  readonly oldest: number;
}

/** Writes as row `to` what is said of the point that goes to `place`, and the mean absolute errors. */
function write(points: Float32Array, base: number, place: number, state: Float64Array, row: number, { centre, spread }: Norm, day: DayBefore | undefined, into: Expertise, to: number): void {
  const factor = 1 / spread;
  const { forecasts, errors } = into;
  forecast(points, base, place, state, row + LATER);
  for (let index = 0, at = to * EXPERTS; index < FOLLOWED; index += 1, at += 1) {
    forecasts[at] = ((said[index] ?? 0) - centre) * factor;
    errors[at] = Math.max(0, state[row + ERRORS + index] ?? 0) * (factor / REACH);
  }
  const last = to * EXPERTS + FOLLOWED;
  forecasts[last] = errors[last] = UNKNOWN;
  if (!day) return;
  let error = 0;
  let from = day.oldest;
  let at = earlier(place, REACH);
  for (let step = 0; step < REACH; step += 1) {
    error += Math.abs((day.points[day.base + from] ?? 0) - (points[base + at] ?? 0));
    from = from + 1 === SEASON ? 0 : from + 1;
    at = at + 1 === WINDOW ? 0 : at + 1;
  }
  forecasts[last] = ((day.points[day.base + from] ?? 0) - centre) * factor;
  errors[last] = error * (factor / REACH);
}

/** What they say and how far they erred, row by row. */
export interface Expertise {
  readonly forecasts: Float32Array;
  readonly errors: Float32Array;
}

const window = new Float32Array(WINDOW);
const single = new Float64Array(WIDTH);

/** What is followed of the rows of a block, whose full windows are rings of WINDOW points back to back. */
export class Experts {
  /** Numbers that are followed of a row. */
  static readonly WIDTH = WIDTH;
  readonly #state: Float64Array;
  readonly #isFollowed: Uint8Array;

  /** `state` holds WIDTH numbers for each row, and `isFollowed` whether they are of any use. */
  constructor(state: Float64Array, isFollowed: Uint8Array) {
    this.#state = state;
    this.#isFollowed = isFollowed;
  }

  forget(row: number): void {
    this.#isFollowed[row] = 0;
  }

  /** Call before `value` takes the place `head` of the oldest point. Each row is worked out anew in each round, as sums lose digits. */
  follow(row: number, points: Float32Array, head: number, value: number): void {
    if (this.#isFollowed[row] === 0) return;
    if (head === row % WINDOW) return this.forget(row);
    const state = this.#state;
    const at = row * WIDTH;
    const base = row * WINDOW;
    goOn(points, base, head, value, state, at, LATER, 1);
    const middle = earlier(head, REACH);
    goOn(points, base, middle, points[base + middle] ?? 0, state, at, EARLIER, -1);
    const gone = points[base + head] ?? 0;
    const mean = state[at + MEAN] ?? 0;
    const next = mean + (value - gone) / WINDOW;
    const around = (state[at + AROUND] ?? 0) + (value - gone) * (value - next + gone - mean);
    state[at + MEAN] = next;
    state[at + AROUND] = around;
    if (!(around >= LOST * (gone - next) * (gone - next))) this.forget(row);
  }

  /** Mean and spread of a window that is followed; false where it is not. */
  measure(row: number, into: Norm): boolean {
    if (this.#isFollowed[row] === 0) return false;
    const at = row * WIDTH;
    into.centre = this.#state[at + MEAN] ?? 0;
    into.spread = spreadOf((this.#state[at + AROUND] ?? 0) / WINDOW, into.centre);
    return true;
  }

  /** Begins to follow a full ring, whose oldest point is at `head`. */
  begin(row: number, points: Float32Array, head: number, { centre }: Norm): void {
    const base = row * WINDOW;
    const at = row * WIDTH;
    window.set(points.subarray(base + head, base + WINDOW));
    window.set(points.subarray(base, base + head), WINDOW - head);
    begin(window, this.#state, at);
    let around = 0;
    for (let index = 0; index < WINDOW; index += 1) around += ((window[index] ?? 0) - centre) ** 2;
    this.#state[at + MEAN] = centre;
    this.#state[at + AROUND] = around;
    this.#isFollowed[row] = 1;
  }

  /** Of a row that is followed, as row `to` of `into`. */
  write(row: number, points: Float32Array, head: number, norm: Norm, day: DayBefore | undefined, into: Expertise, to: number): void {
    write(points, row * WINDOW, head, this.#state, row * WIDTH, norm, day, into, to);
  }
}

const UNITLESS: Norm = { centre: 0, spread: 1 };

/** Of one window, in order and in any unit, as row `to` of `into`. */
export function writeExpertise(points: Float32Array, norm: Norm, day: DayBefore | undefined, into: Expertise, to: number): void {
  begin(points, single, 0);
  write(points, 0, 0, single, 0, norm, day, into, to);
}

/** The same of windows and days before that are unitless, back to back. */
export function expertiseOf(windows: Float32Array, seasons: Float32Array): Expertise {
  const rows = windows.length / WINDOW;
  const into = { forecasts: new Float32Array(rows * EXPERTS), errors: new Float32Array(rows * EXPERTS) };
  for (let row = 0; row < rows; row += 1) {
    const day = seasons[row * SEASON] === UNKNOWN ? undefined : { points: seasons, base: row * SEASON, oldest: 0 };
    writeExpertise(windows.subarray(row * WINDOW, (row + 1) * WINDOW), UNITLESS, day, into, row);
  }
  return into;
}
