import { describe, expect, it } from 'vitest';
import { forecastLoad } from './forecast.js';

/** Deterministic noise, about normal, standard deviation 1. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return () => Array.from({ length: 12 }, uniform).reduce((sum, one) => sum + one, -6);
}
const series = (count: number, at: (index: number) => number, sd = 0, seed = 7): number[] => {
  const random = noise(seed);
  return Array.from({ length: count }, (_, index) => Math.max(0, at(index) + sd * random()));
};
const AHEAD = 20;

describe('the load forecast', () => {
  it('is the level, where there is only noise', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const forecast = forecastLoad(series(240, () => 100, 5, seed), AHEAD, 15);
      expect(Math.abs((forecast?.expected ?? 0) - 100)).toBeLessThan(6);
      expect(forecast?.sigma).toBeGreaterThan(2.5);
      expect(forecast?.sigma).toBeLessThan(10);
    }
  });

  it('runs ahead of a trend', () => {
    const rising = series(240, (index) => 20 + index / 2, 3);
    const forecast = forecastLoad(rising, AHEAD, 15);
    expect(forecast?.expected).toBeGreaterThan((forecast?.now ?? 0) + 4);
    expect(Math.abs((forecast?.expected ?? 0) - (20 + (239 + AHEAD) / 2))).toBeLessThan(10);
    const falling = forecastLoad(series(240, (index) => 150 - index / 2, 3), AHEAD, 15);
    expect(falling?.expected).toBeLessThan(falling?.now ?? 0);
  });

  it('climbs with a load that began to climb minutes ago', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      for (const { minutes, perMinute, least } of [{ minutes: 5, perMinute: 20, least: 0 }, { minutes: 10, perMinute: 20, least: 50 }, { minutes: 20, perMinute: 20, least: 50 }, { minutes: 10, perMinute: 40, least: 100 }]) {
        const start = 240 - minutes * 4;
        const forecast = forecastLoad(series(240, (index) => 200 + (Math.max(0, index - start) * perMinute) / 4, 7, seed), AHEAD, 15);
        expect((forecast?.expected ?? 0) - (forecast?.now ?? 0)).toBeGreaterThanOrEqual(least);
        expect(forecast?.upper).toBeGreaterThan(200 + perMinute * (minutes + 2));
      }
    }
  });

  it('has a band that holds nine in ten of what came', () => {
    const all = series(700, (index) => 100 + 40 * Math.sin(index / 60), 6);
    const held = Array.from({ length: 400 }, (_, shift) => {
      const forecast = forecastLoad(all.slice(shift, shift + 240), AHEAD, 15);
      const came = all[shift + 240 + AHEAD - 1] ?? 0;
      return forecast !== null && came >= forecast.lower && came <= forecast.upper;
    }).filter(Boolean).length;
    expect(held / 400).toBeGreaterThan(0.75);
  });

  it('shrugs at one spike and follows a lasting step', () => {
    const spike = series(240, (index) => (index === 232 ? 1000 : 100), 4);
    expect(Math.abs((forecastLoad(spike, AHEAD, 15)?.expected ?? 0) - 100)).toBeLessThan(15);
    const step = forecastLoad(series(240, (index) => (index >= 200 ? 200 : 100), 4), AHEAD, 15);
    expect(Math.abs((step?.expected ?? 0) - 200)).toBeLessThan(25);
  });

  it('says nothing with too little, or nothing of late, to go by', () => {
    expect(forecastLoad(series(39, () => 10), AHEAD, 15)).toBeNull();
    expect(forecastLoad([...series(200, () => 10), ...Array<null>(9).fill(null)], AHEAD, 15)).toBeNull();
    expect(forecastLoad([...series(200, () => 10), null, 10, 10, 10], AHEAD, 15)).toBeNull();
    expect(forecastLoad(series(60, () => 10), 50, 15)).toBeNull();
    expect(forecastLoad([], AHEAD, 15)).toBeNull();
  });

  it.each<[string, (number | null)[]]>([
    ['nothing at all came yet', [null]], ['a batch came in part', [0.5, null, null]], ['it is two minutes late', Array<null>(8).fill(null)], ['its own spans are late', [0.3, 0, 0]], ['all are late, its own more', [0.8, 0, 0, null, 0, null, null]],
  ])('goes by what is known while %s', (_, shares) => {
    const late = (whole: readonly number[]): (number | null)[] => whole.map((point, index) => {
      const share = shares[index - whole.length + shares.length];
      return share === undefined ? point : share && share * point;
    });
    const level = forecastLoad(late(series(240, () => 200, 7)), AHEAD, 15);
    expect(Math.abs((level?.now ?? 0) - 200)).toBeLessThan(12);
    expect(Math.abs((level?.expected ?? 0) - 200)).toBeLessThan(12);
    const rising = forecastLoad(late(series(240, (index) => 20 + index / 2, 3)), AHEAD, 15);
    expect(Math.abs((rising?.expected ?? 0) - (20 + (239 + AHEAD) / 2))).toBeLessThan(12);
  });

  it('believes a silence of more than two minutes', () => {
    const silent = (steps: number): number | undefined => forecastLoad([...series(200, () => 10), ...Array<number>(steps).fill(0)], AHEAD, 15)?.now;
    expect([silent(8), silent(9)]).toEqual([10, 0]);
    expect(forecastLoad([...series(200, () => 10), ...Array<number>(9).fill(0), null, null], AHEAD, 15)?.now).toBe(0);
  });

  it('steps over gaps', () => {
    const gappy = series(240, () => 50, 2).map((value, index) => (index % 7 === 3 && index < 230 ? null : value));
    expect(Math.abs((forecastLoad(gappy, AHEAD, 15)?.expected ?? 0) - 50)).toBeLessThan(4);
  });
});
