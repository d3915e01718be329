import { DAY_MS } from '#core/clock.js';
import type { Anomaly, Contribution, UnixMs } from '#core/types.js';
import { COMES_AND_GOES, HABIT } from './words.js';

/** Episodes that began closer to each other are one: what comes and goes is one trouble. */
const APART_MS = 3_600_000;
/** So often it must have been seen before it is no news. */
const OFTEN = 3;
/** So many are remembered on each side of a series, the newest. */
const MOST = 6;
/** Times as long as before that is no longer than before. */
const LONGER = 1.5;

/** Of the time since the first silence that is known, so much was silent where a service comes and goes: one that fails now and then is not gone for long. */
const MUCH_SILENT = 0.25;
export const WEEK_MS = 7 * DAY_MS;

/** A time in which nothing came. */
export interface Silence {
  readonly from: UnixMs;
  readonly lastedMs: number;
}

/** An episode that ended by itself: how far it went, and how long it lasted. */
interface Seen extends Silence {
  readonly value: number;
}

/** What a series does again and again whatever the time, above and below what is expected: jobs and collections of the hour, caches that expire, bursts. */
export interface Habit {
  readonly up: Seen[];
  readonly down: Seen[];
}

const sideOf = (habit: Habit, { direction }: Anomaly): Seen[] => (direction === 'up' ? habit.up : habit.down);

/** Remembers an episode that ended; what ended otherwise than by itself is no habit. */
export function noteEpisode(habits: Map<number, Habit>, place: number, anomaly: Anomaly): void {
  if (anomaly.ended !== undefined) return;
  const { startsAt, updatedAt, value, direction } = anomaly;
  const habit = habits.get(place) ?? { up: [], down: [] };
  const side = sideOf(habit, anomaly);
  const last = side.at(-1);
  const lastedMs = updatedAt - startsAt;
  if (last && startsAt - last.from < APART_MS) side[side.length - 1] = { from: last.from, value: direction === 'up' ? Math.max(last.value, value) : Math.min(last.value, value), lastedMs: Math.max(last.lastedMs, lastedMs) };
  else side.push({ from: startsAt, value, lastedMs });
  if (side.length > MOST) side.shift();
  habits.set(place, habit);
}

/** Forgets of what all episodes began too long ago to count. */
export function forgetEpisodes<Key>(habits: Map<Key, Habit>, at: UnixMs): void {
  const counts = ({ from, value }: Seen): boolean => at - from <= (value === 0 ? WEEK_MS : DAY_MS);
  for (const [key, { up, down }] of habits) if (!up.some(counts) && !down.some(counts)) habits.delete(key);
}

/** The episode, which says so as long as it is known that it went no further and lasted no longer than three of the last day; of a service without requests, as long as it is used now and then and was silent for so long three times in the last week. */
export function withHabit(anomaly: Anomaly, habit: Habit | undefined): Anomaly {
  const others = anomaly.contributions.filter(({ detector }) => detector !== HABIT && detector !== COMES_AND_GOES);
  const { kind, operation } = anomaly.series;
  const like = habit && (kind === 'rate' && operation === '' && anomaly.direction === 'absent' ? silenceOf : likeOf)(anomaly, sideOf(habit, anomaly));
  return like || others.length < anomaly.contributions.length ? { ...anomaly, contributions: like ? [...others, like] : others } : anomaly;
}

function likeOf(anomaly: Anomaly, seen: readonly Seen[]): Contribution | undefined {
  if (seen.length < OFTEN) return undefined;
  const { startsAt, updatedAt, value, expected, lower, upper, direction } = anomaly;
  const side = direction === 'up' ? 1 : -1;
  const like = seen.filter(({ from, lastedMs }) => startsAt - from >= APART_MS && startsAt - from <= DAY_MS && lastedMs * LONGER >= updatedAt - startsAt);
  const reached = like.map((one) => one.value * side).toSorted((a, b) => b - a)[OFTEN - 1];
  if (reached === undefined) return undefined;
  const half = side === 1 ? upper - expected : expected - lower;
  const score = Math.max(0, value * side - reached) / half;
  return score <= 1 ? { detector: HABIT, score, expected, ...(side === 1 ? { lower, upper: reached + half } : { lower: -reached - half, upper }) } : undefined;
}

/** A silence is like those before it where the service was in use for as long before it: what dies in the middle of its hours is no habit. */
function silenceOf({ startsAt, updatedAt, expected, lower, upper }: Anomaly, seen: readonly Seen[]): Contribution | undefined {
  return isSilentAgain(seen.filter(({ value }) => value === 0), startsAt, updatedAt) ? { detector: COMES_AND_GOES, score: 0, expected, lower: Math.min(lower, 0), upper } : undefined;
}

/** The newest silences, with one that is over; those that began within an hour are one. */
export function withSilence(silences: readonly Silence[], silence: Silence): readonly Silence[] {
  const last = silences.at(-1);
  return last && silence.from - last.from < APART_MS ? [...silences.slice(0, -1), { from: last.from, lastedMs: Math.max(last.lastedMs, silence.lastedMs) }] : [...silences, silence].slice(-MOST);
}

/** Whether what is silent from `startsAt` until `at` comes and goes, as earlier silences tell. */
export function isSilentAgain(earlier: readonly Silence[], startsAt: UnixMs, at: UnixMs): boolean {
  const silences = earlier.filter(({ from }) => startsAt - from <= WEEK_MS);
  const first = silences[0];
  if (!first || silences.filter(({ lastedMs }) => lastedMs * LONGER >= at - startsAt).length < OFTEN) return false;
  const silentMs = silences.reduce((sum, { lastedMs }) => sum + lastedMs, 0);
  const uses = silences.map(({ from, lastedMs }, place) => (silences[place + 1]?.from ?? startsAt) - from - lastedMs);
  const use = uses.pop() ?? 0;
  // One of them may have been cut short.
  const short = uses.toSorted((a, b) => a - b)[1] ?? 0;
  return silentMs >= MUCH_SILENT * (startsAt - first.from) && use * LONGER >= short;
}
