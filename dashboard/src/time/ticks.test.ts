import { afterEach, describe, expect, it, vi } from 'vitest';
import { tickSpace, timeTicks } from './ticks.js';

const at = (hours: number, minutes: number, seconds = 0): number => new Date(2026, 10, 24, hours, minutes, seconds).getTime();

describe('times on an axis', () => {
  afterEach(() => vi.unstubAllEnvs());
  it.each([
    ['seconds', at(12, 4, 7), at(12, 5, 2), 4, ['12:04:15', '12:04:30', '12:04:45', '12:05:00']],
    ['minutes', at(12, 1, 40), at(12, 16, 40), 6, ['12:05', '12:10', '12:15']],
    ['hours of the viewer', at(9, 30), at(21, 30), 4, ['12:00', '15:00', '18:00', '21:00']],
  ])('are round %s', (_name, from, to, most, texts) => expect(timeTicks(from, to, most).map(({ text }) => text)).toEqual(texts));
  it('have room for seconds, where there are any', () => {
    expect([tickSpace(600_000, 1_000), tickSpace(3_600_000, 1_000)]).toEqual([66, 48]);
  });
  it('are none where there is no time, and never more than asked for', () => {
    expect(timeTicks(at(12, 0), at(12, 0), 5)).toEqual([]);
    expect(timeTicks(at(0, 0), at(0, 0) + 400 * 86_400_000, 5).length).toBeLessThanOrEqual(5);
  });
  it('are those of a clock that is set back or forward between them', () => {
    vi.stubEnv('TZ', 'America/New_York');
    const texts = (from: Date, days: number, most: number): string[] => timeTicks(from.getTime(), from.getTime() + days * 86_400_000, most).map(({ text }) => text.replaceAll('\u00a0', ' '));
    expect(texts(new Date(2026, 9, 29), 7, 8)).toEqual(['29 Oct', '30 Oct', '31 Oct', '1 Nov', '2 Nov', '3 Nov', '4 Nov']);
    expect(texts(new Date(2026, 2, 5), 7, 8)).toEqual(['5 Mar', '6 Mar', '7 Mar', '8 Mar', '9 Mar', '10 Mar', '11 Mar', '12 Mar']);
    expect(texts(new Date(2026, 9, 31, 9), 1.5, 6)).toEqual(['12:00', '18:00', '00:00', '06:00', '12:00', '18:00']);
    expect(texts(new Date(2026, 9, 31, 23), 0.25, 8)).toEqual(['23:00', '00:00', '01:00', '01:00', '02:00', '03:00', '04:00']);
  });
});
