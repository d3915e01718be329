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
  expect(new Set(told.map(({ series: { service } }) => service))).toEqual(new Set(paused < 720 ? ['c'] : []));
});
