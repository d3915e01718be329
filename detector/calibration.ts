/**
 * How far one model errs on one series, learned from its own errors: the band then keeps a stated rate of false alarms without a threshold that anybody sets.
 * Errors are in standard deviations as the model claims them. Beyond `threshold`, which a tenth of them exceed, their excess is taken as exponential with mean `excess`.
 * Source: peaks over threshold, Siffer et al., Anomaly Detection in Streams with Extreme Value Theory (KDD 2017), with the shape of the tail fixed at 0.
 */
export interface Tail {
  threshold: number;
  excess: number;
  /** Errors learned. */
  count: number;
}

const SHARE_BEYOND = 0.1;
/** A Gaussian's threshold, and a mean excess above its 0.37: a young series is judged with care. */
const GAUSSIAN_THRESHOLD = 1.64;
const CAREFUL_EXCESS = 0.5;
/** Learning slows down to one part in so many. */
const MEMORY = 500;
const FIRST = 20;
/** No model is trusted to be better than this. */
const LEAST_WIDTH = 3.5;

export const createTail = (): Tail => ({ threshold: GAUSSIAN_THRESHOLD, excess: CAREFUL_EXCESS, count: 0 });

/** Learns one absolute error, in standard deviations. */
export function learnError(tail: Tail, error: number): void {
  if (!Number.isFinite(error)) return;
  tail.count += 1;
  const pace = 1 / Math.min(FIRST + tail.count, MEMORY);
  const beyond = error > tail.threshold;
  tail.threshold = Math.max(0, tail.threshold + pace * 4 * ((beyond ? 1 : 0) - SHARE_BEYOND));
  if (beyond) tail.excess += pace * 4 * (error - tail.threshold - tail.excess);
}

/** Standard deviations that an error exceeds with `probability`, 0..SHARE_BEYOND. */
export function widthOf(tail: Tail, probability: number): number {
  return Math.max(LEAST_WIDTH, tail.threshold + Math.max(0, tail.excess) * Math.log(SHARE_BEYOND / probability));
}

/** Tails of many series, as columns. */
export class Tails {
  readonly #thresholds: Float64Array;
  readonly #excesses: Float64Array;
  readonly #counts: Float64Array;

  constructor(rows: number) {
    this.#thresholds = new Float64Array(rows).fill(GAUSSIAN_THRESHOLD);
    this.#excesses = new Float64Array(rows).fill(CAREFUL_EXCESS);
    this.#counts = new Float64Array(rows);
  }

  load(row: number, into: Tail): void {
    into.threshold = this.#thresholds[row] ?? 0;
    into.excess = this.#excesses[row] ?? 0;
    into.count = this.#counts[row] ?? 0;
  }

  save(row: number, { threshold, excess, count }: Tail): void {
    this.#thresholds[row] = threshold;
    this.#excesses[row] = excess;
    this.#counts[row] = count;
  }
}
