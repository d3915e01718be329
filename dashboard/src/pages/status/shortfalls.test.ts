import { expect, it } from 'vitest';
import { memoryWords, shortfalls } from './wording.js';

const fine = { longMemory: { known: 3, speaking: 3, waiting: 0, resting: false }, unwatched: 0, maxSeries: 100_000, late: false, metricsEvery: 1, leftOut: 'nothing', skippedSteps: 0 } as const;

it('says nothing while everything is judged, and otherwise what is not, and why', () => {
  expect(shortfalls(fine)).toEqual([]);
  expect(shortfalls({ ...fine, unwatched: 1 })).toEqual(['1 series is stored and shown but not judged: detector.max_series is 100,000.']);
  expect(shortfalls({ ...fine, late: true, leftOut: 'promoted', longMemory: { ...fine.longMemory, resting: true }, metricsEvery: 4, skippedSteps: 21 })).toEqual([
    'A step took longer than a step: the shadow and promoted models wait, long memories rest, and metrics in no trouble are judged in one of 4 steps. Requests, errors, latencies and logs are judged in every step.',
    '21 steps were learned instead of judged, because the detector was too far behind.',
  ]);
});

it('says how many long memories speak, learn, and wait for what the store holds', () => {
  expect(memoryWords({ known: 0, speaking: 0, waiting: 0, resting: false })).toBe('');
  expect(memoryWords({ known: 9, speaking: 9, waiting: 0, resting: false })).toBe('9 of 9 long memories know what is usual at this time of the day and the week.');
  expect(memoryWords({ known: 9, speaking: 3, waiting: 5, resting: false })).toBe('3 of 9 long memories know what is usual at this time of the day and the week. 1 learns the first eight days of a series. 5 wait for what the store holds of the past.');
});
