import { expect, it } from 'vitest';
import { createNewSeries, hashText } from './new-series.js';

const keys = ['region', 'http.url'];
const hashes = (index: number): number[] => [hashText('eu'), hashText(`/orders/${index}`)];

it('new series of one source beyond the limit are refused, and the label that makes them is named', () => {
  let now = 1e12;
  const limited: number[] = [];
  const newSeries = createNewSeries({ limit: 5_000, clock: () => now, limited: (series) => void limited.push(series) });
  const verdicts = Array.from({ length: 6_000 }, (_, index) => newSeries.admit('checkout', 1, keys, hashes(index)));
  expect(verdicts.filter(({ refused }) => refused === undefined)).toHaveLength(5_000);
  expect(verdicts.at(-1)?.refused).toBe('more than 5000 new series of one source in an hour; its label http.url has the most values, about 5000');
  expect(limited).toHaveLength(1_000);
  expect(newSeries.admit('payment', 1, keys, hashes(1))).toEqual({});
  now += 3_600_000;
  expect(newSeries.admit('checkout', 1, keys, hashes(1))).toEqual({});
});

it('names and labels that a sender makes up cost no memory', () => {
  const newSeries = createNewSeries({ limit: 1, clock: () => 1e12, limited: () => undefined });
  const long = 'x'.repeat(1_000_000);
  expect(newSeries.admit(long, 1, [long], [1])).toEqual({});
  expect(newSeries.admit(long, 1, [long], [2])).toEqual({ refused: 'more than 1 new series of one source in an hour' });
});

it('a label of thousands of values is worth a warning before it is too late, and targets are not', () => {
  const newSeries = createNewSeries({ limit: 1e6, clock: () => 1e12, limited: () => undefined });
  for (let index = 0; index < 1_500; index += 1) expect(newSeries.admit('checkout', 1, [...keys, 'instance'], [...hashes(index), hashText(`i${index}`)])).toEqual({});
  for (let index = 1_500; index < 2_500; index += 1) newSeries.admit('checkout', 1, keys, hashes(index));
  expect(newSeries.admit('checkout', 1, keys, hashes(0)).warning).toMatch(/2000 values of http\.url/);
  for (let index = 0; index < 5_000; index += 1) expect(newSeries.admit('nodes', 1, ['instance'], [hashText(`i${index}`)])).toEqual({});
});
