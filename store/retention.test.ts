import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { DEFAULT_RETENTION } from './migrate.js';
import { createRetention } from './retention.js';
import type { Store } from './store.js';
import { openTestStore } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const guard = (free: number[], retention = DEFAULT_RETENTION, over: Store = store) =>
  createRetention({ store: over, registry: new Registry(), logger: silentLogger, retention, minFree: 0.1, dataDir: store.dataDir, diskOf: () => Promise.resolve({ free: (free.shift() ?? 1) * 1e15, size: 1e15 }) });

test('a changed retention reaches every table of an old database that follows one', async () => {
  const periods = async (): Promise<Map<string, number>> => {
    const tables = await store.query<{ name: string; seconds: string }>("SELECT name, extract(engine_full, 'toIntervalSecond\\\\((\\\\d+)\\\\)') AS seconds FROM system.tables WHERE database = currentDatabase() AND seconds != ''");
    return new Map(tables.map(({ name, seconds }) => [name, Number(seconds)]));
  };
  const before = await periods();
  expect(before.get('metric_series')).toBe(DEFAULT_RETENTION.rollups);
  const retention = guard([], { traces: 1_000_001, logs: 1_000_002, metrics: 1_000_004, rollups: 1_000_003 });
  await retention.start();
  await retention.stop();
  const after = await periods();
  expect([after.get('otel_traces'), after.get('otel_logs'), after.get('metric_samples'), after.get('muted_anomalies'), after.get('metric_series')]).toEqual([1_000_001, 1_000_002, 1_000_004, 1_000_003, 1_000_004]);
  expect([...before].filter(([name, seconds]) => after.get(name) === seconds)).toEqual([]);
});

test('a changed retention holds for what is stored already', async () => {
  const record = (ago: number, service: string): object => ({ Timestamp: (Date.now() - ago * 86_400_000) * 1e6, ServiceName: service, Body: 'x' });
  const kept = async (): Promise<string[]> => (await store.query<{ ServiceName: string }>('SELECT ServiceName FROM otel_logs ORDER BY ServiceName')).map((row) => row.ServiceName);
  const longer = guard([], { ...DEFAULT_RETENTION, logs: 10 * 86_400 });
  await longer.start();
  await longer.stop();
  await store.insert('otel_logs', [record(5, 'old')]);
  await store.insert('otel_logs', [record(0, 'new')]);
  expect(await kept()).toEqual(['new', 'old']);
  const shorter = guard([], { ...DEFAULT_RETENTION, logs: 86_400 });
  await shorter.start();
  await vi.waitFor(async () => expect(await kept()).toEqual(['new']), { timeout: 60_000, interval: 200 });
  await shorter.stop();
});

test('a retention whose change was cut off holds for what is stored with the next start', async () => {
  const stored = async (): Promise<number> => (await store.query('SELECT 1 FROM metric_histograms')).length;
  await store.insert('metric_histograms', [{ series: '1', time: Date.now() - 5 * 86_400_000, start: 0, count: 1 }]);
  const retention = { ...DEFAULT_RETENTION, metrics: 86_400 };
  const dying = async (sql: string): Promise<void> => {
    if (sql.includes('metric_histograms MODIFY SETTING')) throw new Error('died');
    await store.command(sql);
  };
  await expect(guard([], retention, { ...store, command: dying }).start()).rejects.toThrow('died');
  const next = guard([], retention);
  await next.start();
  await vi.waitFor(async () => expect(await stored()).toBe(0), { timeout: 60_000, interval: 200 });
  await next.stop();
  expect(await store.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND comment LIKE '%retention%'")).toEqual([]);
  const back = guard([]);
  await back.start();
  await back.stop();
});

test('a disk that runs low costs the oldest days, never today', async () => {
  const day = (ago: number): object => ({ Timestamp: (Date.now() - ago * 86_400_000) * 1e6, TraceId: 't', SpanId: 's', ServiceName: 'shop', SpanName: 'x', SpanKind: 'Server', Duration: 1 });
  await store.insert('otel_traces', [day(3), day(2), day(1), day(0)]);
  await guard([0.05, 0.05, 0.05, 0.5]).check();
  expect(await store.query('SELECT count() AS days FROM otel_traces')).toEqual([{ days: '2' }]);
  await guard([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]).check();
  expect(await store.query('SELECT count() AS days FROM otel_traces')).toEqual([{ days: '1' }]);
});

test('a day that cannot be dropped does not keep the others, and its size is no reason', async () => {
  const sample = (ago: number): object => ({ series: '1', time: new Date(Date.now() - ago * 86_400_000).toISOString(), value: 1 });
  await store.insert('metric_samples', [sample(3), sample(2), sample(0)]);
  const asked: string[] = [];
  const command = async (sql: string): Promise<void> => {
    asked.push(sql);
    if (asked.length === 1) throw new Error('too large');
    await store.command(sql);
  };
  await guard([0.05, 0.05, 0.05], DEFAULT_RETENTION, { ...store, command }).check();
  const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  expect(asked).toEqual([3, 2].map((ago) => `ALTER TABLE metric_samples DROP PARTITION '${day(ago)}' SETTINGS max_partition_size_to_drop = 0`));
  expect(await store.query('SELECT toString(toDate(time)) AS day FROM metric_samples ORDER BY day')).toEqual([{ day: day(3) }, { day: day(0) }]);
});

test('a day that somebody still reads counts as given up', async () => {
  for (const ago of [3, 2, 1]) await store.command(`INSERT INTO otel_logs (Timestamp, ServiceName, Body) SELECT now64(9) - INTERVAL ${ago} DAY, 'read', randomString(400) FROM numbers(2000)`);
  const parts = (what: string): Promise<{ bytes: string }[]> => store.query(`SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE table = 'otel_logs' AND ${what} GROUP BY partition ORDER BY partition`);
  const [oldest] = await parts('active AND rows = 2000');
  const reading = store.query("SELECT count() AS rows FROM otel_logs WHERE ServiceName = 'read' AND sleepEachRow(0.0005) = 0 SETTINGS max_threads = 1, max_block_size = 1000");
  await vi.waitFor(async () => expect(await store.query("SELECT 1 FROM system.processes WHERE query LIKE '%sleepEachRow(0.0005)%' AND query NOT LIKE '%system.processes%'")).toHaveLength(1), { timeout: 20_000 });
  await createRetention({ store, registry: new Registry(), logger: silentLogger, retention: DEFAULT_RETENTION, minFree: 0.1, dataDir: store.dataDir, diskOf: () => Promise.resolve({ free: 0, size: Number(oldest?.bytes) * 5 }) }).check();
  expect(await parts('active AND rows = 2000')).toHaveLength(2);
  expect(await reading).toEqual([{ rows: '6000' }]);
});
