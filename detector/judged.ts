import type { Series, UnixMs } from '#core/types.js';
import { BLOCK_ROWS } from './block.js';
import type { Expectation, Readings } from './band.js';
import type { Heard } from './long/voice.js';
import type { InputName } from './models/model.js';
import type { Pool } from './pool.js';
import { RANKS, SEASON, WINDOW } from './models/shape.js';

/** What the models were asked in a step and what came of it. Its columns are filled anew in the next step. */
export interface Judged {
  readonly at: UnixMs;
  readonly parts: readonly JudgedPart[];
  /** From the first question to the models until their last answer. */
  readonly runMs: number;
  /** What the long memories make of a verdict. */
  readonly hear: (series: Series, heard: Heard) => Heard;
}

/** What one model said, in each series' own unit. */
export interface Opinion {
  readonly detector: string;
  readonly expected: Float64Array;
  readonly scale: Float64Array;
  readonly width: Float64Array;
}

const column = (): Float64Array => new Float64Array(BLOCK_ROWS);
/** Threads read it where it is. */
const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

/** Up to BLOCK_ROWS series that were judged together, as columns of which the first `rows` are used. */
export class JudgedPart {
  rows = 0;
  readonly series: Series[] = [];
  /** Where each is in its block. */
  readonly places = new Uint16Array(BLOCK_ROWS);
  /** Where each is in what the models answer. */
  readonly origins = new Uint16Array(BLOCK_ROWS);
  readonly values = column();
  readonly counts = column();
  /** Of error ratios: the share of failures among the last requests, and how many those are; 0 where they do not speak. */
  readonly pooled = column();
  readonly pooledCounts = column();
  readonly windows = shared(BLOCK_ROWS * WINDOW);
  /** What is in the middle of each. */
  readonly ranks = shared(BLOCK_ROWS * RANKS);
  readonly seasons = shared(BLOCK_ROWS * SEASON);
  readonly centres = column();
  readonly spreads = column();
  readonly expected = column();
  readonly lower = column();
  readonly upper = column();
  readonly scores = column();
  /** Whether its episode was open before this point: errors within it teach nothing. */
  readonly troubled = new Uint8Array(BLOCK_ROWS);
  /** One for each model that judges. */
  opinions: readonly Opinion[] = [];

  /** What a model is asked, from a row on. */
  given(inputs: readonly InputName[], from = 0): Readonly<Record<string, Float32Array>> {
    const all = { window: () => this.windows.subarray(from * WINDOW, this.rows * WINDOW), sorted: () => this.#sort(from), ranks: () => this.ranks.subarray(from * RANKS, this.rows * RANKS), yesterday: () => this.seasons.subarray(from * SEASON, this.rows * SEASON) };
    return Object.fromEntries(inputs.map((input) => [input, all[input]()]));
  }

  /** Anew for each that asks: those of the product do not, and it would be a sixth of the memory of a series. */
  #sort(from: number): Float32Array {
    const sorted = this.windows.slice(from * WINDOW, this.rows * WINDOW);
    for (let row = 0; row < this.rows - from; row += 1) sorted.subarray(row * WINDOW, (row + 1) * WINDOW).sort();
    return sorted;
  }

  /** Makes room for what these models will say. */
  ask(detectors: readonly string[]): void {
    if (detectors.length === this.opinions.length && detectors.every((detector, index) => this.opinions[index]?.detector === detector)) return;
    this.opinions = detectors.map((detector) => ({ detector, expected: column(), scale: column(), width: column() }));
  }

  /** Brings what is asked of a row into the place of an earlier one that is not judged. */
  move(from: number, to: number): void {
    if (from === to) return;
    const series = this.series[from];
    if (series) this.series[to] = series;
    this.places[to] = this.places[from] ?? 0;
    this.origins[to] = this.origins[from] ?? 0;
    this.centres[to] = this.centres[from] ?? 0;
    this.spreads[to] = this.spreads[from] ?? 1;
    this.windows.copyWithin(to * WINDOW, from * WINDOW, (from + 1) * WINDOW);
    this.ranks.copyWithin(to * RANKS, from * RANKS, (from + 1) * RANKS);
    this.seasons.copyWithin(to * SEASON, from * SEASON, (from + 1) * SEASON);
  }

  /** What was read of a row. */
  read(row: number, value: number, count: number, pool: Pool): void {
    this.values[row] = value;
    this.counts[row] = count;
    const place = this.places[row] ?? 0;
    const isRatio = this.series[row]?.kind === 'errors';
    this.pooledCounts[row] = isRatio ? pool.count(place, value) : 0;
    this.pooled[row] = isRatio ? pool.share(place) : 0;
  }

  settle(row: number, expected: number, lower: number, upper: number, score: number): void {
    this.expected[row] = expected;
    this.lower[row] = lower;
    this.upper[row] = upper;
    this.scores[row] = score;
  }

  /** What the step measured and, where it speaks, what the last requests say. */
  readings(row: number): Readings {
    const count = this.pooledCounts[row] ?? 0;
    return { own: { value: this.values[row] ?? 0, count: this.counts[row] ?? 0 }, pooled: count > 0 ? { value: this.pooled[row] ?? 0, count } : undefined };
  }

  expectations(row: number): Expectation[] {
    return this.opinions.map(({ detector, expected, scale, width }) => ({ detector, expected: expected[row] ?? 0, scale: scale[row] ?? 0, width: width[row] ?? 0 }));
  }

  /** Whether the models were asked about numbers: only then are they to blame for an answer that is none. */
  isAsked(row: number): boolean {
    return Number.isFinite((this.centres[row] ?? 0) + (this.spreads[row] ?? 0)) && this.windows.subarray(row * WINDOW, (row + 1) * WINDOW).every(Number.isFinite) && this.seasons.subarray(row * SEASON, (row + 1) * SEASON).every(Number.isFinite);
  }
}
