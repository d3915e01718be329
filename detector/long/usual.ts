import { DAY_MS } from '#core/clock.js';
import { createProfile, errorAt, learnUsual, usualAt, walkProfile, type Profile } from './season.js';
import type { Walk } from './state.js';
import { createRareTail, learnRare, statisticAt, walkTail, type RareTail } from './tail.js';

export const WEEK_MS = 7 * DAY_MS;
const DAY_WIDTH_MS = 300_000;
const WEEK_WIDTH_MS = 900_000;
const DAYS = 7;
const WEEKS = 4;
/** How long the level and the tail of errors remember, and the errors that say which anchor is to be trusted. */
const MEMORY_MS = WEEK_MS;
const ERROR_MEMORY_MS = 3 * DAY_MS;
/** An anchor that errs so much more than the best is no measure. */
const TRUSTED = 1.5;
const SETTLED = 50;
/** A week, so that weekends are no surprise, and then a day to learn how far off that is. */
export const RIPE_DAYS = 8;
/** What a week must have shown before anything is said of a series: gaps teach nothing. */
const RIPE_MS = 3 * DAY_MS;
/** Times the usual error that are learned as one, also of what is doubtful, and standard deviations that a value teaches at most. */
const ERROR_CAP = 5;
const DOUBT_CAP = 2;
const LEARN_LIMIT = 5;
const SIGMA_OF_MEAN_ABSOLUTE = 1.2533;
/** A series that was exact so far is not sure to stay so: least error as share of what the level errs, and of the value. */
const LEAST_OF_SPREAD = 0.05;
const LEAST_OF_VALUE = 1e-3;
const LEAST_SCALE = 1e-9;
/** What was objected to for a day is the new level; how far it lies is the mean of the last half. */
const ACCEPT_MS = DAY_MS;
const LEAN_MS = DAY_MS / 2;

/** A short surprise is the business of short windows: minutes outside what is usual that it takes to object. */
export const PATIENCE_MS = 600_000;
export const LEAST_POINTS = 3;
/** What noise leads astray stays away for about so long: one excursion is one false alarm. */
const EXCURSION_MS = 1_800_000;
/** One week alone is no proof of what a week is like: until the second is over bands are so much wider. */
const CAREFUL = 1.5;
/** What ten minutes are all off is less than what one is: a young tail begins here. */
const FIRST_THRESHOLD = 1;
/** No anchor is trusted to be better than this, in standard deviations. */
const LEAST_WIDTH = 3;

/** How far off one idea of the usual is: mean absolute error. */
interface Anchor {
  error: number;
  seen: number;
}

/**
 * What is usual of one series, point by point, from weeks of its past. Unlike a forecast nothing here follows the last hours: a leak cannot take the measure along.
 * Three anchors: the level, the time of the day, the time of the week.
 */
export interface Usual {
  /** Time between two points. */
  readonly paceMs: number;
  readonly day: Profile;
  readonly week: Profile;
  readonly anchors: { readonly level: Anchor; readonly day: Anchor; readonly week: Anchor };
  /** How far off the last minutes were, in standard deviations with their sign, and the tail of what all of them were off at least. */
  readonly recent: Float32Array;
  readonly tail: RareTail;
  /** What the tail has yet to learn: how long they have been rare, and how far off they were at most. */
  readonly excursion: { points: number; peak: number };
  level: number;
  count: number;
  firstAt: number;
  /** Mean distance from what was usual, lately, in the series' own unit. */
  lean: number;
}

/** What was expected of a point, in the series' own unit. */
export interface Expected {
  readonly of: keyof Usual['anchors'];
  readonly expected: number;
  readonly scale: number;
}

export function createUsual(paceMs: number): Usual {
  const anchor = (): Anchor => ({ error: 0, seen: 0 });
  return {
    paceMs, day: createProfile(DAY_MS, DAY_WIDTH_MS, paceMs, DAYS), week: createProfile(WEEK_MS, WEEK_WIDTH_MS, paceMs, WEEKS),
    anchors: { level: anchor(), day: anchor(), week: anchor() }, recent: new Float32Array(Math.max(LEAST_POINTS, PATIENCE_MS / paceMs)), tail: { ...createRareTail(), threshold: FIRST_THRESHOLD }, excursion: { points: 0, peak: 0 }, level: 0, count: 0, firstAt: 0, lean: 0,
  };
}

/** Whether it has seen enough to say something. */
export const isRipe = ({ count, firstAt, week, paceMs }: Usual, time: number): boolean => count * paceMs >= RIPE_MS && time - firstAt >= RIPE_DAYS * DAY_MS && !Number.isNaN(usualAt(week, time));

