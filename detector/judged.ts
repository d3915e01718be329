import type { Series, UnixMs } from '#core/types.js';
import { Said } from './ask.js';
import type { Expectation, Readings, Verdict } from './band.js';
import type { Heard } from './long/voice.js';
import { ModelInputs } from './inputs.js';
import type { Member } from './members.js';
import type { Pool } from './pool.js';
import { BLOCK_ROWS, type Rings } from './rings.js';

/** What the models were asked in a step and what came of it. Its columns are filled anew in the next step. */
export interface Judged {
  readonly at: UnixMs;
  readonly parts: readonly JudgedPart[];
  /** From the first question to the models until their last answer. */
  readonly runMs: number;
  /** Asks another model what those that judge were asked. */
  readonly askAgain: (part: JudgedPart, member: Pick<Member, 'slot' | 'inputs'>) => Promise<Said>;
  /** What the long memories make of a verdict. */
  readonly hear: (series: Series, heard: Heard) => Heard;
}

/** What one model said of the rows of a block, and how many standard deviations its band is wide on each side, by their places. */
export interface Opinion {
  readonly detector: string;
  readonly said: Said;
  readonly width: Float64Array;
}

const column = (): Float64Array => new Float64Array(BLOCK_ROWS);

/** Up to BLOCK_ROWS series that were judged together, as columns of which the first `rows` are used. */
export class JudgedPart {
  readonly rings: Rings;
  rows = 0;
  readonly series: Series[] = [];
  /** Where each is in its block. */
  readonly places = new Uint16Array(BLOCK_ROWS);
  readonly values = column();
  readonly counts = column();
  /** Above these levels and shares of failures are outside, and flows below them, however far the models err; NaN where there is none. */
  readonly reaches = column();
  /** Points since a flow was last seen, where it is never silent for so long; else 0. */
  readonly silences = column();
  /** Of error ratios: the share of failures among the last requests, and how many those are; 0 where they do not speak. */
  readonly pooled = column();
  readonly pooledCounts = column();
  readonly expected = column();
  readonly lower = column();
  readonly upper = column();
  readonly scores = column();
  /** Whether its episode was open before this point: errors within it teach nothing. */
  readonly troubled = new Uint8Array(BLOCK_ROWS);
  /** Whether a sign spoke in place of the models. */
  readonly signed = new Uint8Array(BLOCK_ROWS);
  /** One for each model that judges. */
  opinions: readonly Opinion[] = [];

  constructor(rings: Rings) {
    this.rings = rings;
  }

  /** Makes room for what these models will say. */
  ask(detectors: readonly string[]): void {
    if (detectors.length === this.opinions.length && detectors.every((detector, index) => this.opinions[index]?.detector === detector)) return;
    this.opinions = detectors.map((detector) => ({ detector, said: new Said(), width: column() }));
  }

  /** Brings what is asked of a row into the place of an earlier one that is not judged. */
  move(from: number, to: number): void {
    if (from === to) return;
    const series = this.series[from];
    if (series) this.series[to] = series;
    this.places[to] = this.places[from] ?? 0;
  }

  /** What was read of a row, and of the last requests together where they are pooled. */
  read(row: number, value: number, count: number, pool: Pool | undefined): void {
    this.values[row] = value;
    this.counts[row] = count;
    const place = this.places[row] ?? 0;
    this.pooledCounts[row] = pool?.count(place, value) ?? 0;
    this.pooled[row] = pool?.share(place) ?? 0;
  }

  settle(row: number, { expected, lower, upper, score }: Omit<Verdict, 'contributions'>): void {
    this.expected[row] = expected;
    this.lower[row] = lower;
    this.upper[row] = upper;
    this.scores[row] = score;
  }

  /** What the step measured and, where it speaks, what the last requests say. */
  readings(row: number): Readings {
    const count = this.pooledCounts[row] ?? 0;
    const reach = this.reaches[row] ?? Number.NaN;
    return { own: { value: this.values[row] ?? 0, count: this.counts[row] ?? 0, reach, silent: this.silences[row] ?? 0 }, pooled: count > 0 ? { value: this.pooled[row] ?? 0, count, reach } : undefined };
  }

  expectations(row: number): Expectation[] {
    const place = this.places[row] ?? 0;
    return this.opinions.map(({ detector, said, width }) => ({ detector, expected: said.expected[place] ?? 0, scale: said.scale[place] ?? 0, width: width[place] ?? 0 }));
  }

  /** Whether the models were asked about numbers: only then are they to blame for an answer that is none. */
  isAsked(row: number): boolean {
    const inputs = new ModelInputs(1);
    const { centre, spread } = this.rings.normalise(this.places[row] ?? 0, inputs, 0, true);
    return Number.isFinite(centre + spread) && inputs.windows.every(Number.isFinite) && inputs.seasons.every(Number.isFinite);
  }
}
