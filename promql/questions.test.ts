import { expect, it } from 'vitest';
import type { Matcher } from './ast.js';
import { createQuestions } from './questions.js';
import type { SelectLimits } from './source.js';
import type { SeriesIndex } from './store/metadata.js';

const leaving = new AbortController();
const asked: (readonly Matcher[])[] = [];
const index = { series: async () => [], labelNames: async () => [] } as Partial<SeriesIndex> as SeriesIndex;
const virtual = {
  async select(matchers: readonly Matcher[], _from: number, _to: number, { signal }: SelectLimits) {
    if (asked.push(matchers) === 4) leaving.abort();
    expect(signal).toBe(leaving.signal);
    return [];
  },
};
const questions = createQuestions(index, { virtual, virtualMetrics: {} }, { maxSeries: 10, maxSamples: 10, timeoutSeconds: 1 });
const scope = { from: 0, to: 1000, limit: 0, signal: leaving.signal };

it('looks at each selector once, and at no more when nobody waits', async () => {
  await questions.series({ ...scope, selectors: ['a', 'b', 'a', 'a'] });
  expect(asked).toHaveLength(2);
  await expect(questions.labelNames({ ...scope, selectors: ['c', 'd', 'e', 'f'] })).rejects.toMatchObject({ type: 'canceled' });
  expect(asked).toHaveLength(4);
});
