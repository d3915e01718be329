import { describe, expect, it } from 'vitest';
import type { ApiChart } from '#core/api/charts.js';
import { shortTitle, withMeans } from './series-names.js';
import { unitWord } from './unit-word.js';

const chart = (title: string, unit: string, values: (number | null)[]): ApiChart => ({ title, unit, series: null, times: values.map((_value, index) => index), values, expected: [], lower: [], upper: [] });

describe('series of a metric', () => {
  it.each([
    ['cart · process_memory_usage_bytes · pod=a', 'process.memory.usage', 'cart · pod=a'],
    ['cart · orders_total', 'orders', 'cart'],
    ['cart · http_server_duration_milliseconds_mean · route=/x', 'http.server.duration', 'cart · mean · route=/x'],
    ['orders_total', 'orders', 'orders'],
  ])('%s of %s is called %s', (title, metric, short) => expect(shortTitle(title, metric)).toBe(short));
  it('of a histogram become the mean and the rate', () => {
    const shown = withMeans([chart('a · d_count · r=1', 'ms/s', [2, 0, null]), chart('a · d_sum · r=1', 'ms/s', [100, 0, 3]), chart('a · other_sum', 'ms/s', [1])]);
    expect(shown.map(({ title, unit, values }) => [title, unit, values])).toEqual([['a · d_mean · r=1', 'ms', [50, null, null]], ['a · d_count · r=1', '1/s', [2, 0, null]], ['a · other_sum', 'ms/s', [1]]]);
  });
  it('counts what a histogram measured, also where its sum is not among the answer', () => {
    expect(withMeans([chart('a · d_count', 's/s', [2]), chart('a · calls_count', '{calls}/s', [3])]).map(({ unit }) => unit)).toEqual(['1/s', '{calls}/s']);
  });
  it('have units in words', () => expect(['By', '{orders}', '1', 'ms', 'furlong', 'constructor'].map(unitWord)).toEqual(['bytes', 'orders', '', 'milliseconds', 'furlong', 'constructor']));
});
