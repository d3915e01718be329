import { describe, expect, it } from 'vitest';
import { shiftOf } from './shift.js';

const guards = { relative: 0.1, absolute: 0 };
const steady = Array.from({ length: 60 }, (_, at) => 100 + (at % 5));

describe('shiftOf', () => {
  it('measures a move in half-widths of the usual band, with its direction and onset', () => {
    const shift = shiftOf(steady, [102, 101, 300, 310], guards);
    expect(shift).toMatchObject({ expected: 102, value: 300, direction: 'up', onset: 2 });
    expect(shift?.score).toBeGreaterThan(10);
    expect(shiftOf(steady, [0, 0, 0], guards)?.direction).toBe('absent');
  });
  it('takes two points of a short window and half of a long one: a lone spike is none', () => {
    expect(shiftOf(steady, [102, 900, 102, 103], guards)?.score).toBeLessThan(1);
    expect(shiftOf(steady, [900], guards)?.score).toBeLessThan(shiftOf(steady, [900, 900], guards)?.score ?? 0);
    expect(shiftOf(steady, [...steady.slice(0, 40), 900, 900, 900], guards)?.score).toBeLessThan(1);
  });
  it('does not let a series that never moved win by infinity', () => {
    expect(shiftOf(Array.from({ length: 60 }, () => 5), [5.3, 5.3, 5.3], guards)?.score).toBeLessThan(1);
    expect(shiftOf(Array.from({ length: 60 }, () => 0), [1, 1, 1], guards)?.score).toBe(1_000);
  });
  it('knows what happened before: spikes of the past widen the band', () => {
    const spiky = steady.map((value, at) => (at % 15 === 0 ? 900 : value));
    expect(shiftOf(spiky, [900, 900, 102], guards)?.score).toBeLessThanOrEqual(1);
  });
  it('says nothing where there is nothing usual or nothing now', () => {
    expect(shiftOf([1, 2], [9, 9], guards)).toBeUndefined();
    expect(shiftOf(steady, [], guards)).toBeUndefined();
  });
});
