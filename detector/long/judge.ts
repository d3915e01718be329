import { createAlarm, type Alarm } from './alarm.js';
import { createHours, type Hours } from './hours.js';
import { createMemory, type Measures, type Memory } from './memory.js';
import type { Walk } from './state.js';
import { createRareTail, learnRare, rarity } from './tail.js';

/** What is said of one row. Numbers are always finite. */
export interface Opinion {
  /** Below 1 it ranks the row among the others; above 1 only where an alert is raised. */
  score: number;
  /** An alert is raised or fires on for a few rows. */
  alert: boolean;
  /** An alert is raised: once per episode. */
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
  /** `time` in epoch milliseconds. A row that is not newer than the last teaches nothing and raises nothing; a value that is not finite is a gap. */
  judge(time: number, values: ArrayLike<number>): Readonly<Opinion>;
}

/** A judge of one column that can be kept and taken up again. */
export interface KeptJudge extends Judge {
  walk(walk: Walk): void;
}

/** How surprising a row is: `alert` decides on alerts in units of what raises one, `rank` orders rows. */
interface Surprise {
  alert: number;
  rank: number;
  top: number;
}

/** Rows that are read before the step between them is known: their median. */
const ROWS_FOR_STEP = 12;
/** One column alerts when its rarities average this: what is rarer than one point in 40 by every measure at once is far rarer than that. */
const RAISE_ONE = 1.6;
/** What an hour says counts a little less than what a row says, for it says it to every row of the next. */
const OF_AN_HOUR = 0.8;
/** And for the rank less still, or it hides which row it was. */
const RANK_OF_AN_HOUR = 0.3;
/** Several columns alert when their mean rarity is this rare by its own past. */
const RAISE_SEVERAL = 2.2;
/** Of several columns those count that are rarer than one point in thirty: a crowd of nearly normal ones must not drown them. */
const RARE_COLUMN = 1.5;
/** Standard deviations from the mean of all history that count for a rank, from here to there. */
const FAR = 3;
const FARTHEST = 20;
/** Rows after which a rank of several columns has half its weight: to those who have seen little, much is new. */
const HALF_WEIGHT = 2_000;
/** A rank falls by e in so many rows: the rows after a peak belong to it. */
const HOLD = 30;
/** Rank that is worth a score of one half. */
const HALF_RANK = 6;
const LONGEST_MEMORY = 10_000;
/** One value in ten thousand lies outside the band that is told. */
const BAND = 4;

export const createJudge = (columns: number): Judge => create({ columns, band: BAND });

/** The same for a series of which the step is known, with another band. */
export const createSeriesJudge = (stepMs: number, band: number): KeptJudge => create({ columns: 1, band, knownStepMs: stepMs });

interface JudgeOptions {
  readonly columns: number;
  readonly band: number;
  readonly knownStepMs?: number;
}

/** What there is once the step is known. */
interface Started {
  readonly memories: readonly Memory[];
  readonly hours: Hours | undefined;
  readonly alarm: Alarm;
  readonly surpriseOf: (memories: readonly Memory[]) => Surprise;
}

