import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { createArrivals } from './arrival.js';
import { Readings } from './measured.js';

const STEP = 5_000;
/** Plays steps in which `cart` exports at every second one while `up` says so. */
function play(steps: number, up: (step: number) => boolean): Anomaly[] {
  const arrivals = createArrivals(STEP);
  const episodes = new Map<string, Anomaly>();
  for (let step = 0; step < steps; step += 1) {
    const points = step % 2 === 0 && up(step) ? 40 : 0;
    const measured = new Readings();
    measured.arrive('cart', 0, points);
    for (const anomaly of arrivals.step(step * STEP, measured, 0)) episodes.set(anomaly.id, anomaly);
  }
  return [...episodes.values()];
}

it('says nothing of a service that keeps its habit', () => {
  expect(play(200, () => true)).toEqual([]);
});
it('finds the silence of a service, dated to the export that did not come, and its end', () => {
  const [absence, ...more] = play(120, (step) => step < 60 || step >= 90);
  expect(more).toEqual([]);
  expect(absence).toMatchObject({ direction: 'absent', startsAt: 60 * STEP, endsAt: 90 * STEP, series: { service: 'cart' } });
});
it('does not wait for a service that never had a habit', () => {
  expect(play(120, (step) => step < 10)).toEqual([]);
});

it.each<[string, (second: number) => boolean, number]>([
  ['a minute and a half', (second) => second % 90 === 0, 2],
  ['two minutes', (second) => second % 120 === 0, 2],
  ['two minutes in two parts', (second) => second % 120 === 0 || second % 120 === 10, 2],
  ['five minutes, of two that are not even', (second) => second % 300 === 0 || second % 300 === 110, 2],
  ['a quarter of a minute, with an outage of as long now and then', (second) => second % 3_600 > 300 && second % 15 === 0, 3],
])('learns the pace of a service that slows down, and tells it absent no more: %s', (_name, comes, times) => {
  const arrivals = createArrivals(STEP);
  const told = new Set<string>();
  for (let second = 0; second < 4 * 3_600; second += STEP / 1000) {
    const measured = new Readings();
    measured.arrive('web', 0, 40);
    if (second < 3_600 ? second % 15 === 0 : comes(second)) measured.arrive('cart', 0, 40);
    for (const { id } of arrivals.step(second * 1000, measured, 0)) told.add(id);
  }
  expect(told.size).toBe(times);
});

const MINUTE = 60_000;
const DAY = 24 * 60;
/** The days of ten on which `late` is told absent beside one that comes in every minute, where it comes in minutes of a day that `up` names. */
function daysTold(up: (minute: number, day: number) => boolean): readonly number[] {
  const arrivals = createArrivals(MINUTE);
  const told = new Set<number>();
  for (let minute = 0; minute < 10 * DAY; minute += 1) {
    const measured = new Readings();
    measured.arrive('web', 0, 40);
    if (up(minute % DAY, Math.floor(minute / DAY))) measured.arrive('late', 0, 40);
    for (const { startsAt } of arrivals.step(minute * MINUTE, measured, 0)) told.add(Math.floor(startsAt / DAY / MINUTE));
  }
  return [...told];
}