/** Of the anchors that are to be trusted the one that explains `value` best: what none of them explains is news. */
export function expectedOf(usual: Usual, time: number, value: number): Expected | undefined {
  const { anchors, day, week, level, count } = usual;
  if (count === 0) return undefined;
  const known = { level, day: usualAt(day, time), week: usualAt(week, time) };
  const errors = { level: anchors.level.error, day: errorAt(day, time, anchors.day.error), week: errorAt(week, time, anchors.week.error) };
  let least = Infinity;
  for (const name of NAMES) if (anchors[name].seen >= SETTLED && !Number.isNaN(known[name])) least = Math.min(least, anchors[name].error);
  let found: Expected | undefined;
  let distance = Infinity;
  for (const name of NAMES) {
    const expected = known[name];
    if (Number.isNaN(expected) || (least < Infinity && (anchors[name].seen < SETTLED || anchors[name].error > TRUSTED * least))) continue;
    const scale = Math.max(errors[name] * SIGMA_OF_MEAN_ABSOLUTE, LEAST_OF_SPREAD * anchors.level.error, Math.abs(expected) * LEAST_OF_VALUE, LEAST_SCALE);
    const off = Math.abs(value - expected) / scale;
    if (off >= distance) continue;
    found = { of: name, expected, scale };
    distance = off;
  }
  return found;
}

/** Standard deviations that all of the last points exceed once in `everyMs`. */
export function widthOf({ tail, firstAt }: Usual, time: number, everyMs: number): number {
  return Math.max(LEAST_WIDTH, statisticAt(tail, Math.log10(everyMs / EXCURSION_MS))) * (time - firstAt < 2 * WEEK_MS ? CAREFUL : 1);
}

/** What all of the last points were off at least, on one side. */
function lasting(recent: Float32Array): number {
  let least = Infinity;
  const side = Math.sign(recent[0] ?? 0);
  for (const off of recent) least = Math.min(least, off * side);
  return Math.max(0, least);
}

/** Learns one point. What has been rare for long teaches next to nothing, so that what creeps away cannot make itself usual on its way; once that has lasted a day it is. */
export function learnPoint(usual: Usual, time: number, value: number, expected: Expected | undefined): void {
  const { anchors, day, week, recent, excursion, paceMs } = usual;
  if (usual.count === 0) {
    usual.firstAt = time;
    usual.level = value;
  }
  usual.count += 1;
  const known = { level: usual.level, day: usualAt(day, time), week: usualAt(week, time) };
  const off = expected ? value - expected.expected : 0;
  usual.lean += ((off - usual.lean) * paceMs) / LEAN_MS;
  recent.copyWithin(0, 1);
  recent[recent.length - 1] = expected ? off / expected.scale : 0;
  if (!Number.isNaN(known.week)) learnLasting(usual, lasting(recent));
  const doubtful = excursion.points * paceMs > EXCURSION_MS;
  for (const name of NAMES) learnError(anchors[name], Math.abs(value - known[name]), doubtful ? DOUBT_CAP : ERROR_CAP, paceMs);
  if (doubtful) {
    if (excursion.points * paceMs >= ACCEPT_MS) accept(usual);
    return;
  }
  const limit = expected && usual.count * paceMs > DAY_MS ? LEARN_LIMIT * expected.scale : Infinity;
  const learned = value - off + Math.max(-limit, Math.min(limit, off));
  usual.level += (learned - usual.level) / Math.min(usual.count, MEMORY_MS / paceMs);
  // What is seen for the first time at its time of day or week is no outlier of that time.
  learnUsual(day, time, Number.isNaN(known.day) ? value : learned, known.day);
  learnUsual(week, time, Number.isNaN(known.week) ? value : learned, known.week);
}

/** An excursion is learned when it is over, as one. */
function learnLasting({ tail, excursion, paceMs }: Usual, off: number): void {
  if (off > tail.threshold) {
    excursion.points += 1;
    excursion.peak = Math.max(excursion.peak, off);
    return;
  }
  for (let points = Math.min(excursion.points, EXCURSION_MS / paceMs); points > 0; points -= 1) learnRare(tail, excursion.peak, MEMORY_MS / paceMs);
  excursion.points = excursion.peak = 0;
  learnRare(tail, off, MEMORY_MS / paceMs);
}

/** Takes what is rare now as the new usual. */
function accept(usual: Usual): void {
  const { day, week, recent, lean } = usual;
  usual.level += lean;
  for (const { centre, seen } of [day, week]) for (const [bucket, points] of seen.entries()) if (points > 0) centre[bucket] = (centre[bucket] ?? 0) + lean;
  usual.lean = 0;
  recent.fill(0);
  learnLasting(usual, 0);
}

const NAMES = ['level', 'day', 'week'] as const;

/** The first day teaches in full: after its night the morning is no outlier. */
function learnError(anchor: Anchor, error: number, cap: number, paceMs: number): void {
  if (Number.isNaN(error)) return;
  anchor.seen += 1;
  const capped = anchor.seen * paceMs > DAY_MS ? Math.min(error, cap * anchor.error + LEAST_SCALE) : error;
  anchor.error += (capped - anchor.error) / Math.min(anchor.seen, ERROR_MEMORY_MS / paceMs);
}

export function walkUsual(usual: Usual, walk: Walk): void {
  const { day, week, anchors, recent, tail, excursion } = usual;
  usual.level = walk.number(usual.level);
  usual.count = walk.number(usual.count);
  usual.firstAt = walk.number(usual.firstAt);
  usual.lean = walk.number(usual.lean);
  for (const name of NAMES) {
    anchors[name].error = walk.number(anchors[name].error);
    anchors[name].seen = walk.number(anchors[name].seen);
  }
  walkTail(tail, walk);
  excursion.points = walk.number(excursion.points);
  excursion.peak = walk.number(excursion.peak);
  walk.column(recent);
  for (const profile of [day, week]) walkProfile(profile, walk);
}
