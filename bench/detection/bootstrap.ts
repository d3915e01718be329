import type { Random } from '../../demo/random.js';

const RESAMPLES = 2_000;

/** 95 % of what a figure would be, were the series drawn anew: percentile bootstrap over series. Undefined when no resample has the figure. */
export function interval<Item>(items: readonly Item[], figure: (sample: readonly Item[]) => number, random: Random): readonly [number, number] | undefined {
  const figures: number[] = [];
  for (let draw = 0; draw < RESAMPLES; draw += 1) {
    const value = figure(items.map((item) => items[Math.floor(random() * items.length)] ?? item));
    if (Number.isFinite(value)) figures.push(value);
  }
  figures.sort((a, b) => a - b);
  const [low, high] = [figures[Math.floor(figures.length * 0.025)], figures[Math.floor(figures.length * 0.975)]];
  return low === undefined || high === undefined ? undefined : [low, high];
}
