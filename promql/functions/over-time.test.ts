import { describe, expect, it } from 'vitest';
import type { RangeSeries } from '../eval/ranges.js';
import { emptySeries, type VectorSeries } from '../eval/value.js';
import { Mean, meanOf, quantileOf, Sum, sumOf } from '../kahan.js';
import { slidingExtremes } from './extremes.js';
import type { WindowFrame } from './frame.js';

const RANGE_MS = 60_000;
/** Repeatable noise. */
const noise = (at: number): number => Math.abs(Math.sin(at * 12.9898) * 43_758.5453) % 1;

function seriesOf(values: readonly number[], gap: (at: number) => number): RangeSeries {
  let time = 0;
  return { labels: [], dropName: false, times: Float64Array.from(values, (_value, at) => (time += gap(at))), values: Float64Array.from(values), histogramTimes: new Float64Array(0), histograms: [], starts: undefined, histogramStarts: undefined };
}

function slid(series: RangeSeries, better: (value: number, best: number) => boolean, steps: number, stepMs: number): VectorSeries {
  const grid = { start: 5_000, step: stepMs, steps };
  const result = emptySeries(series.labels, steps, true);
  slidingExtremes(better)(series, { grid, range: { rangeMs: RANGE_MS, end: (time: number) => time } } as unknown as WindowFrame, result, { step: 0, from: 0, to: 0, any: false });
  return result;
}

describe('figures of windows', () => {
  it.each([['with gaps', 7_000], ['longer than the window', 90_000], ['shorter than a sample', 400]])('find the extreme that every window holds, steps %s', (_name, stepMs) => {
    const values = Array.from({ length: 500 }, (_none, at) => (noise(at) < 0.1 || (at > 200 && at < 230) ? Number.NaN : noise(at + 0.5) < 0.05 ? Infinity : Math.round(noise(at) * 20) - 10));
    const series = seriesOf(values, (at) => (at % 50 === 0 ? 80_000 : 5_000));
    for (const [better, fold] of [[(value: number, best: number) => value > best, Math.max], [(value: number, best: number) => value < best, Math.min]] as const) {
      const { values: found, kinds } = slid(series, better, 400, stepMs);
      for (let step = 0; step < 400; step += 1) {
        const end = 5_000 + step * stepMs;
        const inside = values.filter((_value, at) => (series.times[at] ?? 0) > end - RANGE_MS && (series.times[at] ?? 0) <= end);
        const numbers = inside.filter((value) => !Number.isNaN(value));
        expect(kinds[step] !== 0).toBe(inside.length > 0);
        if (inside.length > 0) expect(found[step]).toBe(numbers.length === 0 ? Number.NaN : fold(...numbers));
      }
    }
  });
  it('add up as one by one, infinities and what leaves the range of a double included', () => {
    const large = Number.MAX_VALUE;
    for (const list of [[1e100, 1, -1e100, 1], [large, large, -large], [Infinity, 1], [Infinity, -Infinity], [1, Number.NaN], [-0], [large, large]]) {
      const values = Float64Array.from([99, ...list, 99]);
      const sum = new Sum();
      const mean = new Mean();
      for (const value of list) {
        sum.add(value);
        mean.add(value);
      }
      expect([sumOf(values, 1, values.length - 1), meanOf(values, 1, values.length - 1)]).toEqual([sum.value, mean.value]);
    }
  });
  it('take NaN for the smallest in a quantile', () => {
    expect(quantileOf(0, Float64Array.of(3, Number.NaN, 1))).toBe(Number.NaN);
    expect(quantileOf(0.5, Float64Array.of(3, Number.NaN, 1))).toBe(1);
    expect(quantileOf(0.5, Float64Array.of(10, 9, -1, 2))).toBe(5.5);
  });
});
