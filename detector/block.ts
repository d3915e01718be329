import type { LookedAt, Series, UnixMs } from '#core/types.js';
import { LOSS, ruleOf, type Rule } from './band.js';
import { createTail, Tails } from './calibration.js';
import type { EpisodeState, Surge } from './episode.js';
import type { Habit } from './habit.js';
import { isLevel, limitOf } from './levels.js';
import type { Measured } from './measured.js';
import { WINDOW } from './models/shape.js';
import { Pool } from './pool.js';
import { BLOCK_ROWS, Rings } from './rings.js';
import { signOf, type Latest, type Sign } from './signs.js';

/** Beyond it a point has no single precision; a limit that stands for "none" is as large. */
const LARGEST = 3.4e38;
const held = (value: number): number => Math.max(-LARGEST, Math.min(LARGEST, value));

/** What is looked at for a course: so long, and so many points at least. */
const LATEST_MS = 1_800_000;
const LEAST_LATEST = 24;

const LEVEL = 1;
const FLOW = 2;
const FAILURES = 3;

/** What is known of up to BLOCK_ROWS series, as columns: their last points, cleaned of what was judged abnormal, with the same time a day before. */
export class Block {
  readonly series: (Series | undefined)[] = [];
  /** By what each is judged. */
  readonly rules: Rule[] = [];
  readonly rings = new Rings();
  readonly lastSeenAt = new Float64Array(BLOCK_ROWS);
  /** When it was seen the time before. */
  readonly #seenBefore = new Float64Array(BLOCK_ROWS);
  /** The step in which the reading was given; in another one there is none. */
  readonly readAt = new Float64Array(BLOCK_ROWS).fill(Number.NaN);
  readonly values = new Float64Array(BLOCK_ROWS);
  readonly counts = new Float64Array(BLOCK_ROWS);
  /** 1 where a reading was ever given in the step that it is of, not learned later. */
  readonly inTime = new Uint8Array(BLOCK_ROWS);
  /** Where each series is in what was read of the day before; -1 where it is not. */
  readonly before = new Int32Array(BLOCK_ROWS).fill(-1);
  /** When the ring began anew, and the time before. */
  readonly #roundAt = new Float64Array(BLOCK_ROWS);
  readonly #roundBefore = new Float64Array(BLOCK_ROWS);
  /** What bounds a series, and what a level can come to at most. */
  readonly #bounds = new Uint8Array(BLOCK_ROWS);
  readonly #limits = new Float64Array(BLOCK_ROWS);
  /** What is looked for in some of them, by row. */
  readonly signs: (Sign | undefined)[] = [];
  /** What error ratios of the last steps come to. */
  readonly pool = new Pool(BLOCK_ROWS);
  /** Of rows whose last points were not all inside, by row. */
  readonly episodes = new Map<number, EpisodeState>();
  /** Of rows that had episodes, by row. */
  readonly habits = new Map<number, Habit>();
  /** Of rows whose requests rose and stayed there, by row. */
  readonly surges = new Map<number, Surge>();
  /** How far models err on these series, by `calibration`. */
  readonly #tails = new Map<string, Tails>();

