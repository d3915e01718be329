import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DictionaryColumn, MapColumn, nativeBlock, NumberColumn, StringColumn } from '#store/native.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { Matcher } from '../ast.js';
import { createSeriesIndex } from './series-index.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-series-'));
const limits = { maxSeries: 100, maxSamples: 1_000, timeoutSeconds: 10 };
let store: Awaited<ReturnType<typeof openTestStore>>;
let file = 0;

interface Described {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type?: string;
  /** Epoch seconds; now when it is absent. */
  readonly lastSeen?: number;
}

/** As the collector writes them, and says so again every ten minutes. */
async function describe(...blocks: (readonly Described[])[]): Promise<void> {
  const bytes = blocks.map((series) => {
    const texts = (name: string, of: (one: Described) => string): DictionaryColumn => {
      const column = new DictionaryColumn(name);
      for (const one of series) column.push(of(one));
      return column;
    };
    const maps = (name: string, of: (one: Described) => Readonly<Record<string, string>>): MapColumn => {
      const column = new MapColumn(name);
      for (const one of series) column.pushRecord(of(one));
      return column;
    };
    const plain = (name: string): StringColumn => {
      const column = new StringColumn(name);
      for (const { name: text } of series) column.push(`of ${text}`);
      return column;
    };
    const numbers = (name: string, type: 'UInt64' | 'Bool' | 'DateTime'): NumberColumn => {
      const column = new NumberColumn(name, type);
      for (const { id, lastSeen } of series) {
        if (type === 'UInt64') column.pushBigInt(BigInt(id));
        else column.push(type === 'Bool' ? 1 : (lastSeen ?? Math.floor(Date.now() / 1000)));
      }
      return column;
    };
    return nativeBlock([
      numbers('id', 'UInt64'), texts('name', ({ name }) => name), maps('labels', ({ labels }) => labels), texts('metric', ({ name }) => name), texts('type', ({ type }) => type ?? 'gauge'), texts('unit', () => ''), plain('description'),
      texts('temporality', () => ''), numbers('monotonic', 'Bool'), texts('service', () => 'shop'), maps('resource', () => ({ 'service.name': 'shop' })), maps('attributes', ({ labels }) => labels), plain('scope_name'), plain('scope_version'), numbers('last_seen', 'DateTime'),
    ]);
  });
  const path = join(folder, `${(file += 1)}.native`);
  writeFileSync(path, Buffer.concat(bytes));
  await store.insertNativeFile('metric_series', path, `series-${file}`);
}

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

it('asks the store again only for what is new to it', async () => {
  let asked = 0;
  const counting: Store = { ...store, changes: store.changes, queryBytes: (...args) => ((asked += 1), store.queryBytes(...args)) };
  const select = createSeriesIndex(counting);
  const found = async (name: string, more: readonly [string, string][] = []): Promise<string[]> => {
    const selection = await select([{ name: '__name__', op: '=', value: name }, ...more.map(([label, value]) => ({ name: label, op: '=' as const, value }))], 0, limits);
    return selection.series.map(({ id }) => String(id)).toSorted();
  };
  const reads = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
    const before = asked;
    const answer = await work();
    return [asked - before, answer];
  };
  const host = (id: number, name = 'load'): Described => ({ id, name, labels: { host: `h${id}`, zone: id % 2 === 0 ? 'a' : 'b' } });
  await describe([host(1), host(2)], [host(3), host(10, 'other')]);
  expect(await found('load')).toEqual(['1', '2', '3']);
  expect(await found('load', [['zone', 'a']])).toEqual(['2']);
  expect(await found('absent')).toEqual([]);

  await describe([host(3), host(1)], [host(10, 'other'), host(2)]);
  expect(await reads(() => found('load'))).toEqual([0, ['1', '2', '3']]);

  await describe([host(1)], [host(4), host(10, 'other')]);
  expect(await reads(() => found('load'))).toEqual([2, ['1', '2', '3', '4']]);
  expect(await reads(() => found('load'))).toEqual([0, ['1', '2', '3', '4']]);
  expect(await reads(() => found('absent'))).toEqual([0, []]);

  await describe([{ id: 20, name: 'absent', labels: {} }]);
  expect((await reads(() => found('load')))[0]).toBe(0);
  expect(await found('absent')).toEqual(['20']);

  const native = async (): Promise<boolean> => (await select([{ name: '__name__', op: '=', value: 'load' }], 0, limits)).native;
  expect(await native()).toBe(false);
  await describe([{ ...host(4), type: 'exponential_histogram' }]);
  expect(await native()).toBe(true);

  await store.command("ALTER TABLE metric_series DELETE WHERE id = 4 SETTINGS mutations_sync = 2");
  expect(await found('load')).toEqual(['1', '2', '3']);
});

