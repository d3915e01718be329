import { describe, expect, it } from 'vitest';
import { createRandom, exponentialMs, logNormal } from '../random.js';
import { createSession } from './journeys.js';
import { SHOP_DAY_MS, sessionsPerSecond } from './shape.js';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('load', () => {
  it('follows a day of 20 minutes that returns to where it began', () => {
    const day = Array.from({ length: 240 }, (_, index) => sessionsPerSecond((index * SHOP_DAY_MS) / 240));
    const requests = day.map((sessions) => sessions * 2.8);
    expect(Math.min(...requests)).toBeGreaterThan(18);
    expect(Math.max(...requests)).toBeLessThan(42);
    expect(mean(requests)).toBeCloseTo(30, 0);
    expect(sessionsPerSecond(SHOP_DAY_MS * 3 + 1234)).toBeCloseTo(sessionsPerSecond(1234), 6);
  });

  it('repeats itself for the same seed and differs for another', () => {
    const draw = (seed: number): string => {
      const random = createRandom(seed);
      return JSON.stringify(Array.from({ length: 50 }, () => createSession(random)));
    };
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });

  it('mixes four journeys of 2.8 requests', () => {
    const random = createRandom(3);
    const sessions = Array.from({ length: 5_000 }, () => createSession(random));
    expect(new Set(sessions.map(({ journey }) => journey))).toEqual(new Set(['browse', 'search', 'cart', 'checkout']));
    expect(mean(sessions.map(({ steps }) => steps.length))).toBeCloseTo(2.8, 1);
    expect(sessions.filter(({ journey }) => journey === 'checkout').length / sessions.length).toBeCloseTo(0.25, 1);
  });

  it('arrives as a Poisson process and takes log-normal time', () => {
    const random = createRandom(5);
    const gaps = Array.from({ length: 20_000 }, () => exponentialMs(random, 10));
    const spread = Math.sqrt(mean(gaps.map((gap) => (gap - 100) ** 2)));
    expect(mean(gaps)).toBeCloseTo(100, -1);
    expect(spread / mean(gaps)).toBeCloseTo(1, 1);
    const times = Array.from({ length: 20_000 }, () => logNormal(random, 40, 0.4)).toSorted((a, b) => a - b);
    expect(times[10_000]).toBeCloseTo(40, -0.5);
    expect((times[19_000] ?? 0) / 40).toBeCloseTo(Math.exp(1.645 * 0.4), 0);
  });
});
