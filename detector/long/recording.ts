import { createJudge } from './judge.js';

/** Recorded values of one series, or of several columns that belong together. Times are epoch milliseconds; NaN is a gap. */
export interface Recording {
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** What is said of each row of a recording, in its order: the fields of an Opinion as columns. Numbers are always finite. */
export interface Judged {
  readonly score: Float64Array;
  readonly alert: Uint8Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly top: Uint32Array;
  /** Rows that raised an alert: one per episode. */
  readonly raised: readonly number[];
}

/** Values judged from one pause to the next: a few milliseconds of work. */
const VALUES_PER_TURN = 128;

/** Judges row by row, each by what came before it alone. Pauses now and then, so that a server can do other things meanwhile. */
export function* judgeRecording({ times, columns }: Recording): Generator<undefined, Judged> {
  const judge = createJudge(columns.length);
  const values = new Float64Array(columns.length);
  const column = (): Float64Array => new Float64Array(times.length);
  const raised: number[] = [];
  const judged = { score: column(), alert: new Uint8Array(times.length), expected: column(), lower: column(), upper: column(), top: new Uint32Array(times.length), raised };
  const turn = Math.max(1, Math.floor(VALUES_PER_TURN / columns.length));
  for (const [row, time] of times.entries()) {
    if (row % turn === 0 && row > 0) yield;
    for (const [index, one] of columns.entries()) values[index] = one[row] ?? Number.NaN;
    const opinion = judge.judge(time, values);
    judged.score[row] = opinion.score;
    judged.alert[row] = opinion.alert ? 1 : 0;
    judged.expected[row] = opinion.expected;
    judged.lower[row] = opinion.lower;
    judged.upper[row] = opinion.upper;
    judged.top[row] = opinion.top;
    if (opinion.raised) raised.push(row);
  }
  return judged;
}

/** The same without a pause. */
export function judgeAtOnce(recording: Recording): Judged {
  const judging = judgeRecording(recording);
  for (;;) {
    const { done, value } = judging.next();
    if (done) return value;
  }
}