  /** Makes a row of a series of which nothing is known. */
  begin(row: number, series: Series): void {
    this.series[row] = series;
    this.rules[row] = ruleOf(series);
    this.rings.begin(row);
    this.#bounds[row] = series.kind === 'rate' ? FLOW : series.kind === 'errors' ? FAILURES : isLevel(series) ? LEVEL : 0;
    this.#limits[row] = limitOf(series) ?? Number.POSITIVE_INFINITY;
    this.signs[row] = signOf(series);
    this.readAt[row] = Number.NaN;
    this.lastSeenAt[row] = 0;
    this.inTime[row] = 0;
    this.pool.begin(row);
    for (const tails of this.#tails.values()) tails.save(row, createTail());
  }

  /** Notes the reading of a step. */
  see(row: number, at: UnixMs, value: number, count: number): void {
    this.#seenBefore[row] = this.lastSeenAt[row] ?? 0;
    this.lastSeenAt[row] = at;
    this.readAt[row] = at;
    this.values[row] = held(value);
    this.counts[row] = count;
    this.signs[row]?.see(at, value);
  }

  /** The clock was set back to `at`: nothing was seen later. */
  setBack(at: UnixMs): void {
    for (const times of [this.lastSeenAt, this.#seenBefore, this.#roundAt, this.#roundBefore]) for (let row = 0; row < BLOCK_ROWS; row += 1) times[row] = Math.min(times[row] ?? 0, at);
  }

  /** How far apart its last two readings were; 0 where there are no two. */
  apartMs(row: number): number {
    const before = this.#seenBefore[row] ?? 0;
    return before === 0 ? 0 : (this.lastSeenAt[row] ?? 0) - before;
  }

  /** Whether a reading is to come at `at`, as regularly as the last two came; what is silent for `silentMs` is not waited for. */
  isDue(row: number, at: UnixMs, silentMs: number): boolean {
    const last = this.lastSeenAt[row] ?? 0;
    return at - last >= last - (this.#seenBefore[row] ?? 0) && at - last <= silentMs;
  }

  push(row: number, given: number, at: UnixMs): void {
    this.rings.note(row, Math.fround(held(given)));
    if (this.rings.heads[row] !== 0) return;
    this.#roundBefore[row] = this.#roundAt[row] ?? 0;
    this.#roundAt[row] = at;
  }

  /**
   * Beyond what a series is outside, however far models err on it. A level above: as far above all of its window but the newest points as these are apart, and half way from there to its limit at the latest. A share of failures above: beyond all of its window but the newest points by what matters, as models take what rises in steps for usual from step to step. A flow below: where it has lost most of the least of its window.
   * NaN of anything else, and until a window is full.
   */
  reach(row: number): number {
    const bound = this.#bounds[row];
    if (bound === 0) return Number.NaN;
    const { rings } = this;
    rings.settle(row);
    if (rings.lengths[row] !== WINDOW) return Number.NaN;
    if (bound === FLOW) return (1 - LOSS) * rings.least(row);
    const highest = rings.beforeNewest(row, 'highest');
    if (bound === FAILURES) return highest + (this.rules[row]?.absolute ?? 0);
    const lowest = rings.beforeNewest(row, 'lowest');
    if (highest === lowest) return Number.NaN;
    const limit = this.#limits[row] ?? Number.POSITIVE_INFINITY;
    return Math.min(highest + (highest - lowest), highest < limit ? (highest + limit) / 2 : Number.POSITIVE_INFINITY);
  }

  /** The newest points of a row until the next call; undefined while less is known than is looked at. */
  latest(row: number, at: UnixMs): Latest | undefined {
    const { from, points } = this.lookedAt(row, at);
    const everyMs = (at - from) / points;
    const wanted = Math.min(WINDOW, Math.max(LEAST_LATEST, Math.ceil(LATEST_MS / everyMs)));
    return points < wanted ? undefined : { points: this.rings.window(row).subarray(-wanted), spanMs: wanted * everyMs };
  }

  /** Points since the requests of a service were last seen, where that is more than twice as long as any silence in the full window before it; else 0. */
  silence(row: number, at: UnixMs, stepMs: number): number {
    if (this.#bounds[row] !== FLOW || this.series[row]?.operation !== '' || this.rings.lengths[row] !== WINDOW) return 0;
    const silent = Math.round((at - (this.lastSeenAt[row] ?? 0)) / stepMs);
    return silent > 1 && silent > 2 * this.rings.zeros(row, silent) ? silent : 0;
  }

  /** What models are asked about a point that is judged at `at`. The oldest point's time is exact where points come regularly. */
  lookedAt(row: number, at: UnixMs): Omit<LookedAt, 'dayBefore'> & { readonly dayBeforeKnown: boolean } {
    const { rings } = this;
    rings.settle(row);
    const points = rings.lengths[row] ?? 0;
    const round = this.#roundAt[row] ?? at;
    const head = points < WINDOW ? 0 : (rings.heads[row] ?? 0);
    const before = this.#roundBefore[row] ?? round;
    return { from: head === 0 ? round : Math.round(before + ((round - before) * head) / WINDOW), to: at, points, dayBeforeKnown: rings.hasSeason(row) };
  }

  /** Notes the value of the day before of a row. */
  noteSeason(row: number, yesterday: Measured | undefined, slot: number): void {
    const place = this.before[row] ?? -1;
    this.rings.noteSeason(row, yesterday && place !== -1 ? held(yesterday.values[place * yesterday.slots + slot] ?? Number.NaN) : Number.NaN);
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