it.each<[string, (minute: number, day: number) => boolean, readonly number[]]>([
  ['a batch of 40 minutes', (minute) => minute >= 120 && minute < 160, []],
  ['a job of every hour', (minute) => minute % 60 >= 30 && minute % 60 < 45, []],
  ['a job of 40 minutes of every hour', (minute, day) => (minute % 60 >= 10 && minute % 60 < 50) || (day === 0 && minute < 120), [0]],
  ['a service that fails for five minutes every hour', (minute, day) => minute % 60 >= 5 || (day === 0 && minute < 120), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['a service that is tried out', (minute, day) => day === 2 && minute > 600 && minute < 650, []],
  ['a service that is there for good and dies', (minute, day) => (day > 0 || minute > 300) && (day < 4 || (day === 4 && minute < 600)), [4]],
  ['a service that is off at night', (minute) => minute > 360 && minute < 1_320, [0, 1, 2]],
  ['a service that is off at night and dies at ten', (minute, day) => minute > 360 && minute < 1_320 && (day < 5 || (day === 5 && minute < 600)), [0, 1, 2, 5]],
  ['a batch of two hours', (minute) => minute > 120 && minute < 240, [0, 1, 2]],
  ['a service that dies soon after a long outage', (minute, day) => day > 0 && (minute < 600 || minute > 900) && (day < 3 || (day === 3 && minute < 920)), [1, 2, 3]],
])('misses what stands, until it is known to come and go: %s', (_name, up, days) => {
  expect(daysTold(up)).toEqual(days);
});

/** How many steps after its death `cart` is told absent, of two services that export once a minute, where before it nobody's metrics came for so many steps; undefined where it is not told in time. */
function noticed(away: number): number | undefined {
  const arrivals = createArrivals(STEP);
  const measured = (step: number, up: readonly string[]): Readings => {
    const read = new Readings();
    for (const service of up) read.arrive(service, 0, step % 12 === 0 ? 40 : 0);
    return read;
  };
  for (let step = 0; step < 600; step += 1) arrivals.step(step * STEP, measured(step, ['cart', 'web']), 0);
  const back = 600 + away;
  for (let step = back; step < back + 30; step += 1) arrivals.learn(step * STEP, measured(step - back, ['cart', 'web']), 0);
  for (let step = back + 30; step < back + 660; step += 1) expect(arrivals.step(step * STEP, measured(step - back, ['cart', 'web']), 0)).toEqual([]);
  for (let step = back + 660; step < back + 780; step += 1) if (arrivals.step(step * STEP, measured(step - back, ['web']), 0).some(({ series }) => series.service === 'cart')) return step - back - 660;
  return undefined;
}

it.each([0, 120, 600, 5_000])('takes %i steps in which nobody was heard for the silence of none', (away) => {
  // Three times the minute between its exports.
  expect(noticed(away)).toBe(26);
});
it('takes the silence of all but one for theirs', () => {
  const arrivals = createArrivals(STEP);
  const read = (step: number): Readings => {
    const measured = new Readings();
    measured.arrive('slow', 0, step % 24 === 0 ? 40 : 0);
    if (step < 600) measured.arrive('quick', 0, 40);
    return measured;
  };
  const told = Array.from({ length: 1_400 }, (_, step) => arrivals.step(step * STEP, read(step), 0)).flat();
  expect(told.at(0)).toMatchObject({ series: { service: 'quick' }, startsAt: 600 * STEP });
  expect(told.at(-1)).toMatchObject({ series: { service: 'quick' }, ended: 'silent' });
});

it.each([30, 603, 1_403])('takes no service for absent after it was paused itself for %i steps, and goes on watching', (paused) => {
  const arrivals = createArrivals(STEP);
  const services = ['a', 'b', 'c'];
  const read = (step: number, up: readonly string[]): Readings => {
    const measured = new Readings();
    for (const [index, service] of services.entries()) if (up.includes(service) && step % 12 === index) measured.arrive(service, 0, 40);
    return measured;
  };
  for (let step = 0; step < 600; step += 1) arrivals.step(step * STEP, read(step, services), 0);
  const back = 600 + paused;
  for (let step = Math.max(back - 120, 0); step < back; step += 1) arrivals.learn(step * STEP, read(step, step < 600 ? services : []), 0);
  const told = Array.from({ length: 240 }, (_, after) => arrivals.step((back + after) * STEP, read(back + after, after < 120 ? services : ['a', 'b']), 0)).flat();
  expect(new Set(told.map(({ series: { service } }) => service))).toEqual(new Set(['c']));
});

it('goes on with an absence that lasted when an earlier run stopped, until it is heard of again, and knows how long it may be silent', () => {
  const read = (step: number, up: readonly string[]): Readings => {
    const measured = new Readings();
    for (const service of up) if (step % 12 === 0) measured.arrive(service, 0, 40);
    return measured;
  };
  const before = createArrivals(STEP);
  const [absence] = Array.from({ length: 650 }, (_, step) => before.step(step * STEP, read(step, step < 600 ? ['cart', 'web'] : ['web']), 0)).flat();
  expect(absence).toMatchObject({ series: { service: 'cart' }, startsAt: 600 * STEP });
  const arrivals = createArrivals(STEP);
  if (absence) arrivals.resume(absence);
  for (let step = 900; step < 1_020; step += 1) arrivals.learn(step * STEP, read(step, ['web']), 0);
  const stepOf = (step: number, up: readonly string[]): Anomaly[] => arrivals.step(step * STEP, read(step, up), 0);
  expect(stepOf(1_020, ['web'])).toMatchObject([{ id: absence?.id, endsAt: null, value: 0, expected: 40, points: 2 }]);
  expect(stepOf(1_032, ['web', 'cart'])).toMatchObject([{ id: absence?.id, endsAt: 1_032 * STEP }]);
  for (let step = 1_033; step < 1_069; step += 1) expect(stepOf(step, step < 1_050 ? ['web', 'cart'] : ['web'])).toEqual([]);
  const again = Array.from({ length: 30 }, (_, after) => stepOf(1_069 + after, ['web']).map(({ series }) => `${series.service} after ${1_069 + after - 1_044}`)).flat();
  expect(again[0]).toBe('cart after 38');
});

it('dates an absence to a whole millisecond, however uneven the exports were, also one that an earlier version began between two', () => {
  const [absence] = play(160, (step) => step < 120 && step % 20 !== 10);
  expect(absence).toMatchObject({ direction: 'absent', startsAt: expect.toSatisfy(Number.isInteger) });
  if (!absence) return;
  const arrivals = createArrivals(STEP);
  arrivals.resume({ ...absence, startsAt: absence.startsAt + 0.6667, id: 'cart-0.6667' });
  expect(arrivals.step(absence.updatedAt + STEP, new Readings(), 0)).toMatchObject([{ id: 'cart-0.6667', startsAt: absence.startsAt, endsAt: null }]);
});

it('forgets an absence of an earlier run that lasted for an hour', () => {
  const arrivals = createArrivals(STEP);
  const open = { id: 'cart-0', series: { id: 'cart', kind: 'metric', service: 'cart', operation: '', metric: 'metric_points', unit: '', labels: {} }, startsAt: 60_000, endsAt: null, peakAt: 0, updatedAt: 185_000, value: 0, expected: 40, lower: 40, upper: 40, score: 1, direction: 'absent', points: 1, contributions: [] } satisfies Anomaly;
  arrivals.resume(open);
  expect(arrivals.step(3_600_000, new Readings(), 0)).toMatchObject([{ startsAt: 60_000, endsAt: null }]);
  expect(arrivals.step(3_605_000, new Readings(), 0)).toMatchObject([{ startsAt: 60_000, endsAt: 3_605_000, ended: 'silent' }]);
});
