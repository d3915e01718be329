import { DAY_MS } from '#core/clock.js';
import type { Series, UnixMs } from '#core/types.js';
import { judge, type Reading } from '../band.js';
import { createSeriesJudge, type KeptJudge } from './judge.js';
import { createRecurring, noteValue, reached, walkRecurring, type Recurring } from './recurring.js';
import type { Walk } from './state.js';
import { createUsual, expectedOf, isRipe, learnPoint, walkUsual, WEEK_MS, widthOf, type Usual } from './usual.js';
import { calm, createInsistence, insist, OBJECTIONS, type Heard, type Insistence } from './voice.js';

const DAYS = 7;
const WEEKS = 4;
const DAY_STRETCH_MS = 300_000;
const WEEK_STRETCH_MS = 1_800_000;
/** A false alarm in fewer points than these is no budget. */
const LEAST_BUDGET = 1_000;
/** Requests of which a share of failures is more than chance: of fewer only a minute is remembered. */
const ENOUGH = 20;
/** Points that are further apart than so many steps do not follow each other. */
const NEAR_STEPS = 2;

/** What is remembered of one series: what is usual, what recurs, and the judge of the backtest. */
export interface LongMemory {
  rank: number;
  /** When its points begin: those of all series are learned in as many slices as a point has steps. */
  readonly phaseMs: number;
  readonly usual: Usual;
  readonly daily: Recurring;
  readonly weekly: Recurring;
  readonly judge: KeptJudge;
  readonly insistence: Insistence;
  /** The point that is being filled. */
  filling: Filling;
  /** What the last two steps showed, and when the last was. */
  last: number;
  before: number;
  lastAt: UnixMs;
  /** How far the last points were apart, and those before them. */
  apart: { readonly last: number; readonly before: number };
  objection: Heard | undefined;
  /** It is not fed before it has learned its past; `series` is known once it would have been fed. */
  waits: boolean;
  series: Series | undefined;
  /** Everything before is learned, and what was learned until then is kept. */
  until: UnixMs;
  keptUntil: UnixMs;
}

interface Filling {
  readonly from: UnixMs;
  sum: number;
  weight: number;
  count: number;
  whole: boolean;
}

/** How a point is judged. */
export interface Measure {
  readonly stepMs: number;
  readonly paceMs: number;
  readonly sensitivity: number;
  /** How rarely noise alone may leave a band. */
  readonly falseAlarmEveryMs: number;
}

export const emptyFrom = (from: UnixMs): Filling => ({ from, sum: 0, weight: 0, count: 0, whole: true });

export const createLongMemory = (rank: number, phaseMs: number, { paceMs, falseAlarmEveryMs }: Measure): LongMemory => ({
  rank, phaseMs, usual: createUsual(paceMs), daily: createRecurring(DAY_MS, DAY_STRETCH_MS, DAYS), weekly: createRecurring(WEEK_MS, WEEK_STRETCH_MS, WEEKS), judge: createSeriesJudge(paceMs, Math.log10(Math.max(LEAST_BUDGET, falseAlarmEveryMs / paceMs))), insistence: createInsistence(),
  filling: emptyFrom(Number.NEGATIVE_INFINITY), last: Number.NaN, before: Number.NaN, lastAt: Number.NEGATIVE_INFINITY, apart: { last: 0, before: 0 }, objection: undefined, waits: false, series: undefined, until: 0, keptUntil: 0,
});

/** What of it is kept. */
export function walkLongMemory({ usual, daily, weekly, judge: series }: LongMemory, walk: Walk): void {
  walkUsual(usual, walk);
  walkRecurring(daily, walk);
  walkRecurring(weekly, walk);
  series.walk(walk);
}

/** How high (`side` 1) or low (-1) it went at this time before, often enough to be no news; `lasting`: and stayed. */
export const reachedBy = ({ daily, weekly }: LongMemory, at: UnixMs, lasting = false) => (side: 1 | -1): number => {
  const [day, week] = [reached(daily, at, side, lasting), reached(weekly, at, side, lasting)];
  return Number.isNaN(day) || week * side > day * side ? week : day;
};

/** Notes what two of the last three steps reached, as an episode takes two: the mean of a minute says little of what is shorter. A stray point teaches nothing, also when it is learned again. */
export function noteStep(memory: LongMemory, { kind }: Series, at: UnixMs, { value, count }: Reading, { stepMs }: Measure): void {
  if (at <= memory.lastAt || (kind === 'errors' && count < ENOUGH)) return;
  if (at - memory.lastAt > NEAR_STEPS * stepMs) memory.last = memory.before = Number.NaN;
  const { daily, weekly, last, before } = memory;
  memory.before = last;
  memory.last = value;
  memory.lastAt = at;
  const middle = Math.max(Math.min(before, last), Math.min(Math.max(before, last), value));
  if (Number.isNaN(middle)) return;
  noteValue(daily, at, middle);
  noteValue(weekly, at, middle);
}

/** One objection of two: the stronger has the band, and either its part. */
function both(one: Heard, other: Heard): Heard {
  const [strong, weak] = one.verdict.score >= other.verdict.score ? [one, other] : [other, one];
  return { ...strong, verdict: { ...strong.verdict, contributions: [...strong.verdict.contributions, ...weak.verdict.contributions] } };
}

/** Judges the point that was filled, then learns it. */
export function learnFilled(memory: LongMemory, series: Series, { paceMs, sensitivity, falseAlarmEveryMs }: Measure): void {
  const { usual, daily, weekly, insistence, filling } = memory;
  const { from, sum, weight, count, whole } = filling;
  const mean = sum / weight;
  const reading = { value: whole ? Math.round(mean) : mean, count };
  const hear = (detector: string, expected: number, scale: number, width: number, reachMs: number): Heard => {
    const since = Math.max(usual.firstAt, from - reachMs);
    const window = { from: since, to: from, points: Math.min(usual.count, Math.round((from - since) / paceMs)), dayBefore: false };
    const judged = judge(series, reading, [{ detector, expected, scale, width, source: { window } }], paceMs / 1000, sensitivity);
    return { reading, verdict: calm(judged, reading.value, reachedBy(memory, from)) };
  };
  const expected = expectedOf(usual, from, reading.value);
  const opinion = memory.judge.judge(from, [reading.value]);
  if (expected && isRipe(usual, from)) {
    const heard = hear(OBJECTIONS[expected.of], expected.expected, expected.scale, widthOf(usual, from, falseAlarmEveryMs), expected.of === 'level' ? WEEK_MS : WEEKS * WEEK_MS);
    const course = opinion.alert ? hear(OBJECTIONS.course, opinion.expected, opinion.upper - opinion.expected, 1, WEEK_MS) : undefined;
    const broken = course !== undefined && course.verdict.score > 1;
    insist(insistence, heard, paceMs, broken);
    if (!insistence.objecting) memory.objection = undefined;
    else if (heard.verdict.score > 1) memory.objection = heard;
    if (broken) memory.objection = memory.objection ? both(memory.objection, course) : course;
  }
  learnPoint(usual, from, reading.value, expected);
  noteValue(daily, from, mean);
  noteValue(weekly, from, mean);
  memory.until = from + paceMs;
}
