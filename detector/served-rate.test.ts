import { expect, it } from 'vitest';
import { createServedRate } from './served-rate.js';

const STEP = 15_000;
const NONE = Number.NaN;
const told = (by: Readonly<Record<string, readonly number[]>>): Map<string, Float64Array> => new Map(Object.entries(by).map(([instance, rates]) => [instance, Float64Array.from(rates)]));
const taken = (by: Readonly<Record<string, readonly number[]>>): number[] => [...createServedRate().take(told(by), 0, Object.values(by)[0]?.length ?? 0, STEP)];

it('adds up instances that tell at different times, each as it told last', () => {
  // Scraped once a minute, each in a slot of its own.
  expect(taken({ a: [4, NONE, NONE, NONE, 4, NONE, NONE, NONE, 2, NONE], b: [NONE, 6, NONE, NONE, NONE, 6, NONE, NONE, NONE, 6] }).slice(5)).toEqual([10, NONE, NONE, 8, 8]);
});

it('says nothing of the whole while an instance does not tell, until it is missed no more', () => {
  expect(taken({ a: [4, 4, 4, 4, 4], b: [6, 6, NONE, NONE, NONE] })).toEqual([10, 10, 10, NONE, NONE]);
  expect(taken({ a: [4, 4, 4, 4], b: [6, 6, 6, 6], c: [5, 5, 5, 5], d: [5, 5, NONE, NONE] })).toEqual([20, 20, 20, 15]);
  const gone = createServedRate();
  gone.take(told({ a: [4], b: [6] }), 0, 1, STEP);
  expect([...gone.take(told({ a: [4] }), 600_000, 1, STEP)]).toEqual([NONE]);
  expect([...gone.take(told({ a: [4] }), 600_000 + STEP, 1, STEP)]).toEqual([4]);
});

it('knows that all of them serve less', () => {
  expect(taken({ a: [4, 0.4], b: [6, 0.6] })).toEqual([10, 1]);
});
