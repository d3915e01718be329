import { BLOCK_ROWS } from './block.js';
import type { InputName } from './models/model.js';
import { expertiseOf } from './models/experts.js';
import { ranksOf } from './models/ranks.js';
import { EXPERTS, RANKS, SEASON, WINDOW } from './models/shape.js';

/** Threads read it where it is. */
const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

/** What models are asked, in rows and without units: what follows from the windows, and, for those that ask for them, the windows and the day before. */
export class ModelInputs {
  rows = 0;
  readonly ranks: Float32Array;
  readonly forecasts: Float32Array;
  readonly errors: Float32Array;
  readonly #most: number;
  #windows: Float32Array | undefined;
  #seasons: Float32Array | undefined;
  /** The rows of a window in which nothing moved, without and with a day before: whatever the series, these are the same; -1 until there is one. */
  readonly flat = [-1, -1];

  constructor(rows = BLOCK_ROWS) {
    this.#most = rows;
    this.ranks = shared(rows * RANKS);
    this.forecasts = shared(rows * EXPERTS);
    this.errors = shared(rows * EXPERTS);
  }

  /** Made when they are asked for: the product's own models do not. */
  get windows(): Float32Array {
    return (this.#windows ??= shared(this.#most * WINDOW));
  }

  get seasons(): Float32Array {
    return (this.#seasons ??= shared(this.#most * SEASON));
  }

  given(inputs: readonly InputName[]): Readonly<Record<string, Float32Array>> {
    const { rows } = this;
    const all = {
      window: () => this.#window(), sorted: () => this.#sorted(), ranks: () => this.ranks.subarray(0, rows * RANKS),
      forecasts: () => this.forecasts.subarray(0, rows * EXPERTS), errors: () => this.errors.subarray(0, rows * EXPERTS), yesterday: () => this.seasons.subarray(0, rows * SEASON),
    };
    return Object.fromEntries(inputs.map((input) => [input, all[input]()]));
  }

  /** Finds what follows from the windows from them alone, as far as it is asked for. */
  conclude(names: readonly InputName[]): void {
    if (names.includes('ranks')) this.ranks.set(ranksOf(this.#window()));
    if (!names.includes('forecasts') && !names.includes('errors')) return;
    const { forecasts, errors } = expertiseOf(this.#window(), this.seasons);
    this.forecasts.set(forecasts);
    this.errors.set(errors);
  }

  clear(): void {
    this.rows = 0;
    this.flat.fill(-1);
  }

  #window(): Float32Array {
    return this.windows.subarray(0, this.rows * WINDOW);
  }

  /** Anew for each that asks: those of the product do not. */
  #sorted(): Float32Array {
    const sorted = this.#window().slice();
    for (let row = 0; row < this.rows; row += 1) sorted.subarray(row * WINDOW, (row + 1) * WINDOW).sort();
    return sorted;
  }
}

/** Enough to keep the threads busy while the next are made ready: one for each block would be a third of the memory of a series. */
const LENT = 4;

/** Lends inputs to `work`, empty, in the order in which it is asked for. */
export function createLender(): <T>(work: (inputs: ModelInputs) => Promise<T>) => Promise<T> {
  const idle: ModelInputs[] = [];
  const waiting: ((inputs: ModelInputs) => void)[] = [];
  let made = 0;

  function take(): ModelInputs | Promise<ModelInputs> {
    const free = idle.pop();
    if (free) return free;
    if (made === LENT) return new Promise((resolve) => waiting.push(resolve));
    made += 1;
    return new ModelInputs();
  }

  return async (work) => {
    const inputs = await take();
    inputs.clear();
    try {
      return await work(inputs);
    } finally {
      const next = waiting.shift();
      if (next) next(inputs);
      else idle.push(inputs);
    }
  };
}
