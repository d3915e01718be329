import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import type { Verdict } from './band.js';
import { advance, createEpisodeState } from './episode.js';

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
