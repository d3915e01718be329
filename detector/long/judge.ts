import { createAlarm } from './alarm.js';
import { createMemory, type Memory } from './memory.js';

/** What is said of one row. Numbers are always finite. */
export interface Opinion {
  /** How surprising the row is: below 1 ranks it among the others, above 1 raises an alert. */
  score: number;
  /** The row raises an alert, or one is still firing. */
  alert: boolean;
  /** The row raises an alert: true once per episode. */
  raised: boolean;
  /** Of the column that surprises most, in its own unit. */
  expected: number;
  lower: number;
  upper: number;
  /** Index of the column that surprises most. */
  top: number;
}

/** Judges the rows of one series, or of several columns that belong together, as they come. Only what came before is used. */
export interface Judge {
  /** `time` in epoch milliseconds. A row that is not newer than the last is not learned and repeats its opinion; a value that is not finite is a gap. */
  judge(time: number, values: ArrayLike<number>): Readonly<Opinion>;
}

/** Rows that are read before the step between them is known: their median. */
const ROWS_FOR_STEP = 12;
/** Sum of rarities (−log10 of probabilities) of the statistics that raises an alert. */
const RAISE = 12;
const CALM = 6;
/** Calm rows that end an episode. */
const REST = 60;
const WORSE = 1;
/** Scores of rows that raise nothing stay below this. */
const BELOW = 0.999;

export function createJudge(columns: number): Judge {
  const alarm = createAlarm({ raise: RAISE, calm: CALM, rest: REST, worse: WORSE });
  const opinion: Opinion = { score: 0, alert: false, raised: false, expected: 0, lower: 0, upper: 0, top: 0 };
  const waiting: { time: number; values: Float64Array }[] = [];
  let memories: Memory[] = [];
  let last = -Infinity;

  function start(): void {
    const gaps = waiting.slice(1).map(({ time }, index) => time - (waiting[index]?.time ?? 0)).toSorted((a, b) => a - b);
    const step = gaps[gaps.length >> 1] ?? 60_000;
    memories = Array.from({ length: columns }, () => createMemory(step));
    for (const { time, values } of waiting) for (const [column, memory] of memories.entries()) memory.observe(time, values[column] ?? Number.NaN);
    waiting.length = 0;
  }

  return {
    judge(time, values) {
      if (!Number.isFinite(time) || time <= last) {
        opinion.raised = false;
        opinion.alert = false;
        opinion.score = Math.min(opinion.score, BELOW);
        return opinion;
      }
      last = time;
      if (memories.length === 0) {
        waiting.push({ time, values: Float64Array.from({ length: columns }, (_, column) => values[column] ?? Number.NaN) });
        if (waiting.length === ROWS_FOR_STEP) start();
        const value = values[0] ?? 0;
        opinion.expected = opinion.lower = opinion.upper = Number.isFinite(value) ? value : opinion.expected;
        return opinion;
      }
      let most = -1;
      for (let column = 0; column < columns; column += 1) {
        const memory = memories[column];
        if (!memory) continue;
        memory.observe(time, values[column] ?? Number.NaN);
        if (memory.surprise > most) {
          most = memory.surprise;
          opinion.top = column;
        }
      }
      const top = memories[opinion.top];
      if (top) {
        opinion.expected = top.expected;
        opinion.lower = top.expected - top.half;
        opinion.upper = top.expected + top.half;
      }
      const state = alarm.advance(most);
      opinion.raised = state === 'raised';
      opinion.alert = state !== 'quiet';
      opinion.score = opinion.raised ? most / RAISE : most < RAISE ? (0.9 * most) / RAISE : BELOW - 0.099 * (RAISE / most);
      return opinion;
    },
  };
}
