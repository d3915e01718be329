import type { InputName } from './models/model.js';
import { EXPERTS, RANKS, SEASON, WINDOW } from './models/shape.js';

/** What models are asked, in up to `most` rows and without units: what follows from the windows, and, for those that ask for them, the windows and the day before. */
export class ModelInputs {
  rows = 0;
  readonly most: number;
  /** In which row each question is, in their order: of what is the same to any model there is one. */
  readonly origins: Uint16Array;
  readonly ranks: Float32Array;
  readonly forecasts: Float32Array;
  readonly errors: Float32Array;
  #windows: Float32Array | undefined;
  #seasons: Float32Array | undefined;
  /** The rows of a window in which nothing moved, without and with a day before: whatever the series, these are the same; -1 until there is one. */
  readonly flat = [-1, -1];

  constructor(most: number) {
    this.most = most;
    this.origins = new Uint16Array(most);
    this.ranks = new Float32Array(most * RANKS);
    this.forecasts = new Float32Array(most * EXPERTS);
    this.errors = new Float32Array(most * EXPERTS);
  }

  /** Made when they are asked for: the product's own models do not. */
  get windows(): Float32Array {
    return (this.#windows ??= new Float32Array(this.most * WINDOW));
  }

  get seasons(): Float32Array {
    return (this.#seasons ??= new Float32Array(this.most * SEASON));
  }

  given(inputs: readonly InputName[]): Readonly<Record<string, Float32Array>> {
    const { rows } = this;
    const all = {
      window: () => this.#window(), sorted: () => this.#sorted(), ranks: () => this.ranks.subarray(0, rows * RANKS),
      forecasts: () => this.forecasts.subarray(0, rows * EXPERTS), errors: () => this.errors.subarray(0, rows * EXPERTS), yesterday: () => this.seasons.subarray(0, rows * SEASON),
    };
    return Object.fromEntries(inputs.map((input) => [input, all[input]()]));
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
