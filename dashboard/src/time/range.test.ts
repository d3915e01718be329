import { describe, expect, it } from 'vitest';
import { between, DEFAULT_RANGE, frozen, isLive, presetLabel, readRange, refreshMs, resolveRange, revived } from './range.js';

const now = 1_790_000_000_000;

describe('time range', () => {
  it('comes from the URL, and falls back when the URL makes no sense', () => {
    expect(readRange({ from: 'now-1h', to: 'now' }, now)).toEqual({ from: 'now-1h', to: 'now' });
    for (const search of [{}, { from: 'yesterday' }, { from: 'now', to: 'now-1h' }, { from: '17', to: 'now' }]) expect(readRange(search, now)).toEqual(DEFAULT_RANGE);
  });
  it('is taken from links of others, which have seconds or dates', () => {
    const ms = { from: '1789999000000', to: '1790000000000' };
    expect(readRange({ from: '1789999000', to: 1_790_000_000 }, now)).toEqual(ms);
    for (const to of ['2026-09-21T14:13:20Z', '2026-09-21T14:13:20.000Z', '2026-09-21T16:13:20+02:00', '2026-09-21T16:13:20 02:00']) expect(readRange({ from: '2026-09-21T13:56:40Z', to }, now)).toEqual(ms);
    expect(readRange({ from: '2026-09-20', to: '2026-09-21T09:30' }, now)).toEqual({ from: String(new Date(2026, 8, 20).getTime()), to: String(new Date(2026, 8, 21, 9, 30).getTime()) });
    expect(readRange({ from: '2026-13-40', to: 'now' }, now)).toEqual(DEFAULT_RANGE);
  });
  it('freezes where it is and lives again as the nearest preset', () => {
    const still = frozen({ from: 'now-15m', to: 'now' }, now);
    expect(resolveRange(still, now + 60_000)).toEqual({ from: now - 900_000, to: now });
    expect(isLive(still)).toBe(false);
    expect(revived(still, now)).toEqual({ from: 'now-15m', to: 'now' });
    expect(revived(between(now - 60_000 * 22, now), now)).toEqual({ from: 'now-30m', to: 'now' });
  });
  it('keeps a selection at least 5 s long', () => expect(between(now, now + 1_000)).toEqual({ from: String(now - 2_000), to: String(now + 3_000) }));
  it('refreshes live ranges only, long ones less often', () => {
    expect([refreshMs({ from: 'now-15m', to: 'now' }), refreshMs({ from: 'now-7d', to: 'now' }), refreshMs(between(now - 9e6, now))]).toEqual([5_000, 60_000, false]);
  });
  it('names itself', () => expect([presetLabel({ from: 'now-15m', to: 'now' }), presetLabel({ from: 'now-1h', to: 'now' }), presetLabel({ from: 'now-2h', to: 'now-1h' })]).toEqual(['Last 15 minutes', 'Last hour', '']));
});
