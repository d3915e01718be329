import { describe, expect, it } from 'vitest';
import { runQuery, type RunAnswer, type RunOptions } from './run.js';
import { createLeaves } from './leaves.js';
import { FLOAT, type LargeSelection, type SeriesData } from './source.js';

const STEPS = 100;
const MAX_SAMPLES = 1_000;
const TOO_MANY = { type: 'execution', message: 'query processing would load too many samples into memory in query execution' };
const sample = (id: number): SeriesData => ({ labels: ['__name__', 'x', 'id', String(id)], times: Float64Array.of(1e12), values: Float64Array.of(1), kinds: Uint8Array.of(FLOAT), histograms: undefined, plain: true });
const many = (count: number): SeriesData[] => Array.from({ length: count }, (_none, id) => sample(id));

function ask(query: string, series: number, over: Partial<RunOptions> = {}): Promise<RunAnswer> {
  const options: RunOptions = { source: { select: () => Promise.resolve(many(series)) }, limits: { maxSeries: 1e3, maxSamples: MAX_SAMPLES }, timeoutMs: 60_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true, ...over };
  return runQuery(query, { start: 1e12, step: 1000, steps: STEPS }, false, options);
}

describe('a regular expression that takes long', () => {
  it('is looked at in time, and once for each value', async () => {
    const query = 'label_replace(x, "to", "$1", "id", "((.?){1000})x?")';
    await expect(ask(query, 1_000, { timeoutMs: 100, limits: { maxSeries: 1e3, maxSamples: 1e6 } })).rejects.toMatchObject({ type: 'timeout' });
    await expect(ask(query.replace('"id"', '"none"'), 1_000, { timeoutMs: 1_000, limits: { maxSeries: 1e3, maxSamples: 1e6 } })).resolves.toMatchObject({ result: { type: 'matrix' } });
  });
});

describe('what a range query holds', () => {
  it.each(['count(x)', 'count(count_over_time(x[5m]))', 'count(x @ 1000000000 + time())', 'count(timestamp(x))', 'count(-x)'])('is bounded on its way to an answer that is small: %s', async (query) => {
    await expect(ask(query, 50)).resolves.toMatchObject({ result: { type: 'matrix', series: [{ values: expect.any(Float64Array) }] } });
    await expect(ask(query, 51)).rejects.toMatchObject(TOO_MANY);
  });
  it('is bounded while it is read in pieces', async () => {
    let pieces = 0;
    const large: LargeSelection = {
      identity: {}, labels: many(100).map(({ labels }) => labels), since: () => undefined,
      async read(_from, _to, _limits, each) {
        for (const one of many(100)) {
          pieces += 1;
          await each([one]);
        }
      },
    };
    await expect(ask('x', 0, { source: { select: () => Promise.resolve([]), large: () => Promise.resolve(large) }, leaves: createLeaves(1e6) })).rejects.toMatchObject(TOO_MANY);
    expect(pieces).toBe(11);
  });
});
