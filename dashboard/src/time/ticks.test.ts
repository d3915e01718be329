import { describe, expect, it } from 'vitest';
import { timeTicks } from './ticks.js';

const at = (hours: number, minutes: number, seconds = 0): number => new Date(2026, 10, 24, hours, minutes, seconds).getTime();

describe('times on an axis', () => {
  it.each([
    ['seconds', at(12, 4, 7), at(12, 5, 2), 4, ['12:04:15', '12:04:30', '12:04:45', '12:05:00']],
    ['minutes', at(12, 1, 40), at(12, 16, 40), 6, ['12:05', '12:10', '12:15']],
    ['hours of the viewer', at(9, 30), at(21, 30), 4, ['12:00', '15:00', '18:00', '21:00']],
  ])('are round %s', (_name, from, to, most, texts) => expect(timeTicks(from, to, most).map(({ text }) => text)).toEqual(texts));
  it('are none where there is no time, and never more than asked for', () => {
    expect(timeTicks(at(12, 0), at(12, 0), 5)).toEqual([]);
    expect(timeTicks(at(0, 0), at(0, 0) + 400 * 86_400_000, 5).length).toBeLessThanOrEqual(5);
  });
});
