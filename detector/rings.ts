import type { ModelInputs } from './inputs.js';
import { Experts, writeExpertise, type DayBefore } from './models/experts.js';
import { writeRanks } from './models/ranks.js';
import { SEASON, WINDOW } from './models/shape.js';
import { measure, order, repeated, writeSeason, writeUnknownSeason, writeWindow, type Norm } from './window.js';

/** Rows of a block: enough for the models, few enough that none of its loops holds up everything else. */
export const BLOCK_ROWS = 4_096;

/** Of a window, the newest points: what grows is measured against what was before. */
const NEWEST = WINDOW / 10;
/** What a row takes: what is followed of it, what makes it unitless, its points, the day before and the newest of both, their order, and four small numbers. */
const ROW_BYTES = (Experts.WIDTH + 2) * Float64Array.BYTES_PER_ELEMENT + (WINDOW + SEASON + 2) * Float32Array.BYTES_PER_ELEMENT + WINDOW + 4;

/** A window that is not full yet, in its own unit. */
const young = new Float32Array(WINDOW);
const AS_IT_IS: Norm = { centre: 0, spread: 1 };

/**
 * The last points of BLOCK_ROWS series, with the same time a day before, and what follows from them, in memory that threads share: one that judges notes the newest point of a row, and one that asks models puts it into its ring and says what they are asked.
 * A row belongs to one thread at a time: who asks about it, from its message to its answer.
 */
export class Rings {
  readonly memory: SharedArrayBuffer;
  /** How many points are in the ring, at most WINDOW. */
  readonly lengths: Uint8Array;
  /** What made the rows unitless when models were asked about them last. */
  readonly centres: Float64Array;
  readonly spreads: Float64Array;
  /** In single precision, as the models see them: the next point goes to `heads`. */
  readonly #points: Float32Array;
  readonly heads: Uint8Array;
  /** Noted, and not in the ring yet; NaN where there is none. */
  readonly #newest: Float32Array;
  /** Places in the ring by their value, ascending. */
  readonly #orders: Uint8Array;
  /** The day before, in rings which all have one head: every row is given a value in every step, if only NaN. */
  readonly #seasons: Float32Array;
  /** That of this step. */
  readonly #newestSeasons: Float32Array;
  readonly #gaps: Uint8Array;
  readonly #seasonHead: Uint8Array;
  readonly #experts: Experts;
  readonly #norm: Norm = { centre: Number.NaN, spread: Number.NaN };

  /** Those in `memory`, or new ones. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(BLOCK_ROWS * ROW_BYTES + 1);
    let at = 0;
    const cut = <T extends ArrayBufferView>(Column: { new (buffer: SharedArrayBuffer, from: number, length: number): T }, length: number): T => {
      const column = new Column(this.memory, at, length);
      at += column.byteLength;
      return column;
    };
    // Widest first, so that each begins where its numbers may.
    const followed = cut(Float64Array, BLOCK_ROWS * Experts.WIDTH);
    this.centres = cut(Float64Array, BLOCK_ROWS);
    this.spreads = cut(Float64Array, BLOCK_ROWS);
    this.#points = cut(Float32Array, BLOCK_ROWS * WINDOW);
    this.#seasons = cut(Float32Array, BLOCK_ROWS * SEASON);
    this.#newest = cut(Float32Array, BLOCK_ROWS);
    this.#newestSeasons = cut(Float32Array, BLOCK_ROWS);
    this.#orders = cut(Uint8Array, BLOCK_ROWS * WINDOW);
    this.lengths = cut(Uint8Array, BLOCK_ROWS);
    this.heads = cut(Uint8Array, BLOCK_ROWS);
    this.#gaps = cut(Uint8Array, BLOCK_ROWS);
    this.#experts = new Experts(followed, cut(Uint8Array, BLOCK_ROWS));
    this.#seasonHead = cut(Uint8Array, 1);
    if (memory) return;
    this.#seasons.fill(Number.NaN);
    this.#newest.fill(Number.NaN);
    this.#gaps.fill(SEASON);
  }

  /** Forgets what is known of a row. */
  begin(row: number): void {
    this.lengths[row] = 0;
    this.heads[row] = 0;
    this.#newest[row] = Number.NaN;
    this.#gaps[row] = SEASON;
    this.#seasons.fill(Number.NaN, row * SEASON, (row + 1) * SEASON);
    this.#experts.forget(row);
  }

  /** Notes the next point of a row. */
  note(row: number, value: number): void {
    this.settle(row);
    this.#newest[row] = value;
  }