function create({ columns, band, knownStepMs }: JudgeOptions): KeptJudge {
  const opinion: Opinion = { score: 0, alert: false, raised: false, expected: 0, lower: 0, upper: 0, top: 0 };
  const waiting: { time: number; values: Float64Array }[] = [];
  let started: Started | undefined;
  let last = -Infinity;
  let held = 0;

  function begin(stepMs: number): void {
    const memories = Array.from({ length: columns }, () => createMemory(stepMs, { shapes: columns === 1, band }));
    started = { memories, hours: columns === 1 ? createHours(stepMs, band) : undefined, alarm: createAlarm(stepMs), surpriseOf: columns === 1 ? ofOne : createOfSeveral() };
    for (const { time, values } of waiting) learn(started, time, values);
  }
  if (knownStepMs !== undefined) begin(knownStepMs);

  const rankScore = (): number => held / (held + HALF_RANK);

  /** Gives the memory of hours, where it has something to say. */
  function learn({ memories, hours }: Started, time: number, values: ArrayLike<number>): Memory | undefined {
    for (let column = 0; column < columns; column += 1) memories[column]?.observe(time, values[column] ?? Number.NaN);
    return hours?.observe(time, values[0] ?? Number.NaN);
  }

  function wait(time: number, values: ArrayLike<number>): void {
    waiting.push({ time, values: Float64Array.from({ length: columns }, (_, column) => values[column] ?? Number.NaN) });
    const value = values[0] ?? Number.NaN;
    if (Number.isFinite(value)) opinion.expected = opinion.lower = opinion.upper = value;
    if (waiting.length < ROWS_FOR_STEP) return;
    const gaps = waiting.slice(1).map((row, index) => row.time - (waiting[index]?.time ?? 0)).toSorted((a, b) => a - b);
    begin(gaps[gaps.length >> 1] ?? 0);
  }

  return {
    judge(time, values) {
      opinion.raised = false;
      opinion.alert = false;
      if (!Number.isFinite(time) || time <= last) {
        opinion.score = Math.min(opinion.score, rankScore());
        return opinion;
      }
      last = time;
      if (!started) {
        wait(time, values);
        return opinion;
      }
      const hour = learn(started, time, values);
      const { memories, alarm, surpriseOf } = started;
      const { alert, rank, top } = surpriseOf(memories);
      const ofHour = hour ? OF_AN_HOUR * alertOf(hour) : 0;
      const { state, severity } = alarm.advance(Math.max(alert, ofHour));
      held = Math.max(rank + (hour ? RANK_OF_AN_HOUR * rankOf(hour) : 0), held * Math.exp(-1 / HOLD));
      opinion.raised = state === 'raised';
      opinion.alert = state !== 'quiet';
      opinion.score = opinion.raised ? 1 + severity : rankScore();
      opinion.top = top;
      // An alert of the hour says what was expected of the hour.
      const { expected, half } = (opinion.alert && ofHour > alert ? hour : memories[top]) ?? { expected: 0, half: 0 };
      opinion.expected = expected;
      opinion.lower = expected - half;
      opinion.upper = expected + half;
      return opinion;
    },
    walk(walk) {
      last = walk.number(last);
      held = walk.number(held);
      started?.alarm.walk(walk);
      for (const memory of started?.memories ?? []) memory.walk(walk);
      started?.hours?.walk(walk);
    },
  };
}

const sum = ({ slow, fast, level, shift }: Measures): number => slow + fast + level + shift;

// The four distances see one thing from four sides; a new shape is the second opinion and counts twice.
const alertOf = ({ rarities }: Memory): number => (sum(rarities) + 2 * rarities.values) / 6 / RAISE_ONE;

// What follows at once and what is new in shape rank best; where a level was left for good, the other measures stay high without need.
const rankOf = ({ rarities }: Memory): number => rarities.fast + rarities.values + rarities.errors;

const one: Surprise = { alert: 0, rank: 0, top: 0 };
function ofOne([memory]: readonly Memory[]): Surprise {
  if (!memory) return one;
  one.alert = alertOf(memory);
  one.rank = rankOf(memory);
  return one;
}

function createOfSeveral(): (memories: readonly Memory[]) => Surprise {
  const tail = createRareTail();
  let rows = 0;
  const surprise: Surprise = { alert: 0, rank: 0, top: 0 };
  const beyond = (value: number): number => Math.max(0, value - RARE_COLUMN);
  return (memories) => {
    let total = 0;
    let rank = 0;
    let most = -1;
    rows += 1;
    for (const [column, { rarities, far }] of memories.entries()) {
      total += sum(rarities);
      const rare = beyond(rarities.slow) + beyond(rarities.fast) + beyond(rarities.level);
      rank += rare + Math.max(0, Math.min(far, FARTHEST) - FAR);
      // To blame is what is rare and has gone far: a column that trembles is rare more often than it matters.
      const blame = (rare + 0.1) * (1 + Math.min(far, FARTHEST));
      if (blame > most) {
        most = blame;
        surprise.top = column;
      }
    }
    const mean = total / memories.length;
    surprise.alert = rarity(tail, mean) / RAISE_SEVERAL;
    surprise.rank = (rank / memories.length) * (rows / (rows + HALF_WEIGHT));
    learnRare(tail, mean, LONGEST_MEMORY);
    return surprise;
  };
}
