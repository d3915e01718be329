import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from '#core/metrics.js';
import type { PromEngine, PromResult } from '#core/promql.js';
import { nativeBlock, NumberColumn } from '#store/native.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { Matcher } from '../ast.js';
import { promqlConfig } from '../config.js';
import { createPromEngine } from '../engine.js';
import type { SeriesData } from '../source.js';
import { createStoreSource } from './store-source.js';

/** What queries keep for each other must never show: the same questions to engines that keep samples, that read in pieces and keep steps, and that keep nothing, while data comes in every order. */
const MINUTE = 60_000;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const START = NOW - 120 * MINUTE;
const folder = mkdtempSync(join(tmpdir(), 'faultline-kept-'));
let store: Awaited<ReturnType<typeof openTestStore>>;
let plain: PromEngine;
let keeping: Readonly<Record<string, PromEngine>>;
let file = 0;

type Sample = readonly [series: number, time: number, value: number | 'stale'];

async function insert(samples: readonly Sample[]): Promise<void> {
  const columns = { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') };
  for (const [series, time, value] of samples) {
    columns.series.pushBigInt(BigInt(series));
    columns.time.push(time);
    if (value === 'stale') columns.value.pushParts(2, 0x7ff0_0000);
    else columns.value.push(value);
  }
  const path = join(folder, `${(file += 1)}.native`);
  writeFileSync(path, nativeBlock(Object.values(columns)));
  await store.insertNativeFile('metric_samples', path, `kept-${file}`);
}
const describeSeries = (id: number): Promise<void> => store.insert('metric_series', [{ id: String(id), name: 'jobs_total', labels: { job: `j${id % 3}`, worker: String(id) }, metric: 'jobs_total', type: 'counter', last_seen: NOW / 1000 }]);
const grow = (id: number, from: number, to: number): Sample[] => Array.from({ length: Math.ceil((to - from) / 15_000) }, (_none, at): Sample => [id, from + at * 15_000 + id, Math.floor((from - START) / 15_000 + at) * (id + 1)]);

beforeAll(async () => {
  store = await openTestStore();
  const engine = (recentBytes: number, cacheBytes: number, largeSamples: number): PromEngine => createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({ recent: '0B' }), source: createStoreSource(store, { recentBytes, cacheBytes, largeSamples }) });
  plain = engine(0, 0, Infinity);
  const room = 64 * 1024 ** 2;
  keeping = { 'kept samples': engine(0, room, Infinity), 'kept steps': engine(0, room, 0), 'too little room': engine(0, 3_000, Infinity), 'the newest': engine(room, 0, Infinity), 'the newest in pieces': engine(room, room, 0) };
  for (const id of [1, 2, 3, 4]) await describeSeries(id);
  await insert([1, 2, 3, 4].flatMap((id) => grow(id, START, NOW - 20 * MINUTE)));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const QUERIES = ['jobs_total', 'rate(jobs_total[5m])', 'sum by (job) (rate(jobs_total[5m]))', 'avg_over_time(jobs_total[7m] offset 3m)', 'jobs_total{job="j1"} / on (worker) jobs_total offset 10m', 'max_over_time(rate(jobs_total[2m])[10m:1m])', 'sum(jobs_total @ end())', 'timestamp(jobs_total)'];

async function sameAnswers(end: number): Promise<void> {
  for (const query of QUERIES) {
    const window = { start: end - 60 * MINUTE, end, stepMs: MINUTE };
    const { result } = await plain.range(query, window);
    for (const [name, engine] of Object.entries(keeping)) expect(ordered((await engine.range(query, window)).result), `${name}: ${query}`).toEqual(ordered(result));
  }
}
const ordered = (result: PromResult): unknown => ('series' in result ? result.series.toSorted((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1)) : result);

describe('what queries keep', () => {
  it('is added to as a dashboard refreshes', async () => {
    await sameAnswers(NOW - 20 * MINUTE);
    for (const minute of [19, 18, 16]) {
      await insert([1, 2, 3, 4].flatMap((id) => grow(id, NOW - (minute + (minute === 16 ? 2 : 1)) * MINUTE, NOW - minute * MINUTE)));
      await sameAnswers(NOW - minute * MINUTE);
    }
  });
  it('is read again where late samples belong', async () => {
    await insert([[1, NOW - 50 * MINUTE + 7_000, 5], [4, NOW - 17 * MINUTE + 1, 9]]);
    await sameAnswers(NOW - 16 * MINUTE);
  });
  it('takes up new series, ends and repeated samples', async () => {
    await describeSeries(5);
    await insert([...grow(5, NOW - 30 * MINUTE, NOW - 10 * MINUTE), [2, NOW - 14 * MINUTE, 'stale'], ...grow(3, NOW - 16 * MINUTE, NOW - 10 * MINUTE), ...grow(3, NOW - 16 * MINUTE, NOW - 12 * MINUTE)]);
    await sameAnswers(NOW - 12 * MINUTE);
    await sameAnswers(NOW - 40 * MINUTE);
    expect(await keeping['kept samples']?.instant('sum(jobs_total)', NOW - 10 * MINUTE)).toMatchObject({ result: (await plain.instant('sum(jobs_total)', NOW - 10 * MINUTE)).result });
    await sameAnswers(NOW - 10 * MINUTE);
  });
  it('is forgotten when rows are deleted', async () => {
    await store.command("ALTER TABLE metric_samples DELETE WHERE series = 1 SETTINGS mutations_sync = 1");
    await sameAnswers(NOW - 10 * MINUTE);
    await store.command('TRUNCATE TABLE metric_series');
    await sameAnswers(NOW - 10 * MINUTE);
  });
  it('reaches back as far as there is room, and only what is older is read', async () => {
    await describeSeries(2);
    const [row] = await store.query<{ rows: string }>('SELECT count() AS rows FROM metric_samples');
    const readTo: unknown[] = [];
    const watched: Store = {
      ...store,
      queryBytes(sql, format, options) {
        if (sql.startsWith('SELECT series, toUnix')) readTo.push(options?.params?.['to']);
        return store.queryBytes(sql, format, options);
      },
    };
    const matchers: Matcher[] = [{ name: '__name__', op: '=', value: 'jobs_total' }];
    const limits = { maxSeries: 1e3, maxSamples: 1e6, timeoutSeconds: 30 };
    const everything = await createStoreSource(store, { recentBytes: 0, cacheBytes: 0 }).select(matchers, START, NOW, limits);
    // Room for an hour or two of what is there, at four bytes a sample.
    for (const largeSamples of [Infinity, 0]) {
      const source = createStoreSource(watched, { recentBytes: Number(row?.rows) * 4, cacheBytes: 0, largeSamples });
      const read = async (from: number): Promise<SeriesData[]> => {
        const selection = await source.large?.(matchers, from, NOW, limits);
        if (!selection) return source.select(matchers, from, NOW, limits);
        const found: SeriesData[] = [];
        await selection.read(from, NOW, limits, async (piece) => void found.push(...piece));
        return found;
      };
      await vi.waitUntil(async () => {
        readTo.length = 0;
        await read(NOW - 11 * MINUTE);
        return readTo.length === 0;
      }, { timeout: 30_000, interval: 100 });
      expect(await read(START)).toEqual(everything);
      expect(readTo).toHaveLength(1);
      expect(readTo[0]).toBeGreaterThan(START);
      expect(readTo[0]).toBeLessThan(NOW - 11 * MINUTE);
    }
  });
});
