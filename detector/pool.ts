/** What the share of failures keeps of the requests before, from step to step: five steps' worth in all. */
const KEPT = 0.8;
/** The last requests speak only while the newest go on like them: a blip that is over must not last. */
const GOES_ON = 0.5;

/**
 * Failures among the last requests of each series of error ratios: a service with few requests per step fails a fifth of them for minutes, and in no step by itself are they more than chance.
 * Older requests count less, so that what is pooled has the noise of fewer requests than it has seen, never of more.
 */
export class Pool {
  readonly #served: Float32Array;
  readonly #failed: Float32Array;

  constructor(rows: number) {
    this.#served = new Float32Array(rows);
    this.#failed = new Float32Array(rows);
  }

  begin(row: number): void {
    this.#served[row] = 0;
    this.#failed[row] = 0;
  }

  /** Takes the share of failures of a step's `count` requests. */
  take(row: number, value: number, count: number): void {
    this.#served[row] = (this.#served[row] ?? 0) * KEPT + count;
    this.#failed[row] = (this.#failed[row] ?? 0) * KEPT + value * count;
  }

  /** The requests that speak beside those of the step; none where the step goes on otherwise. */
  count(row: number, value: number): number {
    const served = this.#served[row] ?? 0;
    return served > 0 && value > 0 && value >= (GOES_ON * (this.#failed[row] ?? 0)) / served ? served : 0;
  }

  share(row: number): number {
    return (this.#failed[row] ?? 0) / (this.#served[row] ?? 1);
  }
}
