import { setImmediate } from 'node:timers/promises';
import type { Judged, Recording } from '#core/backtest.js';
import { createJudge } from './judge.js';

/** Values judged from one pause to the next: a few milliseconds of work. */
const VALUES_PER_TURN = 128;
/** A server gives way after this long. */
const TURN_MS = 8;

/** Judges row by row, each by what came before it alone. Pauses now and then, so that a server can do other things meanwhile. */
function* judgeRecording({ times, columns }: Recording): Generator<undefined, Judged> {
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

/** The same beside other work of the process: no turn is much longer than TURN_MS. */
export async function judgeInTurns(recording: Recording): Promise<Judged> {
  const judging = judgeRecording(recording);
  for (let began = performance.now(); ; ) {
    const { done, value } = judging.next();
    if (done) return value;
    if (performance.now() - began < TURN_MS) continue;
    await setImmediate();
    began = performance.now();
  }
}
