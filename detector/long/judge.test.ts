import { describe, expect, it } from 'vitest';
import { createRandom } from '../testing.js';
import { createAlarm } from './alarm.js';
import { createForecasters, best } from './forecasters.js';
import { createHours } from './hours.js';
import { createJudge, createSeriesJudge } from './judge.js';
import { createPatches } from './patches.js';
import { createProfile, learnUsual, usualAt } from './season.js';
import { read, write } from './state.js';
import { createRareTail, learnRare, rarity } from './tail.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const WEEK = 7 * DAY;

describe('what is usual at a time', () => {
  it('is unknown before it was seen, and the mean of its time of day after', () => {
    const profile = createProfile(DAY, 5 * MINUTE, 5 * MINUTE, 7);
    expect(usualAt(profile, 0)).toBeNaN();
    for (let day = 0; day < 3; day += 1) for (let at = 0; at < DAY; at += 5 * MINUTE) learnUsual(profile, day * DAY + at, at / MINUTE + day, Number.NaN);
    expect(usualAt(profile, 9 * DAY + 600 * MINUTE)).toBeCloseTo(601, 3);
  });

  it('is found, not asked for: the day for a daily wave, the week where weekends differ, a level for noise', () => {
    const { normal } = createRandom(11);
    const shapes: Record<string, (time: number) => number> = {
      level: () => 100 + normal(),
      day: (time) => 100 + 40 * Math.sin((2 * Math.PI * time) / DAY) + normal(),
      week: (time) => 100 + (time % WEEK < 2 * DAY ? 0 : 40 * Math.sin((2 * Math.PI * time) / DAY)) + normal(),
    };
    const errors = Object.entries(shapes).map(([name, shape]) => {
      const step = 15 * MINUTE;
      const forecasters = createForecasters(step, 1000);
      for (let time = 0; time < 4 * WEEK; time += step) {
        forecasters.predict(time);
        forecasters.learn(time, shape(time));
      }
      return [name, forecasters.slow.findIndex((one) => one === best(forecasters.slow))];
    });
    expect(errors).toEqual([['level', 0], ['day', 2], ['week', 3]]);
  });
});

describe('rarity', () => {
  it.each([
    ['Gaussian', (normal: () => number) => Math.abs(normal())],
    ['heavy-tailed', (normal: () => number) => Math.abs(normal() / (Math.abs(normal()) + 0.1))],
    ['tiny', (normal: () => number) => 1e-3 + 0.2 * Math.abs(normal())],
  ])('of %s statistics is about what it says, or careful', (_name, draw) => {
    const { normal } = createRandom(5);
    const tail = createRareTail();
    for (let index = 0; index < 50_000; index += 1) learnRare(tail, draw(normal), 10_000);
    let beyond = 0;
    for (let index = 0; index < 50_000; index += 1) if (rarity(tail, draw(normal)) > 3) beyond += 1;
    expect(beyond / 50_000).toBeLessThan(3e-3);
  });
});

describe('a new shape', () => {
  it('is far from every remembered one, a known one is near, and what is not normal is not remembered', () => {
    const patches = createPatches({ length: 8, size: 64, every: 3 });
    const wave = (index: number): number => Math.sin(index / 3);
    let near = 0;
    for (let index = 0; index < 600; index += 1) near = patches.push(wave(index), true);
    let far = 0;
    for (let index = 0; index < 40; index += 1) far = patches.push(5, false);
    expect(near).toBeLessThan(0.2);
    expect(far).toBeGreaterThan(3);
  });
});

describe('the alarm', () => {
  const raisedBy = (surprises: readonly number[]): number[] => {
    const alarm = createAlarm(MINUTE);
    return surprises.flatMap((surprise, index) => (alarm.advance(surprise).state === 'raised' ? [index] : []));
  };

  it('is raised once per episode, again when it gets far worse, and anew when calm has lasted', () => {
    expect(raisedBy([0, 1.2, 1.3, 0.8, 1.3])).toEqual([1]);
    expect(raisedBy([0, 1.2, 1.3, 2.5, 2.6])).toEqual([1, 3]);
    expect(raisedBy([1.2, ...Array<number>(5).fill(0), 1.4])).toEqual([0]);
    expect(raisedBy([1.2, ...Array<number>(50).fill(0.9), 1.4])).toEqual([0]);
    expect(raisedBy([1.2, ...Array<number>(24).fill(0), 1.4])).toEqual([0, 25]);
  });

  it('asks more after each alert: what recurs every two hours at one strength is soon no news', () => {
    const recurring = Array.from({ length: 100 }, () => [1.4, ...Array<number>(119).fill(0)]).flat();
    expect(raisedBy(recurring).length).toBeLessThan(20);
  });
});

