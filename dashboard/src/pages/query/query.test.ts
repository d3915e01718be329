import { describe, expect, it } from 'vitest';
import { alignedRange } from '../../time/step.js';
import { linesOf, MOST_SERIES, nameOf } from './columns.js';

describe('a question in steps', () => {
  it('asks for whole steps, about as many as a chart has room for', () => {
    expect(alignedRange({ from: 1_000_000_123, to: 1_000_900_456 })).toEqual({ from: 1_000_000_000, to: 1_000_900_000, stepMs: 5_000 });
    expect(alignedRange({ from: 0, to: 21_600_000 }).stepMs).toBe(120_000);
    expect(alignedRange({ from: 0, to: 400 * 86_400_000 }).stepMs).toBe(2 * 86_400_000);
  });
});

describe('an answer as lines', () => {
  const range = { from: 10_000, to: 20_000, stepMs: 5_000 };
  it('puts every series on one grid, the highest first', () => {
    const { times, lines } = linesOf({ range, series: [{ metric: { a: '1' }, values: [[10, '1'], [20, '3']] }, { metric: { a: '2' }, values: [[15, '7']] }] });
    expect(times).toEqual([10_000, 15_000, 20_000]);
    expect(lines.map(({ name, values }) => [name, values])).toEqual([['{a="2"}', [null, 7, null]], ['{a="1"}', [1, null, 3]]]);
    expect(lines[1]).toMatchObject({ last: 3, min: 1, mean: 2, max: 3 });
  });
  it('leaves out what is no number, and says how much more there is', () => {
    const many = Array.from({ length: MOST_SERIES + 2 }, (_, index) => ({ metric: { n: String(index) }, values: [[10, String(index)] as const] }));
    expect(linesOf({ range, series: [...many, { metric: {} }] })).toMatchObject({ left: 2, histograms: 1 });
    expect(linesOf({ range, series: [{ metric: {}, values: [[10, 'NaN'], [15, '+Inf'], [20, '-Inf']] }] }).lines[0]).toMatchObject({ last: null, max: null });
  });
  it('names a series as one would select it', () => {
    expect(nameOf({ __name__: 'up', job: 'a"b' })).toBe(String.raw`up{job="a\"b"}`);
    expect(nameOf({ __name__: 'queue.depth', 'service.name': 'cart' })).toBe('{"queue.depth", "service.name"="cart"}');
    expect(nameOf({ __name__: 'up' })).toBe('up');
    expect(nameOf({})).toBe('{}');
  });
});
