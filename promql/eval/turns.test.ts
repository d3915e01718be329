import { describe, expect, it } from 'vitest';
import { runQuery, type RunAnswer, type RunOptions } from '../run.js';

const options = (over: Partial<RunOptions> = {}): RunOptions => ({ source: { select: () => Promise.resolve([]) }, limits: { maxSeries: 1e3, maxSamples: 1e7 }, timeoutMs: 60_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true, ...over });
const ask = (query: string, over?: Partial<RunOptions>): Promise<RunAnswer> => runQuery(query, { start: 1e12, step: 1, steps: 1 }, true, options(over));
const nested = (name: string, inner: string): string => `${name}((${inner})[40s:1ms])`;

describe('a query of much work', () => {
  it.each([
    ['floats', nested('sum_over_time', nested('sum_over_time', 'vector(1)'))],
    ['rates of what falls', nested('rate', nested('rate', '-vector(time())'))],
    ['windows looked at one by one', nested('mad_over_time', nested('predict_linear', 'vector(1)').replace('])', '], 1)'))],
    ['many subqueries', nested('max_over_time', nested('last_over_time', nested('stddev_over_time', nested('deriv', 'vector(time())'))))],
  ])('ends when its time is up, and lets others have their turns: %s', async (_name, query) => {
    let turns = 0;
    const timer = setInterval(() => void (turns += 1), 1);
    await expect(ask(query, { timeoutMs: 1_500 })).rejects.toMatchObject({ type: 'timeout' });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
  it('gives what it gives in one go', async () => {
    const { result } = await ask('sum_over_time((sum_over_time(vector(1)[3s:1ms]))[3s:1ms])');
    expect(result).toMatchObject({ series: [{ values: Float64Array.of(9e6) }] });
  });
});