describe('a judge', () => {
  it('alerts where a spike comes at the wrong time of day, not where it comes every day', () => {
    const { normal } = createRandom(9);
    const judge = createJudge(1);
    const raised: number[] = [];
    for (let index = 0; index < 14 * 288; index += 1) {
      const daily = index % 288 >= 100 && index % 288 < 106;
      const odd = index >= 13 * 288 + 200 && index < 13 * 288 + 206;
      if (judge.judge(index * 5 * MINUTE, [50 + normal() + (daily || odd ? 40 : 0)]).raised) raised.push(index);
    }
    // Six such spikes and 1,700 ordinary points: one alert in them is within the budget.
    expect(raised.filter((index) => index > 7 * 288 && index < 13 * 288).length).toBeLessThanOrEqual(1);
    expect(raised.some((index) => index >= 13 * 288 + 200 && index < 13 * 288 + 206)).toBe(true);
  });

  it('alerts where the peak of a day does not come, though at its edges rows are far off every day', () => {
    const { normal, uniform } = createRandom(12);
    const judge = createJudge(1);
    const raised: number[] = [];
    let [from, to] = [0, 0];
    for (let index = 0; index < 14 * 288; index += 1) {
      if (index % 288 === 0) [from, to] = [100 + 2 * uniform(), 190 + 2 * uniform()];
      const busy = index % 288 >= from && index % 288 < to && index < 11 * 288;
      const later = index % 288 >= from && index % 288 < to && index >= 12 * 288;
      if (judge.judge(index * 5 * MINUTE, [20 + normal() + (busy || later ? 60 : 0)]).raised) raised.push(index);
    }
    expect(raised.filter((index) => index > 2 * 288 && index < 11 * 288)).toEqual([]);
    expect(raised.some((index) => index >= 11 * 288 + 100 && index < 11 * 288 + 200)).toBe(true);
  });

  it('says nothing of a row that is no newer than the one before, also where that raised an alert', () => {
    const { normal } = createRandom(5);
    const judge = createJudge(1);
    for (let index = 0; index < 2_000; index += 1) judge.judge(index * MINUTE, [50 + normal()]);
    expect(judge.judge(2_000 * MINUTE, [500]).score).toBeGreaterThan(1);
    const again = judge.judge(2_000 * MINUTE, [500]);
    expect(again).toMatchObject({ alert: false, raised: false });
    expect(again.score).toBeLessThan(1);
  });

  it('does not alert in a gap, nor on an hour that is long over', () => {
    const hours = createHours(5 * MINUTE, 4);
    for (let index = 0; index < 40; index += 1) hours?.observe(index * 5 * MINUTE, index);
    expect(hours?.observe(200 * MINUTE, Number.NaN)).toBeUndefined();
    expect(hours?.observe(205 * MINUTE, 41)).toBeDefined();
    expect(hours?.observe(DAY, 42)).toBeUndefined();
    expect(createHours(30 * MINUTE, 4)).toBeUndefined();
  });

  it('that was kept and taken up again goes on as if it had never stopped', () => {
    const { normal } = createRandom(10);
    const value = (index: number): number => 50 + 10 * Math.sin(index / 40) + normal() + (index % 500 > 490 ? 30 : 0);
    const [before, after] = [createSeriesJudge(5 * MINUTE, 4), createSeriesJudge(5 * MINUTE, 4)];
    for (let index = 0; index < 2000; index += 1) before.judge(index * 5 * MINUTE, [value(index)]);
    read(write((walk) => before.walk(walk)), (walk) => after.walk(walk));
    const opinions = Array.from({ length: 1000 }, (_, index) => [(2000 + index) * 5 * MINUTE, value(2000 + index)] as const).map(([time, one]) => [before, after].map((judge) => ({ ...judge.judge(time, [one]) })));
    expect(opinions.some(([one]) => one?.raised)).toBe(true);
    for (const [one, other] of opinions) expect(other).toEqual(one);
  });
});