it('counts towards the limit only what may have samples in the window', async () => {
  const select = createSeriesIndex(store);
  const now = Date.now();
  const [few, hour, day] = [{ ...limits, maxSeries: 3 }, 3_600_000, 86_400_000];
  const pod = (id: number, lastSeen: number, name = 'churn_total'): Described => ({ id, name, labels: { pod: `p${id}` }, lastSeen: Math.floor(lastSeen / 1000) });
  await describe(Array.from({ length: 8 }, (_, at) => pod(100 + at, now - 14 * day)), [pod(200, now), pod(201, now)]);
  for (const matcher of [{ name: '__name__', op: '=' as const, value: 'churn_total' }, { name: 'pod', op: '=~' as const, value: 'p[12].*' }]) {
    const found = async (from: number): Promise<readonly string[]> => (await select([matcher], from, few)).series.map(({ id }) => String(id)).toSorted();
    expect(await found(now - hour)).toEqual(['200', '201']);
    await expect(found(now - 14 * day)).rejects.toThrow('the query selects more than 3 series');
    // Before it is said again that a series is there, it may be sent for a while.
    expect(await found(now + 10 * 60_000)).toEqual(['200', '201']);
  }
  // One that comes back is known already.
  await describe([pod(100, now)]);
  const selection = await select([{ name: '__name__', op: '=', value: 'churn_total' }], now - hour, few);
  expect(selection.series.map(({ id }) => String(id)).toSorted()).toEqual(['100', '200', '201']);
  expect(await select([{ name: '__name__', op: '=', value: 'churn_total' }], now - hour, few)).toBe(selection);
  await describe([pod(101, now)]);
  await expect(select([{ name: '__name__', op: '=', value: 'churn_total' }], now - hour, few)).rejects.toThrow('the query selects more than 3 series');
});

it('finds a series that expired and comes back, whether it was known before or not', async () => {
  const find = async (select: ReturnType<typeof createSeriesIndex>): Promise<readonly string[]> => (await select([{ name: '__name__', op: '=', value: 'batch_total' }], 0, limits)).series.map(({ id }) => String(id));
  const job = { id: 300, name: 'batch_total', labels: { job: 'quarterly' } };
  const [before, after] = [createSeriesIndex(store), createSeriesIndex(store)];
  // As in a database from before series expired.
  await store.command('ALTER TABLE metric_series REMOVE TTL');
  await describe([{ ...job, lastSeen: Math.floor(Date.now() / 1000) - 100 * 86_400 }]);
  expect(await find(before)).toEqual(['300']);
  await store.command(`ALTER TABLE metric_series MODIFY TTL last_seen + INTERVAL ${90 * 86_400} SECOND SETTINGS materialize_ttl_after_modify = 0`);
  await store.command('OPTIMIZE TABLE metric_series FINAL');
  expect(await store.query("SELECT id FROM metric_series WHERE name = 'batch_total'")).toEqual([]);
  expect(await find(after)).toEqual([]);
  await describe([job]);
  expect([await find(before), await find(after)]).toEqual([['300'], ['300']]);
});

it('looks at its time while it matches', async () => {
  await describe(Array.from({ length: 1_000 }, (_none, id) => ({ id: 5_000 + id, name: 'heavy_total', labels: { worker: `w${id}` } })));
  const select = createSeriesIndex(store);
  const heavy = (op: '=~' | '=', value: string): Matcher[] => [{ name: '__name__', op: '=', value: 'heavy_total' }, { name: 'worker', op, value }];
  expect((await select(heavy('=', 'w7'), 0, limits)).series).toHaveLength(1);
  await expect(select(heavy('=~', '((.?){1000})x?'), 0, { ...limits, timeoutSeconds: 0.02 })).rejects.toMatchObject({ type: 'timeout' });
  await expect(select(heavy('=~', 'w[0-9]'), 0, { ...limits, signal: AbortSignal.abort() })).rejects.toMatchObject({ type: 'canceled' });
  expect((await select(heavy('=~', 'w[0-9]'), 0, limits)).series).toHaveLength(10);
});
