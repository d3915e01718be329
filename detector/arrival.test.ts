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
