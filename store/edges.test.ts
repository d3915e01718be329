import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createEdgeJoiner } from './edges.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(() => vi.useRealTimers());
afterAll(() => store.close());

it('counts a call once although the answer was lost', async () => {
  const now = Date.now();
  const half = { time: Math.floor(now / 1000) - 30, trace_id: 'a'.repeat(32), span_id: '1'.repeat(16), duration_ms: 1, error: 0 };
  await store.insert('edge_halves', [{ ...half, side: 'client', service: 'web', peer: 'somewhere', peer_kind: 'http' }, { ...half, side: 'server', service: 'stock', peer: '', peer_kind: '' }]);
  let lost = 0;
  const command: typeof store.command = async (sql, options) => {
    await store.command(sql, options);
    if (lost++ === 0) throw new Error('the answer was lost');
  };
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const joiner = createEdgeJoiner({ store: { ...store, command }, clock: () => now, logger: silentLogger });
  await joiner.start();
  await vi.advanceTimersByTimeAsync(20_000);
  await joiner.stop();
  expect(lost).toBe(2);
  expect(await store.query('SELECT client, server, sum(count) AS calls FROM service_edges GROUP BY client, server')).toEqual([{ client: 'web', server: 'stock', calls: '1' }]);
});
