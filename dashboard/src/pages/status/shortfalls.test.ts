import { expect, it } from 'vitest';
import { shortfalls } from './wording.js';

const fine = { unwatched: 0, maxSeries: 100_000, late: false, metricsEvery: 1, leftOut: 'nothing', skippedSteps: 0 } as const;

it('says nothing while everything is judged, and otherwise what is not, and why', () => {
  expect(shortfalls(fine)).toEqual([]);
  expect(shortfalls({ ...fine, unwatched: 1 })).toEqual(['1 series is stored and shown but not judged: detector.max_series is 100,000.']);
  expect(shortfalls({ ...fine, late: true, leftOut: 'promoted', metricsEvery: 4, skippedSteps: 21 })).toEqual([
    'A step took longer than a step: the shadow and promoted models wait, and metrics in no trouble are judged in one of 4 steps. Requests, errors, latencies and logs are judged in every step.',
    '21 steps were learned instead of judged, because the detector was too far behind.',
  ]);
});
