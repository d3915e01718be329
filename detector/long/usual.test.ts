import { expect, it } from 'vitest';
import { createRandom } from '../testing.js';
import { createUsual, expectedOf, isRipe, learnPoint, widthOf } from './usual.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** A Monday. */
const BEGIN = Date.UTC(2026, 9, 5);

/** Traffic of an office: ten times as much on a working day as at night and at weekends. */
function office(time: number): number {
  const hour = (time % DAY) / (60 * MINUTE);
  const isWorkday = Math.floor((time - BEGIN) / DAY) % 7 < 5;
  return isWorkday ? 0.1 + 0.9 * Math.max(0, Math.min(1, (hour - 8) / 1.2, (18 - hour) / 1.2)) : 0.1;
}

it.each([
  { name: 'in the night to a Monday', hour: 0 },
  { name: 'on a Monday at noon', hour: 12 },
  { name: 'on a Wednesday evening', hour: 67 },
  { name: 'on a Saturday', hour: 124 },
])('a service first seen $name knows its working hours in the third week, and that a working day does not come', ({ hour }) => {
  const usual = createUsual(MINUTE);
  const { normal, poisson } = createRandom(5);
  const away = BEGIN + 22 * DAY;
  const working = { minutes: 0, known: 0, off: 0 };
  const missing = { minutes: 0, outside: 0 };
  let drift = 0;
  for (let time = BEGIN + hour * 60 * MINUTE; time < away + DAY; time += MINUTE) {
    drift = 0.97 * drift + 0.24 * normal();
    const value = poisson(2000 * (time < away ? office(time) : 0.1) * Math.exp(0.05 * drift)) / 60;
    const expected = expectedOf(usual, time, value);
    if (expected && time >= BEGIN + 14 * DAY && office(time) === 1) {
      if (time < away) {
        working.minutes += 1;
        working.known += isRipe(usual, time) ? 1 : 0;
        working.off += Math.abs(expected.expected / value - 1);
      } else {
        missing.minutes += 1;
        missing.outside += isRipe(usual, time) && Math.abs(value - expected.expected) > expected.scale * widthOf(usual, time, 30 * DAY) ? 1 : 0;
      }
    }
    learnPoint(usual, time, value, expected);
  }
  expect(working.known).toBe(working.minutes);
  expect(working.off / working.minutes).toBeLessThan(0.1);
  expect(missing.outside / missing.minutes).toBeGreaterThan(0.9);
});
