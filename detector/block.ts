import type { LookedAt, Series, UnixMs } from '#core/types.js';
import { LOSS } from './band.js';
import { createTail, Tails } from './calibration.js';
import type { EpisodeState } from './episode.js';
import type { ModelInputs } from './inputs.js';
import type { Measured } from './measured.js';
import { Experts, writeExpertise, type DayBefore } from './models/experts.js';
import { writeRanks } from './models/ranks.js';
import { SEASON, WINDOW } from './models/shape.js';
import { Pool } from './pool.js';
import { isLevel, limitOf } from './levels.js';
import { measure, order, repeated, writeSeason, writeUnknownSeason, writeWindow, type Norm } from './window.js';

/** Beyond it a point has no single precision; a limit that stands for "none" is as large. */
const LARGEST = 3.4e38;
const held = (value: number): number => Math.max(-LARGEST, Math.min(LARGEST, value));

/** A window that is not full yet, in its own unit. */
const young = new Float32Array(WINDOW);
const AS_IT_IS: Norm = { centre: 0, spread: 1 };

/** Rows of a block: enough for the models, few enough that none of its loops holds up everything else. */
export const BLOCK_ROWS = 4_096;

const LEVEL = 1;
const FLOW = 2;

/** Of a window, the newest points: what grows is measured against what was before. */
const NEWEST = WINDOW / 10;

/** What is known of up to BLOCK_ROWS series, as columns: their last points, cleaned of what was judged abnormal, with the same time a day before. */
export class Block {
  readonly series: (Series | undefined)[] = [];
  readonly lastSeenAt = new Float64Array(BLOCK_ROWS);
  /** When it was seen the time before. */
  readonly #seenBefore = new Float64Array(BLOCK_ROWS);
  /** The step in which the reading was given; in another one there is none. */
  readonly readAt = new Float64Array(BLOCK_ROWS).fill(Number.NaN);
  readonly values = new Float64Array(BLOCK_ROWS);
  readonly counts = new Float64Array(BLOCK_ROWS);
  /** Where each series is in what was read of the day before; -1 where it is not. */
  readonly before = new Int32Array(BLOCK_ROWS).fill(-1);
  /** How many points are known, at most WINDOW. */
  readonly lengths = new Uint8Array(BLOCK_ROWS);
  /** Rings: the next point goes to `#heads`. In single precision, as the models see them. */
  readonly #points = new Float32Array(BLOCK_ROWS * WINDOW);
  readonly #heads = new Uint8Array(BLOCK_ROWS);
  /** When the ring began anew, and the time before. */
  readonly #roundAt = new Float64Array(BLOCK_ROWS);
  readonly #roundBefore = new Float64Array(BLOCK_ROWS);
  /** Places in the ring by their value, ascending. */
  readonly #orders = new Uint8Array(BLOCK_ROWS * WINDOW);
  /** What bounds a series, and what a level can come to at most. */
  readonly #bounds = new Uint8Array(BLOCK_ROWS);
  readonly #limits = new Float64Array(BLOCK_ROWS);
  /** The point whose place the newest one took; NaN where there was none. */
  readonly #replaced = new Float32Array(BLOCK_ROWS);
  /** Rings of the day before, which all have one head: every row is given a value in every step, if only NaN. */
  readonly #seasons = new Float32Array(BLOCK_ROWS * SEASON).fill(Number.NaN);
  readonly #gaps = new Uint8Array(BLOCK_ROWS).fill(SEASON);
  #seasonHead = 0;
  /** What error ratios of the last steps come to. */
  readonly pool = new Pool(BLOCK_ROWS);
  readonly #experts = new Experts(BLOCK_ROWS);
  readonly #norm: Norm = { centre: Number.NaN, spread: Number.NaN };
  /** Of rows whose last points were not all inside, by row. */
  readonly episodes = new Map<number, EpisodeState>();
  /** How far models err on these series, by `calibration`. */
  readonly #tails = new Map<string, Tails>();

