import { expect, it } from 'vitest';
import { DAY_MS } from '#core/clock.js';
import type { Anomaly } from '#core/types.js';
import { createSchedules } from './schedule.js';

const HOUR = 3_600_000;
const STEP = HOUR / 4;
const nightly = (days: readonly number[]): number[] => days.map((day) => day * DAY_MS + 2 * HOUR);
const NIGHTS = nightly([0, 1, 2, 3, 4, 5, 6, 7]);

/** What is told of starts until a day, as it was told last; what is heard otherwise and since when somebody is. */
function play(starts: readonly number[], days: number, heardAt = 0, since = 0): readonly Anomaly[] {
  const schedules = createSchedules();
  const told = new Map<string, Anomaly>();
  for (let at = 0; at < days * DAY_MS; at += STEP) {
    if (starts.includes(at)) schedules.began('report', at);
    for (const one of schedules.step(at, since, () => Math.max(0, ...[...starts, heardAt].filter((heard) => heard <= at)))) told.set(one.id, one);
  }
  return [...told.values()];
}

it('tells once that a nightly run does not come, two hours after it was due, and no longer after the third', () => {
  const [missed, ...more] = play(NIGHTS, 9);
  expect(more).toEqual([]);
  expect(missed).toMatchObject({ startsAt: 8 * DAY_MS + 2 * HOUR, endsAt: null, series: { service: 'report', metric: 'time_since_run' }, expected: 24, upper: 26, direction: 'up' });
  expect(play(NIGHTS, 8 + 4.25 / 24)).toEqual([]);
  expect(play(NIGHTS, 14)).toMatchObject([{ id: missed?.id, endsAt: 10 * DAY_MS + 4.25 * HOUR, ended: 'silent' }]);
});

it('is over with the next run, and waits for no more until runs are regular again', () => {
  const [missed, ...more] = play([...NIGHTS, 9 * DAY_MS + 10 * HOUR], 14);
  expect(more).toEqual([]);
  expect(missed).toMatchObject({ endsAt: 9 * DAY_MS + 10 * HOUR });
  expect(missed).not.toHaveProperty('ended');
});

it.each<[string, readonly number[], number?, number?]>([
  ['on working days', nightly([0, 1, 2, 3, 4, 7, 8, 9, 10, 11])],
  ['for less than six days', nightly([0, 1, 2, 3, 4])],
  ['when somebody starts it', [3, 28, 51, 79, 100, 127, 146, 171].map((hour) => hour * HOUR)],
  ['every two hours of the day', [0, 1, 2, 3, 4, 5, 6, 7].flatMap((day) => [8, 10, 12, 14, 16].map((hour) => day * DAY_MS + hour * HOUR))],
  ['and was heard when nobody knew whether it had begun', NIGHTS, 8 * DAY_MS + 2.5 * HOUR],
  ['and nobody watched for so long', NIGHTS, 0, 10 * DAY_MS + HOUR],
])('does not wait for what ran %s', (_name, starts, heardAt, since) => {
  expect(play(starts, 12, heardAt, since)).toEqual([]);
});

it('tells of the next run where nobody watched when the first was due', () => {
  const told = play(NIGHTS, 14, 0, 8 * DAY_MS + 3 * HOUR);
  expect(told).toMatchObject([{ startsAt: 9 * DAY_MS + 2 * HOUR, endsAt: 10 * DAY_MS + 4.25 * HOUR, expected: 24, upper: 26, ended: 'silent' }]);
});

it('knows stored starts, and goes on after a restart with what lasted', () => {
  const [missed] = play(NIGHTS, 9);
  const schedules = createSchedules();
  if (missed) schedules.resume(missed);
  expect(schedules.open()).toEqual([missed]);
  schedules.learn(new Map([['report', NIGHTS.map((start) => start + 1_234)], ['other', [1]]]));
  const at = 9 * DAY_MS + HOUR;
  expect(schedules.step(at, at, () => 0)).toMatchObject([{ id: missed?.id, points: (missed?.points ?? 0) + 1, endsAt: null }]);
  expect(schedules.setBack(at)).toMatchObject([{ id: missed?.id, endsAt: at }]);
});
