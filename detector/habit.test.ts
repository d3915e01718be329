import { afterAll, beforeAll, expect, it } from 'vitest';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Series } from '#core/types.js';
import { detectorConfig } from './config.js';
import { noteEpisode, withHabit, type Habit } from './habit.js';
import { openInference, type Inference } from './onnx/inference.js';
import { createRows } from './rows.js';
import { createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';
import { COMES_AND_GOES, HABIT } from './words.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = Date.UTC(2026, 9, 5);
let inference: Inference;
beforeAll(async () => {
  inference = await openInference();
}, 60_000);
afterAll(() => inference.close());

/** An episode up to `value`, of what is 100 ± 20, that lasted some minutes. */
const episode = (startsAt: number, value: number, minutes: number, more: Partial<Anomaly> = {}): Anomaly => testAnomaly({ startsAt, updatedAt: startsAt + minutes * MINUTE, value, expected: 100, lower: 80, upper: 120, ...more });
const likeAfter = (seen: readonly Anomaly[], next: Anomaly): number | undefined => {
  const habits = new Map<number, Habit>();
  for (const one of seen) noteEpisode(habits, 0, one);
  return withHabit(next, habits.get(0)).contributions.find(({ detector }) => detector === HABIT)?.score;
};
const hourly = [0, 1, 2].map((hour) => episode(T + hour * HOUR, 300 + hour * 10, 4));

it.each([
  { name: 'the like came three times', next: episode(T + 3 * HOUR, 310, 4), score: 0.5 },
  { name: 'it goes no further', next: episode(T + 3 * HOUR, 290, 4), score: 0 },
  { name: 'it goes further', next: episode(T + 3 * HOUR, 330, 4), score: undefined },
  { name: 'it lasts longer', next: episode(T + 3 * HOUR, 300, 7), score: undefined },
  { name: 'it goes the other way', next: episode(T + 3 * HOUR, 50, 4, { direction: 'down' }), score: undefined },
  { name: 'that was the day before', next: episode(T + 25 * HOUR, 300, 4), score: undefined },
])('an episode says that it is a habit of its series: $name', ({ next, score }) => {
  expect(likeAfter(hourly, next)).toBe(score);
});

it('what comes and goes within an hour is one, and a new level is none', () => {
  expect(likeAfter([0, 5, 10, 15].map((minute) => episode(T + minute * MINUTE, 300, 4)), episode(T + 3 * HOUR, 300, 4))).toBeUndefined();
  expect(likeAfter(hourly.map((one) => ({ ...one, ended: 'new level' as const })), episode(T + 3 * HOUR, 300, 4))).toBeUndefined();
});

/** A service without requests from an hour on, for some hours. */
const silent = (hour: number, hours: number): Anomaly => episode(T + hour * HOUR, 0, hours * 60, { direction: 'absent', lower: 20, series: { id: 'rate', kind: 'rate', service: 'tool', operation: '', metric: 'requests', unit: '1/s', labels: {} } });
const nowAndThen = [silent(1, 6), silent(8, 4), silent(13, 7)];
const office = [0, 1, 2, 3].map((day) => silent(day * 24 + 18, 14));

it.each([
  { name: 'it was silent for longer three times', seen: nowAndThen, next: silent(21, 5), says: true },
  { name: 'it is silent for longer than three times', seen: nowAndThen, next: silent(21, 7), says: false },
  { name: 'it was silent two times', seen: nowAndThen.slice(1), next: silent(21, 1), says: false },
  { name: 'it failed three times in days', seen: [silent(1, 1), silent(20, 1), silent(40, 1)], next: silent(60, 1), says: false },
  { name: 'that was a week ago', seen: nowAndThen, next: silent(190, 1), says: false },
  { name: 'the office closes', seen: office, next: silent(4 * 24 + 17, 1), says: true },
  { name: 'it dies soon after the office opens', seen: office, next: silent(4 * 24 + 10, 1), says: false },
])('a service without requests says that it comes and goes: $name', ({ seen, next, says }) => {
  const habits = new Map<number, Habit>();
  for (const one of seen) noteEpisode(habits, 0, one);
  expect(withHabit(next, habits.get(0)).contributions.some(({ detector }) => detector === COMES_AND_GOES)).toBe(says);
});

it('an episode that an earlier run left open says so no more, as its habit is not known', () => {
  const [{ expected, lower, upper }, robust] = [silent(21, 1), { detector: 'robust', score: 8, expected: 100, lower: 20, upper: 120 }];
  const left = { ...silent(21, 1), contributions: [robust, { detector: COMES_AND_GOES, score: 0, expected, lower, upper }] };
  expect(withHabit(left, undefined).contributions).toEqual([robust]);
});

it.each([
  { name: 'for a day', seen: hourly, days: 1 },
  { name: 'of silence for a week', seen: [...hourly, silent(2, 5)], days: 7 },
])('an episode is remembered for as long as it counts: $name', ({ seen, days }) => {
  const rows = createRows({ max_series: 10, step: MINUTE });
  const row = rows.rowFor(testAnomaly().series, [], T);
  const { block } = rows.blockOf(row);
  for (const one of seen) noteEpisode(block.habits, row, one);
  const known = [0, MINUTE].map((later) => {
    const at = T + 2 * HOUR + days * 24 * HOUR + later;
    block.see(row, at, 100, 1);
    rows.forget(at);
    return block.habits.size;
  });
  expect(known).toEqual([1, 0]);
});

it.each([
  { name: 'a service after a weekend', operation: '', days: 3, known: true },
  { name: 'a service after more than a week', operation: '', days: 8, known: false },
  { name: 'an operation after a weekend', operation: 'GET /', days: 3, known: false },
])('silences are known of what was forgotten when it comes back: $name', ({ operation, days, known }) => {
  const rows = createRows({ max_series: 10, step: MINUTE });
  const series = { ...silent(1, 6).series, operation };
  const { block } = rows.blockOf(rows.rowFor(series, [], T));
  for (const one of nowAndThen) noteEpisode(block.habits, 0, one);
  block.see(0, T + 20 * HOUR, 100, 1);
  for (let hour = 21; hour < 20 + days * 24; hour += 1) rows.forget(T + hour * HOUR);
  expect([rows.size(), block.habits.size]).toEqual([0, 0]);
  const row = rows.rowFor(series, [], T + (20 + days * 24) * HOUR);
  expect(block.habits.get(row)?.down.length).toBe(known ? 3 : undefined);
});

it('the fourth run of an hourly job says so from its first points on, and what lasts longer than a run stops saying so', async () => {
  const config = detectorConfig.parse({ step: '1m' });
  const watch = createWatch(config, inference.ask);
  const series: Series = { id: 'p95', kind: 'latency', service: 'shop', operation: '', metric: 'p95', unit: 'ms', labels: {} };
  const { normal } = createRandom(7);
  const told = new Map<string, boolean[]>();
  for (let minute = 0; minute < 7 * 60; minute += 1) {
    const slow = minute >= 60 && minute % 60 < (minute < 360 ? 4 : 20);
    const measured = measuredNow([{ series, reading: { value: (slow ? 300 : 100) * Math.exp(0.02 * normal()), count: 1000 } }]);
    for (const { id, contributions } of (await watch.step(T + minute * MINUTE, measured, 0, undefined)).anomalies) told.set(id, [...(told.get(id) ?? []), contributions.some(({ detector }) => detector === HABIT)]);
  }
  const [first, second, third, fourth, fifth, sixth] = [...told.values()];
  expect([first, second, third].map((points) => new Set(points))).toEqual([new Set([false]), new Set([false]), new Set([false])]);
  expect([fourth, fifth].map((points) => new Set(points))).toEqual([new Set([true]), new Set([true])]);
  expect(sixth?.slice(0, 3)).toEqual([true, true, true]);
  expect(sixth?.at(-1)).toBe(false);
}, 60_000);