  /** Makes a row of a series of which nothing is known. */
  begin(row: number, series: Series): void {
    this.series[row] = series;
    this.lengths[row] = 0;
    this.#heads[row] = 0;
    this.#bounds[row] = series.kind === 'rate' ? FLOW : isLevel(series) ? LEVEL : 0;
    this.#limits[row] = limitOf(series) ?? Number.POSITIVE_INFINITY;
    this.readAt[row] = Number.NaN;
    this.#gaps[row] = SEASON;
    this.#experts.forget(row);
    this.pool.begin(row);
    this.#seasons.fill(Number.NaN, row * SEASON, (row + 1) * SEASON);
    for (const tails of this.#tails.values()) tails.save(row, createTail());
  }

  /** Notes the reading of a step. */
  see(row: number, at: UnixMs, value: number, count: number): void {
    this.#seenBefore[row] = this.lastSeenAt[row] ?? 0;
    this.lastSeenAt[row] = at;
    this.readAt[row] = at;
    this.values[row] = held(value);
    this.counts[row] = count;
  }

  /** Whether a reading is to come at `at`, as regularly as the last two came; what is silent for `silentMs` is not waited for. */
  isDue(row: number, at: UnixMs, silentMs: number): boolean {
    const last = this.lastSeenAt[row] ?? 0;
    return at - last >= last - (this.#seenBefore[row] ?? 0) && at - last <= silentMs;
  }

  push(row: number, given: number, at: UnixMs): void {
    const value = Math.fround(held(given));
    const head = this.#heads[row] ?? 0;
    if (head === 0) {
      this.#roundBefore[row] = this.#roundAt[row] ?? 0;
      this.#roundAt[row] = at;
    }
    const length = Math.min((this.lengths[row] ?? 0) + 1, WINDOW);
    this.#experts.follow(row, this.#points, head, value);
    order(this.#points, this.#orders, row * WINDOW, head, value, length, length === this.lengths[row]);
    this.#replaced[row] = length === this.lengths[row] ? (this.#points[row * WINDOW + head] ?? 0) : Number.NaN;
    this.#points[row * WINDOW + head] = value;
    this.#heads[row] = (head + 1) % WINDOW;
    this.lengths[row] = length;
  }

  /**
   * Beyond what a series is outside, however far models err on it. A level above: as far above all of its window but the newest points as these are apart, and half way from there to its limit at the latest. A flow below: where it has lost most of the least of its window.
   * NaN of anything else, and until a window is full.
   */
  reach(row: number): number {
    const bound = this.#bounds[row];
    if (bound === 0 || this.lengths[row] !== WINDOW) return Number.NaN;
    if (bound === FLOW) return (1 - LOSS) * (this.#points[row * WINDOW + (this.#orders[row * WINDOW] ?? 0)] ?? 0);
    const highest = this.#beforeNewest(row, WINDOW - 1, -1);
    const lowest = this.#beforeNewest(row, 0, 1);
    if (highest === lowest) return Number.NaN;
    const limit = this.#limits[row] ?? Number.POSITIVE_INFINITY;
    return Math.min(highest + (highest - lowest), highest < limit ? (highest + limit) / 2 : Number.POSITIVE_INFINITY);
  }

  /** The first point in order of value, from one end, that is not among the newest. */
  #beforeNewest(row: number, end: number, step: 1 | -1): number {
    const base = row * WINDOW;
    const head = this.#heads[row] ?? 0;
    for (let rank = end; ; rank += step) {
      const place = this.#orders[base + rank] ?? 0;
      if ((head - 1 - place + WINDOW) % WINDOW >= NEWEST) return this.#points[base + place] ?? 0;
    }
  }

  /** What models are asked about a point that is judged at `at`. The oldest point's time is exact where points come regularly. */
  lookedAt(row: number, at: UnixMs): Omit<LookedAt, 'dayBefore'> & { readonly dayBeforeKnown: boolean } {
    const points = this.lengths[row] ?? 0;
    const round = this.#roundAt[row] ?? at;
    const head = points < WINDOW ? 0 : (this.#heads[row] ?? 0);
    const before = this.#roundBefore[row] ?? round;
    return { from: head === 0 ? round : Math.round(before + ((round - before) * head) / WINDOW), to: at, points, dayBeforeKnown: this.hasSeason(row) };
  }

  /** Gives every row its value of the day before. */
  pushSeasons(yesterday: Measured | undefined, slot: number): void {
    for (let row = 0; row < this.series.length; row += 1) this.#putSeason(row, this.#seasonHead, yesterday, slot);
    this.#seasonHead = (this.#seasonHead + 1) % SEASON;
  }

  /** Gives a row that was begun since the others were given theirs its own. */
  pushSeason(row: number, yesterday: Measured | undefined, slot: number): void {
    this.#putSeason(row, (this.#seasonHead + SEASON - 1) % SEASON, yesterday, slot);
  }

  #putSeason(row: number, head: number, yesterday: Measured | undefined, slot: number): void {
    const at = row * SEASON + head;
    const place = this.before[row] ?? -1;
    const value = yesterday && place !== -1 ? held(yesterday.values[place * yesterday.slots + slot] ?? Number.NaN) : Number.NaN;
    this.#gaps[row] = (this.#gaps[row] ?? 0) - (Number.isNaN(this.#seasons[at] ?? 0) ? 1 : 0) + (Number.isNaN(value) ? 1 : 0);
    this.#seasons[at] = value;
  }

  /** Writes a series as row `to` of the models' inputs; `whole`: its points as well, beside what follows from them. Returns what made it unitless, until the next call. */
  normalise(row: number, inputs: ModelInputs, to: number, whole: boolean): Norm {
    const norm = this.#norm;
    const length = this.lengths[row] ?? 0;
    const head = length < WINDOW ? 0 : (this.#heads[row] ?? 0);
    const points = this.#points;
    const base = row * WINDOW;
    const isFollowed = this.#experts.measure(row, norm);
    if (!isFollowed) measure(points, base, length, norm);
    if (whole) this.#writePoints(row, head, length, inputs, to);
    const places = length < WINDOW ? repeated(this.#orders, base, length) : this.#orders;
    writeRanks(points, base, places, length < WINDOW ? 0 : base, norm.centre, 1 / norm.spread, inputs.ranks, to);
    const day: DayBefore | undefined = this.#gaps[row] === 0 ? { points: this.#seasons, base: row * SEASON, oldest: this.#seasonHead } : undefined;
    if (length < WINDOW) {
      writeWindow(points, base, head, length, AS_IT_IS, young, 0);
      writeExpertise(young, norm, day, inputs, to);
      return norm;
    }
    if (!isFollowed) this.#experts.begin(row, points, head, norm);
    this.#experts.write(row, points, head, norm, day, inputs, to);
    return norm;
  }

  /** Writes the points of a series as they were before the newest point. */
  normaliseBefore(row: number, inputs: ModelInputs, to: number): void {
    const points = this.#points;
    const newest = ((this.#heads[row] ?? 0) + WINDOW - 1) % WINDOW;
    const at = row * WINDOW + newest;
    const replaced = this.#replaced[row] ?? Number.NaN;
    const length = Number.isNaN(replaced) ? (this.lengths[row] ?? 1) - 1 : WINDOW;
    const kept = points[at] ?? 0;
    if (length === WINDOW) points[at] = replaced;
    measure(points, row * WINDOW, length, this.#norm);
    this.#writePoints(row, length < WINDOW ? 0 : newest, length, inputs, to);
    points[at] = kept;
  }

  #writePoints(row: number, oldest: number, length: number, { windows, seasons }: ModelInputs, to: number): void {
    const norm = this.#norm;
    writeWindow(this.#points, row * WINDOW, oldest, length, norm, windows, to);
    if (this.#gaps[row] === 0) writeSeason(this.#seasons, row * SEASON, this.#seasonHead, norm, seasons, to);
    else writeUnknownSeason(seasons, to);
  }

  /** Where nothing moved, what makes the row unitless; until the next call. */
  still(row: number): Norm | undefined {
    const base = row * WINDOW;
    const lowest = this.#points[base + (this.#orders[base] ?? 0)] ?? 0;
    if (lowest !== this.#points[base + (this.#orders[base + (this.lengths[row] ?? 1) - 1] ?? 0)]) return undefined;
    if (this.#gaps[row] === 0) for (let at = row * SEASON, end = at + SEASON; at < end; at += 1) if (this.#seasons[at] !== lowest) return undefined;
    measure(this.#points, base, 1, this.#norm);
    return this.#norm;
  }

  /** Whether the day before is known. */
  hasSeason(row: number): boolean {
    return this.#gaps[row] === 0;
  }

  tails(calibration: string): Tails {
    let known = this.#tails.get(calibration);
    if (!known) {
      known = new Tails(BLOCK_ROWS);
      this.#tails.set(calibration, known);
    }
    return known;
  }
}
