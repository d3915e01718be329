import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTable } from '../backtest/table.js';
import { createRandom } from '../demo/random.js';
import { BASELINES } from './detection/baselines.js';
import { interval } from './detection/bootstrap.js';
import { findScorers } from './detection/scorers.js';
import { findSets } from './detection/sets.js';

const rows = Array.from({ length: 500 }, (_, index) => `${1_700_000_000 + index * 60},${index === 400 ? 90 : 10 + (index % 3)}`);
const table = parseTable(`timestamp,value\n${rows.join('\n')}\n`, 'a.csv');

describe('the benchmark of detection', () => {
  it('has a plain z-score that alerts on the spike alone', () => {
    const scores = BASELINES['prom_z']?.(table) ?? new Float64Array();
    expect([...scores.entries()].filter(([, score]) => score >= 1).map(([row]) => row)).toEqual([400]);
  });

  it('has a random judge that is the same in every run', () => {
    expect(BASELINES['random']?.(table)).toEqual(BASELINES['random']?.(table));
  });

  it('finds labelled sets, and counts one of both kinds twice', () => {
    const data = mkdtempSync(join(tmpdir(), 'sets-'));
    for (const part of ['a/series', 'a/labels', 'not-a-set/series']) mkdirSync(join(data, part), { recursive: true });
    writeFileSync(join(data, 'a', 'manifest.json'), JSON.stringify([{ id: 'x', dims: 1, eval_start: 0 }, { id: 'y', dims: 3, eval_start: 100 }]));
    writeFileSync(join(data, 'a', 'interpretation.json'), JSON.stringify({ y: [{ start: 5, end: 9, dims: ['m02'] }] }));
    expect(findSets(data)).toMatchObject([
      { name: 'a (one column)', ids: ['x'], causes: [] },
      { name: 'a (several)', ids: ['y'], causes: [{ id: 'y', from: 105, to: 109, columns: ['m02'] }] },
    ]);
  });

  it('gives an interval that holds the figure, and none where there is none', () => {
    const mean = (sample: readonly number[]): number => sample.reduce((sum, value) => sum + value, 0) / sample.length;
    const [low, high] = interval(Array.from({ length: 100 }, (_, index) => index), mean, createRandom(1)) ?? [0, 0];
    expect(low).toBeLessThan(49.5);
    expect(high).toBeGreaterThan(49.5);
    expect(high - low).toBeLessThan(15);
    expect(interval([], mean, createRandom(1))).toBeUndefined();
  });

  it('says plainly why there are no scores', async () => {
    expect(await findScorers(undefined, 'python3')).toContain('--scorers DIR');
    expect(await findScorers('/nowhere', 'no-such-python')).toContain('numpy');
  });
});
