import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openTestStore } from './testing.js';

it('is not closed under a statement that cannot be stopped', async () => {
  const store = await openTestStore();
  const statement = store.readRaw('SELECT arrayLevenshteinDistance(range(70000), range(1, 70001))', { format: 'TSV', settings: { max_execution_time: '0.5' } });
  await expect(statement).rejects.toMatchObject({ code: 'QUERY_TIMEOUT', message: 'the statement goes on past its 0.5 s, inside of a function that cannot be stopped' });
  await expect(store.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  let closed = false;
  const closing = store.close().then(() => (closed = true));
  await delay(500);
  expect(closed).toBe(false);
  await closing;
});
