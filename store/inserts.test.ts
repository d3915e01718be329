import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { earliestIn, InsertLog, piecesOf } from './inserts.js';
import { nativeBlock, NumberColumn } from './native.js';

describe('what changed since', () => {
  it('says how far back new rows reach, for each reader from where it was', () => {
    const log = new InsertLog();
    const first = log.since('metric_samples', 0);
    expect(first.earliest).toBe(-Infinity);
    expect(log.since('metric_samples', first.mark)).toEqual({ mark: first.mark, earliest: Infinity });
    log.note('metric_samples', 500);
    log.note('metric_series', 1);
    const second = log.since('metric_samples', first.mark);
    log.note('metric_samples', 900);
    expect([second.earliest, log.since('metric_samples', second.mark).earliest, log.since('metric_samples', first.mark).earliest]).toEqual([500, 900, 500]);
  });
  it('takes everything for changed after a statement, and when too much came', () => {
    const log = new InsertLog();
    const { mark } = log.since('metric_samples', 0);
    log.noteStatement();
    const after = log.since('metric_samples', mark);
    expect(after.earliest).toBe(-Infinity);
    for (let count = 0; count < 20_000; count += 1) log.note('metric_samples', 100);
    expect(log.since('metric_samples', after.mark).earliest).toBe(-Infinity);
  });
  it('hands rows on to who follows a table, and says when they are not known', () => {
    const log = new InsertLog();
    const heard: (string | undefined)[] = [];
    log.follow('metric_samples', (blocks) => heard.push(blocks?.toString()));
    log.note('metric_samples', 500, Buffer.from('rows'));
    log.note('metric_series', 500, Buffer.from('other rows'));
    log.note('metric_samples', -Infinity);
    log.noteStatement();
    expect(heard).toEqual(['rows', undefined, undefined]);
  });
  it('reads the earliest time of blocks of samples', () => {
    expect(earliestIn(Buffer.concat([block([1_790_000_000_500, 1_790_000_000_200]), block([1_790_000_000_100])]))).toBe(1_790_000_000_100);
  });
  it('tells a large file in pieces of whole blocks, and what it cannot read in one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'faultline-pieces-'));
    const path = join(folder, 'blocks.native');
    const pieces = async (content: Buffer): Promise<Buffer[]> => {
      writeFileSync(path, content);
      const all: Buffer[] = [];
      for await (const piece of piecesOf(path)) all.push(Buffer.from(piece));
      return all;
    };
    try {
      const sizes = [5_000, 1, 30_000, 200, 70_000, 7, 12_000, 40_000, 3];
      const file = Buffer.concat(sizes.map((rows, index) => block(Array.from({ length: rows }, (_, row) => index + row))));
      const found = await pieces(file);
      expect(found.length).toBeGreaterThan(2);
      expect(Buffer.concat(found).equals(file)).toBe(true);
      expect(found.map(earliestIn)).not.toContain(-Infinity);
      const other = Buffer.alloc(3 * 1024 * 1024, 1);
      expect((await pieces(other)).map((piece) => piece.equals(other))).toEqual([true]);
      expect(await pieces(Buffer.alloc(0))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function block(times: readonly number[]): Buffer {
  const columns = { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') };
  for (const time of times) {
    columns.series.pushBigInt(7n);
    columns.time.push(time);
    columns.value.push(1);
  }
  return nativeBlock(Object.values(columns));
}
