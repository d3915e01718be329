import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { collectorMetrics } from '../collector-metrics.js';
import { createQueue, type Queue } from './queue.js';

const SETTLED = { timeout: 10_000, interval: 5 };
const away = new PipelineError('STORE_UNAVAILABLE', 'away');
const refused = new PipelineError('QUERY_INVALID', 'refused');
const folder = (): string => join(mkdtempSync(join(tmpdir(), 'faultline-queue-')), 'queue');
const files = (path: string): string[] => readdirSync(path).filter((name) => /\.(native|insert|joint|part|copy)$/.test(name));

/** Takes files of lines, each token once, as ClickHouse does. `before` and `after` may throw, or look at what a crash would leave. */
function fakeStore({ before = () => undefined, after = () => undefined }: { before?: (lines: string[], table: string) => unknown; after?: (lines: string[]) => unknown } = {}) {
  const taken: string[] = [];
  const tokens = new Set<string>();
  const insertNativeFile: Store['insertNativeFile'] = async (table, path, token) => {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
    await before(lines, table);
    if (!tokens.has(token)) taken.push(...lines);
    tokens.add(token);
    await after(lines);
  };
  return { taken, store: { insertNativeFile } as Store };
}

const running: Queue[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const queue of running.splice(0)) await queue.stop();
});

