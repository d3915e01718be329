import { judgedNote } from './judged.js';
import { describe, expect, it } from 'vitest';
import type { ApiChart } from '#core/api/charts.js';
import { bandText, describeChart } from './describe.js';
import { bounded, lastPoint, shape, valueRange } from './shape.js';
import { sparkPath } from './spark-path.js';

const start = new Date(2026, 10, 24, 12, 0, 0).getTime();
const chart = (values: (number | null)[], over: Partial<ApiChart> = {}): ApiChart => ({
  title: 'payment errors', unit: '1', series: null, times: values.map((_, index) => start + index * 5_000), values,
  expected: values.map(() => 0.002), lower: values.map(() => 0.001), upper: values.map(() => 0.004), ...over,
});
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('shape of a chart', () => {
  it('picks out what lies outside the band', () => expect(shape(chart([0.002, 0.3, null, 0.0005])).outside).toEqual([null, 0.3, null, 0.0005]));
  it('cuts the band to what can be: a share ends at 1, a rate and a utilization begin at 0, another gauge may be anything', () => {
    const series = { id: 's', kind: 'errors' as const, service: 'a', operation: '', metric: 'error_ratio', unit: '1', labels: {} };
    const wide = chart([0.2], { series, lower: [-0.3], upper: [7.5] });
    expect(bounded(wide)).toMatchObject({ lower: [0], upper: [1], values: [0.2] });
    expect(bounded({ ...wide, series: { ...series, kind: 'latency' } })).toMatchObject({ lower: [0], upper: [7.5] });
    expect(bounded({ ...wide, unit: '{orders}/s', series: { ...series, kind: 'metric' } })).toMatchObject({ lower: [0], upper: [7.5] });
    const gauge = { ...wide, series: { ...series, kind: 'metric' as const, metric: 'temperature' } };
    expect(bounded({ ...gauge, series: { ...gauge.series, metric: 'system_cpu_utilization' } })).toMatchObject({ lower: [0], upper: [7.5] });
    expect(bounded(gauge)).toBe(gauge);
  });
  it('draws missing points as gaps, not as lines', () => {
    const shaped = shape(chart([1, 2, 3, 4], { times: [0, 5_000, 60_000, 65_000].map((at) => start + at) }));
    expect(shaped.values).toEqual([1, 2, null, 3, 4]);
    expect(shaped.times[2]).toBe(start + 5_001);
    expect(new Set(Object.values(shaped).map((column: unknown[]) => column.length))).toEqual(new Set([5]));
  });
  it('draws longer steps as lines where those around them are as long', () => {
    const at = (...steps: number[]): number[] => steps.reduce((times, step) => [...times, (times.at(-1) ?? 0) + step * 1_000], [start]);
    const gaps = (times: readonly number[]): number => shape(chart(times.map(() => 1), { times: [...times] })).values.filter((value) => value === null).length;
    expect([gaps(at(5, 5, 5, 5, 5, 20, 20, 20)), gaps(at(5, 5, 5, 60, 60, 5, 5, 5)), gaps(at(5, 5, 60)), gaps(at(60, 5, 5))]).toEqual([1, 2, 1, 1]);
  });
  it('starts at zero unless all is far from it', () => {
    const range = (values: number[], upper: number | null = null): readonly [number, number] => valueRange({ values, expected: [], lower: [], upper: [upper] });
    expect(range([1, 10])[0]).toBe(0);
    expect(range([990, 1_010])[0]).toBeGreaterThan(900);
    expect(range([0, 0])).toEqual([0, 1]);
    expect(range([1, 2], 500)[1]).toBeLessThan(5);
    expect(range([])).toEqual([0, 1]);
  });
  it('finds the last measured point', () => expect(lastPoint(chart([1, 2, null]))).toMatchObject({ at: start + 5_000, value: 2 }));
});

describe('a chart in words', () => {
  it('says what a reader would see', () => {
    expect(plain(describeChart(chart([0.002, 0.3, 0.41]), start))).toBe('payment errors: 41 % at 12:00:10; between 0.2 % and 41 % in this range; expected 0.1 – 0.4 %; 2 of 3 points outside the band, the first at 12:00:05.');
    expect(describeChart(chart([]), start)).toContain('no data');
  });
  it('keeps the unit once when both ends share it', () => {
    expect(plain(bandText(80, 140, 'ms'))).toBe('80 – 140 ms');
    expect(plain(bandText(800, 1_400, 'ms'))).toBe('800 ms – 1.4 s');
    expect(bandText(null, 1, 'ms')).toBe('');
  });
});

describe('sparkline', () => {
  it('breaks at gaps and keeps a lone point visible', () => {
    expect(sparkPath([0, 1, null, 1], 30, 10, 0, 1)).toBe('M0 10L10 0M30 0h0.01');
  });
});

describe('whether a series is judged', () => {
  const state = { state: 'active' as const, points: 120, needed: 24, lastSeenAt: 0, longMemory: null };
  it.each([
    [{ ...state, state: 'learning' as const, points: 9 }, 'learning, 9 of 24 points'],
    [{ ...state, state: 'stale' as const, lastSeenAt: 0 }, 'last point 5 min ago'],
    [{ ...state, state: 'absent' as const }, 'not judged'],
    [{ ...state, longMemory: { state: 'learning' as const, day: 3, of: 8 } }, 'long memory: day 3 of 8'],
    [{ ...state, longMemory: { state: 'active' as const, day: 8, of: 8 } }, ''],
    [state, ''],
  ])('%j', (of, short) => expect(judgedNote(of, 300_000).short.replaceAll('\u00a0', ' ')).toBe(short));
});