  /** Puts the point that was noted into its ring. */
  settle(row: number): void {
    const value = this.#newest[row] ?? Number.NaN;
    if (Number.isNaN(value)) return;
    this.#newest[row] = Number.NaN;
    const head = this.heads[row] ?? 0;
    const before = this.lengths[row] ?? 0;
    const length = Math.min(before + 1, WINDOW);
    this.#experts.follow(row, this.#points, head, value);
    order(this.#points, this.#orders, row * WINDOW, head, value, length, length === before);
    this.#points[row * WINDOW + head] = value;
    this.heads[row] = (head + 1) % WINDOW;
    this.lengths[row] = length;
  }

  /** How many points are known, at most WINDOW. */
  known(row: number): number {
    const length = this.lengths[row] ?? 0;
    return length < WINDOW && !Number.isNaN(this.#newest[row] ?? Number.NaN) ? length + 1 : length;
  }

  /** Where in the ring the next point will be: it moves on with every point, at whatever pace they come. */
  next(row: number): number {
    return ((this.heads[row] ?? 0) + (Number.isNaN(this.#newest[row] ?? Number.NaN) ? 0 : 1)) % WINDOW;
  }

  /** Most points at 0 in a row, of all but the newest. */
  zeros(row: number, newest: number): number {
    const length = this.lengths[row] ?? 0;
    const from = length < WINDOW ? 0 : (this.heads[row] ?? 0);
    let most = 0;
    let now = 0;
    for (let at = 0; at < length - newest; at += 1) {
      now = this.#points[row * WINDOW + ((from + at) % WINDOW)] === 0 ? now + 1 : 0;
      most = Math.max(most, now);
    }
    return most;
  }

  /** The least point of a ring. */
  least(row: number): number {
    return this.#points[row * WINDOW + (this.#orders[row * WINDOW] ?? 0)] ?? 0;
  }

  /** The lowest (or highest) point of a full ring that is not among the newest. */
  beforeNewest(row: number, which: 'lowest' | 'highest'): number {
    const base = row * WINDOW;
    const head = this.heads[row] ?? 0;
    const step = which === 'lowest' ? 1 : -1;
    for (let rank = which === 'lowest' ? 0 : WINDOW - 1; ; rank += step) {
      const place = this.#orders[base + rank] ?? 0;
      if ((head - 1 - place + WINDOW) % WINDOW >= NEWEST) return this.#points[base + place] ?? 0;
    }
  }

  /** The points of a ring, oldest first, until the next call: the newest are at the end. */
  window(row: number): Float32Array {
    const length = this.lengths[row] ?? 0;
    writeWindow(this.#points, row * WINDOW, length < WINDOW ? 0 : (this.heads[row] ?? 0), length, AS_IT_IS, young, 0);
    return young;
  }

  /** Whether the day before is known. */
  hasSeason(row: number): boolean {
    return this.#gaps[row] === 0;
  }

  /** Begins the next step of the day before: each row is to be given its value. */
  turnSeasons(): void {
    this.#seasonHead[0] = ((this.#seasonHead[0] ?? 0) + 1) % SEASON;
  }

  /** Notes the value of the day before of a row, which is to be put into its ring in the same step; NaN where there is none. */
  noteSeason(row: number, value: number): void {
    this.#newestSeasons[row] = value;
  }

  /** Puts the value of the day before that was noted into its ring; a second time it is the same. */
  putSeason(row: number): void {
    const value = this.#newestSeasons[row] ?? Number.NaN;
    const at = row * SEASON + (((this.#seasonHead[0] ?? 0) + SEASON - 1) % SEASON);
    this.#gaps[row] = (this.#gaps[row] ?? 0) - (Number.isNaN(this.#seasons[at] ?? 0) ? 1 : 0) + (Number.isNaN(value) ? 1 : 0);
    this.#seasons[at] = value;
  }

  /** Writes a series as row `to` of the models' inputs; `whole`: its points as well, beside what follows from them. Returns what made it unitless, until the next call. */
  normalise(row: number, inputs: ModelInputs, to: number, whole: boolean): Norm {
    const norm = this.#norm;
    const length = this.lengths[row] ?? 0;
    const head = length < WINDOW ? 0 : (this.heads[row] ?? 0);
    const points = this.#points;
    const base = row * WINDOW;
    const oldest = this.#seasonHead[0] ?? 0;
    const isFollowed = this.#experts.measure(row, norm);
    if (!isFollowed) measure(points, base, length, norm);
    if (whole) {
      writeWindow(points, base, head, length, norm, inputs.windows, to);
      if (this.hasSeason(row)) writeSeason(this.#seasons, row * SEASON, oldest, norm, inputs.seasons, to);
      else writeUnknownSeason(inputs.seasons, to);
    }
    const places = length < WINDOW ? repeated(this.#orders, base, length) : this.#orders;
    writeRanks(points, base, places, length < WINDOW ? 0 : base, norm.centre, 1 / norm.spread, inputs.ranks, to);
    const day: DayBefore | undefined = this.hasSeason(row) ? { points: this.#seasons, base: row * SEASON, oldest } : undefined;
    if (length < WINDOW) {
      writeWindow(points, base, head, length, AS_IT_IS, young, 0);
      writeExpertise(young, norm, day, inputs, to);
      return norm;
    }
    if (!isFollowed) this.#experts.begin(row, points, head, norm);
    this.#experts.write(row, points, head, norm, day, inputs, to);
    return norm;
  }

  /** Where nothing moved, what makes the row unitless; until the next call. */
  still(row: number): Norm | undefined {
    const base = row * WINDOW;
    const lowest = this.least(row);
    if (lowest !== this.#points[base + (this.#orders[base + (this.lengths[row] ?? 1) - 1] ?? 0)]) return undefined;
    if (this.hasSeason(row)) for (let at = row * SEASON, end = at + SEASON; at < end; at += 1) if (this.#seasons[at] !== lowest) return undefined;
    measure(this.#points, base, 1, this.#norm);
    return this.#norm;
  }
}