async function start(store: Store, path = folder(), options: { clock?: () => number; max_queue?: number } = {}): Promise<Queue & { put: (blocks: ReturnType<typeof block>[]) => Promise<void>; metrics: Registry }> {
  const metrics = new Registry();
  const config = { commit_interval: 1, insert_interval: 5, max_queue: options.max_queue ?? 1e9, max_in_flight: 1e9 };
  const queue = createQueue({ folder: path, store, config, metrics: collectorMetrics(metrics), logger: silentLogger, clock: options.clock ?? Date.now });
  await queue.start();
  running.push(queue);
  return { ...queue, metrics };
}
const block = (line: string, table = 'otel_traces'): { table: string; rows: number; native: Buffer } => ({ table, rows: 1, native: Buffer.from(`${line}\n`) });
const empty = (queue: Queue): Promise<void> => vi.waitFor(() => expect(queue.status()).toMatchObject({ bytes: 0, segments: 0 }), SETTLED);
const counter = async (metrics: Registry, name: string): Promise<number> => (await metrics.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;

describe('what was acknowledged', () => {
  it('is on disk, and is inserted once, in order, each table on its own', async () => {
    const path = folder();
    const { store, taken } = fakeStore();
    const queue = await start(store, path);
    await Promise.all([queue.put([block('a'), block('1', 'otel_logs')]), queue.put([block('b')])]);
    await queue.put([block('c')]);
    await empty(queue);
    expect(taken.filter((line) => line !== '1')).toEqual(['a', 'b', 'c']);
    expect(taken).toContain('1');
    expect(files(path)).toEqual([]);
  });

  it('waits while ClickHouse is away, in few files, and is inserted once when it is back', async () => {
    const path = folder();
    let back = false;
    let now = 1e12;
    const { store, taken } = fakeStore({ before: () => (back ? undefined : Promise.reject(away)) });
    const queue = await start(store, path, { clock: () => now });
    const sent = Array.from({ length: 400 }, (_, index) => `line-${index}`);
    for (const line of sent) await queue.put([block(line)]);
    await vi.waitFor(() => expect(queue.status().segments).toBeLessThan(64), SETTLED);
    expect(queue.status().bytes).toBe(sent.join('\n').length + 1);
    expect(files(path).length).toBeLessThan(66);
    back = true;
    now += 60_000;
    await empty(queue);
    expect(taken.toSorted()).toEqual(sent.toSorted());
  });

  it('is inserted once although the answer to an insert was lost', async () => {
    let lost = 0;
    const { store, taken } = fakeStore({ after: () => (lost++ < 3 ? Promise.reject(away) : undefined) });
    let now = 1e12;
    const queue = await start(store, folder(), { clock: () => (now += 1_000) });
    for (const line of ['a', 'b', 'c', 'd']) await queue.put([block(line)]);
    await empty(queue);
    expect(taken.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each(['before', 'after'] as const)('is inserted once although the process died %s an insert', async (moment) => {
    const path = folder();
    const snapshots: string[] = [];
    let dying = true;
    const die = (): void => {
      if (!dying) return;
      const copy = folder();
      cpSync(path, copy, { recursive: true });
      snapshots.push(copy);
    };
    const { store, taken } = fakeStore({ [moment]: die });
    const first = await start(store, path);
    await Promise.all(['a', 'b', 'c', 'd'].map((line) => first.put([block(line)])));
    await first.put([block('e')]);
    await empty(first);
    dying = false;
    for (const snapshot of snapshots) {
      writeFileSync(join(snapshot, 'faultline.pid'), '');
      const second = await start(store, snapshot);
      await second.put([block(`after-${snapshots.indexOf(snapshot)}`)]);
      await empty(second);
    }
    expect(taken.filter((line) => line.length === 1)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  describe('by several segments that went as one', () => {
    /** A folder as it is where the process died with 'b', 'c' and 'd' under way as one, before `store` had taken them or after. */
    async function cutOff(moment: 'before' | 'after', { store }: { store: Store }, path = folder()): Promise<string> {
      const copy = folder();
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const insertNativeFile: Store['insertNativeFile'] = async (table, file, token) => {
        if (readFileSync(file, 'utf8') === 'a\n') return held.then(() => store.insertNativeFile(table, file, token));
        if (moment === 'after') await store.insertNativeFile(table, file, token);
        cpSync(path, copy, { recursive: true });
      };
      const queue = await start({ insertNativeFile } as Store, path);
      await queue.put([block('a')]);
      await vi.waitFor(() => expect(files(path).some((name) => name.endsWith('.insert'))).toBe(true), SETTLED);
      for (const line of ['b', 'c', 'd']) await queue.put([block(line)]);
      release();
      await empty(queue);
      writeFileSync(join(copy, 'faultline.pid'), '');
      expect(readdirSync(copy).filter((name) => name.endsWith('.joint'))).toHaveLength(1);
      return copy;
    }
    const parts = (path: string): string[] => files(path).filter((name) => name.endsWith('.native')).toSorted();

    it.each(['before', 'after'] as const)('is inserted once although the process died %s the insert', async (moment) => {
      const store = fakeStore();
      const path = await cutOff(moment, store);
      expect(parts(path)).toHaveLength(3);
      await empty(await start(store.store, path));
      expect(store.taken).toEqual(['a', 'b', 'c', 'd']);
      expect(files(path)).toEqual([]);
    });

    it('is not inserted again when the process died while they were removed', async () => {
      const store = fakeStore();
      const path = await cutOff('after', store);
      rmSync(join(path, parts(path)[1] ?? ''));
      const other = fakeStore();
      await empty(await start(other.store, path));
      expect(other.taken).toEqual([]);
      expect(files(path)).toEqual([]);
    });

    it('goes without the one that is damaged', async () => {
      const store = fakeStore();
      const path = await cutOff('before', store);
      const [, damaged = ''] = parts(path);
      writeFileSync(join(path, damaged), 'X\n');
      await empty(await start(store.store, path));
      expect(store.taken).toEqual(['a', 'b', 'd']);
      expect(readdirSync(join(path, 'rejected'))).toEqual([damaged]);
    });

    it('goes one by one when their list is damaged', async () => {
      const store = fakeStore();
      const path = await cutOff('before', store);
      const list = join(path, readdirSync(path).find((name) => name.endsWith('.joint')) ?? '');
      writeFileSync(list, readFileSync(list, 'utf8').replace('otel', 'hotel'));
      await empty(await start(store.store, path));
      expect(store.taken.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  it('is inserted once although the process died between a merge and the removal of its parts', async () => {
    const path = folder();
    const broken = await start(fakeStore({ before: () => Promise.reject(away) }).store, path);
    await broken.put([block('a')]);
    await vi.waitFor(() => expect(files(path).some((name) => name.endsWith('.insert'))).toBe(true), SETTLED);
    await broken.stop();
    // The part of commit 1 that a merged segment of commits 1 and 2 holds.
    const [part = ''] = files(path);
    const number = Number(part.slice(0, 16));
    const { crc32 } = await import('node:zlib');
    const content = Buffer.from('a\nb\n');
    writeFileSync(join(path, `${number}-${number + 1}-abcdef01-${crc32(content).toString(16).padStart(8, '0')}-otel_traces.native`), content);
    const { store, taken } = fakeStore();
    await empty(await start(store, path));
    expect(taken).toEqual(['a', 'b']);
  });
});

describe('when the disk fails', () => {
  it('nothing is acknowledged, nothing is half written, and it goes on when the disk is back', async () => {
    const path = folder();
    const { store, taken } = fakeStore();
    const queue = await start(store, path);
    const [failed, again] = [vi.spyOn(silentLogger, 'error'), vi.spyOn(silentLogger, 'info')];
    renameSync(path, `${path}-gone`);
    await expect(queue.put([block('a'), block('1', 'otel_logs')])).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
    expect(await counter(queue.metrics, 'faultline_collector_write_failures_total')).toBe(1);
    await expect(queue.put([block('a')])).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(queue.isWritable()).toBe(false);
    expect(failed.mock.calls).toMatchObject([[{ error: expect.stringContaining('ENOENT') }, 'the queue on disk cannot be written; senders are told to come again']]);
    renameSync(`${path}-gone`, path);
    // Also where nobody sends to what is not ready.
    await vi.waitFor(() => expect(queue.isWritable()).toBe(true), SETTLED);
    expect(again.mock.calls).toEqual([['the queue on disk can be written again']]);
    await queue.put([block('b')]);
    await empty(queue);
    expect(taken).toEqual(['b']);
    expect(files(path)).toEqual([]);
  });

  it('it is ready again only when as much can be written as could not, and every try that fails counts', async () => {
    const queue = await start(fakeStore().store);
    const handle = await open(import.meta.filename);
    const [failed, again] = [vi.spyOn(silentLogger, 'error'), vi.spyOn(silentLogger, 'info')];
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const full = vi.spyOn(prototype, 'writev').mockResolvedValueOnce({ bytesWritten: 1, buffers: [] });
    const tried: Buffer[] = [];
    const probed = vi.spyOn(prototype, 'write').mockImplementation(async (bytes) => {
      tried.push(bytes as unknown as Buffer);
      return { bytesWritten: tried.length % 3 === 0 ? 0 : (bytes as unknown as Buffer).length, buffer: bytes } as never;
    });
    await expect(queue.put([block('x'.repeat(3 * 1024 * 1024 - 1))])).rejects.toThrow(/is the disk full/);
    await queue.put([block('a')]);
    expect(queue.isWritable()).toBe(false);
    await vi.waitFor(async () => expect(await counter(queue.metrics, 'faultline_collector_write_failures_total')).toBeGreaterThan(1), SETTLED);
    expect(queue.isWritable()).toBe(false);
    expect(tried.slice(0, 3).map((bytes) => [bytes.length, bytes.every((byte) => byte === 0)])).toEqual(Array(3).fill([1024 * 1024, false]));
    for (const spy of [full, probed]) spy.mockRestore();
    await vi.waitFor(() => expect(queue.isWritable()).toBe(true), SETTLED);
    expect([failed.mock.calls.length, again.mock.calls]).toEqual([1, [['the queue on disk can be written again']]]);
  });

  it('a write that stops short is a failure', async () => {
    const path = folder();
    const queue = await start(fakeStore().store, path);
    const handle = await open(import.meta.filename);
    const short = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'writev').mockResolvedValue({ bytesWritten: 1, buffers: [] });
    await handle.close();
    await expect(queue.put([block('a'), block('1', 'otel_logs')])).rejects.toThrow(/is the disk full/);
    short.mockRestore();
    expect(files(path)).toEqual([]);
    expect(queue.status()).toMatchObject({ bytes: 0, segments: 0 });
  });

  it.each([
    ['cut short', (path: string) => truncateSync(path, 1)],
    ['empty', (path: string) => truncateSync(path, 0)],
    ['changed', (path: string) => writeFileSync(path, 'X\n')],
  ])('a file that was %s is set aside and holds up nothing', async (_, damage) => {
    const path = folder();
    const first = await start(fakeStore({ before: () => Promise.reject(away) }).store, path);
    await first.put([block('a')]);
    await first.put([block('b')]);
    await first.stop();
    const [name = ''] = files(path);
    damage(join(path, name));
    const { store, taken } = fakeStore();
    const second = await start(store, path);
    await second.put([block('c')]);
    await empty(second);
    expect(taken).toContain('c');
    expect(taken).not.toContain('X');
    expect(readdirSync(join(path, 'rejected'))).toEqual([name]);
  });
});

describe('what ClickHouse does not take', () => {
  it('for good is set aside alone, not with its neighbours', async () => {
    const path = folder();
    let ready = false;
    let now = 1e12;
    const { store, taken } = fakeStore({ before: (lines) => (!ready ? Promise.reject(away) : lines.includes('bad') ? Promise.reject(refused) : undefined) });
    const queue = await start(store, path, { clock: () => (now += ready ? 60_000 : 0) });
    for (const line of ['z', 'a', 'bad', 'b']) await queue.put([block(line)]);
    ready = true;
    await empty(queue);
    expect(taken.toSorted()).toEqual(['a', 'b', 'z']);
    expect(readdirSync(join(path, 'rejected'))).toHaveLength(1);
    expect(await counter(queue.metrics, 'faultline_collector_set_aside_bytes_total')).toBe(4);
  });

  it('time after time, while it takes others, neither blocks them nor stays for ever', async () => {
    const path = folder();
    let now = 1e12;
    let refused = 0;
    const { store, taken } = fakeStore({ before: (lines) => (lines.includes('poison') ? (refused++, Promise.reject(away)) : undefined) });
    const queue = await start(store, path, { clock: () => now });
    await queue.put([block('poison')]);
    // Once tried it is a segment of its own: what comes later is not merged into it.
    await vi.waitFor(() => expect(refused).toBeGreaterThan(0), SETTLED);
    for (let round = 0; round < 30; round += 1) {
      now += 60_000;
      await queue.put([block(`line-${round}`), block(`log-${round}`, 'otel_logs')]);
      await vi.waitFor(() => expect(taken).toContain(`log-${round}`), SETTLED);
    }
    await vi.waitFor(async () => {
      now += 60_000;
      expect(queue.status().segments).toBe(0);
    }, SETTLED);
    expect(taken.filter((line) => line.startsWith('line'))).toHaveLength(30);
    expect(readdirSync(join(path, 'rejected'))).toHaveLength(1);
  });

  it('for a table that takes nothing stays queued however long others go on', async () => {
    const path = folder();
    let now = 1e12;
    let attempts = 0;
    const { store } = fakeStore({ before: (_, table) => (table === 'otel_logs' ? (attempts++, Promise.reject(away)) : undefined) });
    const queue = await start(store, path, { clock: () => (now += 5_000) });
    await queue.put([block('a', 'otel_logs')]);
    await vi.waitFor(async () => {
      await queue.put([block(`line-${now}`)]);
      expect(attempts).toBeGreaterThan(40);
    }, SETTLED);
    await vi.waitFor(() => expect(queue.status().segments).toBe(1), SETTLED);
    expect(readdirSync(join(path, 'rejected'))).toEqual([]);
  });

  it('while it takes nothing at all, stays queued however long that lasts', async () => {
    const path = folder();
    let now = 1e12;
    let attempts = 0;
    const { store } = fakeStore({ before: () => (attempts++, Promise.reject(away)) });
    const queue = await start(store, path, { clock: () => now });
    await queue.put([block('a')]);
    await vi.waitFor(() => {
      now += 60_000;
      expect(attempts).toBeGreaterThan(40);
    }, SETTLED);
    expect(queue.status().segments).toBe(1);
    expect(readdirSync(join(path, 'rejected'))).toEqual([]);
  });
});

it('says when it is full, and when it stops', async () => {
  const queue = await start(fakeStore({ before: () => Promise.reject(away) }).store, folder(), { max_queue: 10 });
  await queue.put([block('12345678')]);
  await expect(queue.put([block('9')])).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
  await queue.stop();
  await expect(queue.put([block('9')])).rejects.toMatchObject({ code: 'SHUTTING_DOWN', retryable: true });
});

it('is not shared by two processes', async () => {
  const path = folder();
  await (await start(fakeStore().store, path)).stop();
  writeFileSync(join(path, 'faultline.pid'), String(process.ppid));
  await expect(start(fakeStore().store, path)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
});
