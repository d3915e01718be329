import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { DEFAULT_RETENTION } from './migrate.js';
import { createRetention } from './retention.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const guard = (free: number[], retention = DEFAULT_RETENTION) =>
  createRetention({ store, registry: new Registry(), logger: silentLogger, retention, minFree: 0.1, dataDir: store.dataDir, freeShare: () => Promise.resolve(free.shift() ?? 1) });

test('a changed retention reaches the tables of an old database', async () => {
  const retention = guard([], { ...DEFAULT_RETENTION, logs: 86_400 });
  await retention.start();
  await retention.stop();
  const [row] = await store.query<{ engine: string }>("SELECT engine_full AS engine FROM system.tables WHERE name = 'otel_logs' AND database = currentDatabase()");
  expect(row?.engine).toContain('toIntervalSecond(86400)');
});

test('a disk that runs low costs the oldest days, never today', async () => {
  const day = (ago: number): object => ({ Timestamp: (Date.now() - ago * 86_400_000) * 1e6, TraceId: 't', SpanId: 's', ServiceName: 'shop', SpanName: 'x', SpanKind: 'Server', Duration: 1 });
  await store.insert('otel_traces', [day(3), day(2), day(1), day(0)]);
  await guard([0.05, 0.05, 0.05, 0.5]).check();
  expect(await store.query('SELECT count() AS days FROM otel_traces')).toEqual([{ days: '2' }]);
  await guard([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]).check();
  expect(await store.query('SELECT count() AS days FROM otel_traces')).toEqual([{ days: '1' }]);
});
