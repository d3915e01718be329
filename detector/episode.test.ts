import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import type { Verdict } from './band.js';
import { advance, createEpisodeState, relearnMs } from './episode.js';
import { SIGNS } from './signs.js';

const series = { id: 's', kind: 'errors' as const, service: 'api', operation: '', metric: 'error_ratio', unit: '1', labels: {} };

function play(points: readonly (readonly [value: number, expected: number, score: number])[]): Anomaly | undefined {
  const state = createEpisodeState();
  let last: Anomaly | undefined;
  points.forEach(([value, expected, score], at) => {
    const verdict: Verdict = { expected, lower: expected - 1, upper: expected + 1, score, contributions: [{ detector: 'robust', score }] };
    last = advance(state, series, at, { value, count: 60 }, verdict) ?? last;
  });
  return last;
}

it('tells the furthest value as the peak, and the highest score though another point has it', () => {
  expect(play([[10, 10, 0.1], [40, 10, 9], [48, 12, 7], [44, 15, 3]])).toMatchObject({ startsAt: 1, peakAt: 2, value: 48, expected: 12, score: 9, direction: 'up', points: 3 });
  expect(play([[10, 10, 0.1], [3, 10, 9], [0, 10, 7]])).toMatchObject({ peakAt: 2, value: 0, score: 9, direction: 'absent' });
});

it('says that it ended as the new level where its value is as far off as it was, and only once that is relearned', () => {
  const state = createEpisodeState();
  const verdictOf = (expected: number, score: number): Verdict => ({ expected, lower: expected - 1, upper: expected + 1, score, contributions: [{ detector: 'robust', score }] });
  for (const at of [1, 2]) advance(state, series, at, { value: 40, count: 60 }, verdictOf(10, 9));
  const end = (value: number, relearned: boolean): Anomaly | undefined => {
    const own = { ...state };
    return [3, 4, 5].map((at) => advance(own, series, at, { value, count: 60 }, verdictOf(value, 0), relearned)).at(-1);
  };
  expect(end(40, true)).toMatchObject({ endsAt: 3, ended: 'new level' });
  expect(end(10, true)).toMatchObject({ endsAt: 3 });
  expect(end(10, true)?.ended).toBeUndefined();
  expect(end(40, false)?.ended).toBeUndefined();
});

it.each<[kind: Anomaly['series']['kind'], value: number, hours: number]>([
  ['errors', 0.6, 24],
  ['rate', 0, 24],
  ['rate', 1, 24],
  ['rate', 5, 0.25],
  ['rate', 60, 0.25],
  ['latency', 900, 0.25],
  ['metric', 0, 0.25],
])('takes %s of %d instead of 20 for the new level after %d h', (kind, value, hours) => {
  const open = { series: { ...series, kind }, value, expected: kind === 'errors' ? 0 : 20, contributions: [] as Anomaly['contributions'] } as Anomaly;
  expect(relearnMs(open, 900_000)).toBe(hours * 3_600_000);
  expect(relearnMs({ ...open, contributions: [{ detector: SIGNS.full, score: 2 }] }, 900_000)).toBe(24 * 3_600_000);
});
