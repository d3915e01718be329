import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { nativeBlock, NumberColumn } from '#store/native.js';
import { openTestStore } from '#store/testing.js';
import { STALE } from '../source.js';
import { createRecent } from './recent.js';
import { RecentSamples } from './recent-samples.js';
import { rowsIn } from '#store/samples.js';
import type { StoredSeries } from './series-rows.js';

type Sample = readonly [series: number, time: number, value: number | 'stale'];

const NOW = 1_790_000_000_000;
const MIB = 1024 ** 2;
const series7: StoredSeries = { id: 7n, low: 7, high: 0, labels: ['id', '7'] };

function blockOf(samples: readonly Sample[]): Buffer {
  const columns = { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') };
  for (const [id, time, value] of samples) {
    columns.series.pushBigInt(BigInt(id));
    columns.time.push(time);
    if (value === 'stale') columns.value.pushParts(2, 0x7ff0_0000);
    else columns.value.push(value);
  }
  return nativeBlock(Object.values(columns));
}

function add(recent: RecentSamples, samples: readonly Sample[]): void {
  for (const rows of rowsIn(blockOf(samples))) recent.add(rows, NOW);
}

/** What is read of series 7, stale markers by name. */
function read(recent: RecentSamples, from = -Infinity, to = Infinity): [number, number | 'stale'][] {
  const found = recent.read([series7], from, to, 1e9).get(series7);
  return found ? Array.from(found.times, (time, at) => [time, found.kinds[at] === STALE ? 'stale' : (found.values[at] ?? 0)]) : [];
}

describe('the newest samples', () => {
  const shapes: Readonly<Record<string, (at: number) => number | 'stale'>> = {
    'a counter': (at) => at * 7,
    'a counter that restarts': (at) => (at % 30) * 40_000,
    'what never changes': () => 3.25,
    'large numbers': (at) => 2 ** 60 + at * 2 ** 20,
    'tenths and thousandths': (at) => at / 10 + (at % 3) / 1000,
    'any fractions': (at) => Math.sin(at) * 1e9,
    'singles': (at) => Math.fround(Math.sin(at)),
    'signs, zeros and infinities': (at) => [0, -0, Infinity, -Infinity, -17, Number.NaN][at % 6] ?? 0,
    'stale markers': (at) => (at % 11 === 5 ? 'stale' : at),
    'negative whole numbers': (at) => -at * 1000,
  };
  const gaps: Readonly<Record<string, (at: number) => number>> = { even: (at) => at * 15_000, jittered: (at) => at * 15_000 + ((at * 7919) % 80), 'far jittered': (at) => at * 15_000 + ((at * 7919) % 9_000), uneven: (at) => at * at * 1000, 'very far apart': (at) => at * 6_000_000_000 - 1e12 };
  for (const [shape, value] of Object.entries(shapes)) {
    it.each(Object.keys(gaps))(`hold ${shape}, %s`, (gap) => {
      const recent = new RecentSamples(MIB, -Infinity);
      const all = Array.from({ length: 200 }, (_none, at): Sample => [7, (gaps[gap]?.(at) ?? 0), value(at)]);
      add(recent, all);
      expect(read(recent)).toEqual(all.map(([, time, own]) => [time, own]));
      expect(read(recent, all[60]?.[1], all[70]?.[1])).toEqual(all.slice(61, 71).map(([, time, own]) => [time, own]));
    });
  }
  it('are sorted, each time once, in whatever order they come', () => {
    const recent = new RecentSamples(MIB, -Infinity);
    const all = Array.from({ length: 500 }, (_none, at): Sample => [7, at * 1000, at]);
    const shuffled = all.toSorted(([, a], [, b]) => ((a * 7919) % 499_979) - ((b * 7919) % 499_979));
    add(recent, [...shuffled, ...shuffled.slice(0, 100)]);
    expect(read(recent)).toEqual(all.map(([, time, value]) => [time, value]));
    expect(read(recent, 99_000, 120_000)).toEqual(all.slice(100, 121).map(([, time, value]) => [time, value]));
  });
  it('of one time are the first of them', () => {
    const recent = new RecentSamples(MIB, -Infinity);
    add(recent, Array.from({ length: 100 }, (_none, at): Sample => [7, at * 1000, at]));
    add(recent, [[7, 50_000, 0], [7, 99_000, 0], [7, 99_000, 1]]);
    expect(read(recent, 49_000, 51_000)).toEqual([[50_000, 50], [51_000, 51]]);
    expect(read(recent, 98_000)).toEqual([[99_000, 99]]);
  });
  it('push out the oldest, and say from when on all are there', () => {
    const recent = new RecentSamples(2 * MIB, -Infinity);
    expect(recent.from(NOW)).toBe(-Infinity);
    const times = Array.from({ length: 1_500 }, (_none, at) => at * 1000);
    for (let from = 0; from < times.length; from += 100) add(recent, times.slice(from, from + 100).flatMap((time): Sample[] => Array.from({ length: 200 }, (_none, id): Sample => [id, time, Math.sqrt(time + id)])));
    const from = recent.from(NOW) ?? Number.NaN;
    expect(from).toBeGreaterThan(100_000);
    expect(from).toBeLessThan(1_400_000);
    expect(read(recent, from)).toEqual(times.filter((time) => time > from).map((time) => [time, Math.sqrt(time + 7)]));
  });
  it('are not made room for when they are more than asked for', () => {
    const recent = new RecentSamples(MIB, -Infinity);
    add(recent, Array.from({ length: 500 }, (_none, at): Sample => [7, at * 1000, at]));
    const room = vi.spyOn(globalThis, 'Float64Array');
    expect(() => recent.read([series7], -Infinity, Infinity, 100)).toThrow('too many samples');
    expect(room).not.toHaveBeenCalled();
    room.mockRestore();
  });
  it('give up when there are more series than fit', () => {
    const recent = new RecentSamples(MIB, -Infinity);
    add(recent, Array.from({ length: 2_000 }, (_none, id): Sample => [id, NOW, 1]));
    expect([recent.isFull, recent.from(NOW)]).toEqual([true, undefined]);
  });
  it('leave what is ahead of the clock to the store', () => {
    const recent = new RecentSamples(MIB, -Infinity);
    add(recent, [[7, NOW + 3_600_000, 2], [7, NOW, 1]]);
    expect(read(recent)).toEqual([[NOW, 1]]);
    expect([recent.from(NOW + 3_599_999), recent.from(NOW + 3_600_000)]).toEqual([-Infinity, undefined]);
  });
});

describe('what is kept of a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-recent-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is what was there and what comes, until something else changes it', async () => {
    const store = await openTestStore();
    let file = 0;
    const insert = async (samples: readonly Sample[]): Promise<void> => {
      const path = join(folder, `${(file += 1)}.native`);
      writeFileSync(path, blockOf(samples));
      await store.insertNativeFile('metric_samples', path, `recent-${file}`);
    };
    const now = Date.now();
    try {
      await insert([[7, now - 3000, 1], [8, now - 3000, 5]]);
      const recent = createRecent(store, MIB);
      await insert([[7, now - 2000, 2]]);
      const kept = await vi.waitUntil(() => recent.upTo(now)?.samples, { timeout: 30_000 });
      expect(read(kept)).toEqual([[now - 3000, 1], [now - 2000, 2]]);
      await insert([[7, now - 1000, 3], [7, now - 2500, 4]]);
      expect(read(recent.upTo(now)?.samples ?? kept)).toEqual([[now - 3000, 1], [now - 2500, 4], [now - 2000, 2], [now - 1000, 3]]);
      await store.command('ALTER TABLE metric_samples DELETE WHERE series = 7 SETTINGS mutations_sync = 1');
      expect(recent.upTo(now)).toBeUndefined();
      const again = await vi.waitUntil(() => recent.upTo(now)?.samples, { timeout: 60_000 });
      expect(read(again)).toEqual([]);
    } finally {
      await store.close();
    }
  }, 120_000);
});
