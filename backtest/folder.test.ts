import { mkdtempSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../detector/testing.js';
import { backtestFolder } from './folder.js';
import { describeSummary } from './summary.js';

const START = 1_700_000_000;
const STEP = 300;

interface Row {
  readonly timestamp: string;
  readonly score: number;
  readonly alert: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly top_metric: string | undefined;
}

/** Judges one file as the command would, and reads what it wrote. */
async function backtest(csv: string): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'a.csv'), csv);
  await backtestFolder(join(folder, 'in'), join(folder, 'out'), () => {});
  const [header, ...lines] = readFileSync(join(folder, 'out', 'a.csv'), 'utf8').trim().split('\n');
  expect(header).toMatch(/^timestamp,score,alert,expected,lower,upper(,top_metric)?$/);
  return lines.map((line) => {
    const [timestamp = '', score, alert, expected, lower, upper, top] = line.split(',');
    return { timestamp, score: Number(score), alert: Number(alert), expected: Number(expected), lower: Number(lower), upper: Number(upper), top_metric: top };
  });
}

/** Ten days of a daily wave with noise at a step of 5 min. */
const wave = (index: number, noise: number): number => 100 + 30 * Math.sin((2 * Math.PI * index) / 288) + 3 * noise;
function series(change: (value: number, index: number) => number | string, rows = 2880): string {
  const { normal } = createRandom(3);
  const lines = Array.from({ length: rows }, (_, index) => `${START + index * STEP},${change(wave(index, normal()), index)}`);
  return `timestamp,value\n${lines.join('\n')}\n`;
}
const everyNumberIsFinite = (rows: readonly Row[]): boolean => rows.every(({ score, alert, expected, lower, upper }) => [score, alert, expected, lower, upper].every(Number.isFinite));

describe('a backtest of a folder', () => {
  it('never takes the place of what it reads, and leaves folders alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
    mkdirSync(join(folder, 'old.csv'));
    const text = series((value) => value, 100);
    writeFileSync(join(folder, 'a.csv'), text);
    symlinkSync(folder, `${folder}-link`);
    await expect(backtestFolder(folder, `${folder}-link`, () => {})).rejects.toThrow('a.csv is what is read: name another place for what is written');
    expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe(text);
    expect(await backtestFolder(folder, join(folder, 'out'), () => {})).toMatchObject({ series: 1, points: 100 });
  });

  it('finds what breaks once, says what it expected, and is quiet otherwise', async () => {
    const rows = await backtest(series((value, index) => (index >= 2500 && index < 2512 ? value + 90 : value)));
    expect(rows).toHaveLength(2880);
    const raised = rows.flatMap(({ score }, index) => (score > 1 ? [index] : []));
    expect(raised.filter((index) => index >= 2500 && index < 2512)).not.toEqual([]);
    expect(raised.filter((index) => index < 2500 || index >= 2512).length).toBeLessThanOrEqual(1);
    expect(rows[2500]?.upper).toBeLessThan(190);
    expect(Math.abs((rows[2400]?.expected ?? 0) - wave(2400, 0))).toBeLessThan(10);
  });

  it('knows only the past: what follows a row does not change it', async () => {
    const whole = await backtest(series((value) => value));
    const prefix = await backtest(series((value) => value, 1777));
    expect(prefix).toEqual(whole.slice(0, 1777));
  });

  it('names the column that broke', async () => {
    const { normal } = createRandom(5);
    const lines = Array.from({ length: 2000 }, (_, index) => `${START + index * STEP},${[0, 1, 2].map((column) => 50 + column + 2 * normal() + (column === 1 && index >= 1500 && index < 1510 ? 60 : 0)).join(',')}`);
    const rows = await backtest(`timestamp,m01,m02,m03\n${lines.join('\n')}\n`);
    expect(rows.slice(1500, 1510).some(({ alert, top_metric }) => alert === 1 && top_metric === 'm02')).toBe(true);
  });

  it.each([
    ['gaps and words in place of numbers', series((value, index) => (index % 50 === 7 ? '' : index % 50 === 8 ? 'NaN' : index % 50 === 9 ? 'Infinity' : value))],
    ['a constant', series(() => 5)],
    ['nothing but gaps', series(() => '')],
    ['five points', series((value) => value, 5)],
    ['one point', series((value) => value, 1)],
    ['zero that once moves', series((_value, index) => (index === 2000 ? 1 : 0))],
    ['a spike of 10⁹ times the level', series((value, index) => (index === 2000 ? value * 1e9 : value))],
    ['values near the ends of double precision', series((value, index) => (index % 2 === 0 ? value * 1e300 : value * 1e-300))],
  ])('has a finite answer for every row of %s', async (_name, csv) => {
    const rows = await backtest(csv);
    expect(rows).toHaveLength(csv.trim().split('\n').length - 1);
    expect(everyNumberIsFinite(rows)).toBe(true);
  });

  it('does not alert on a constant, nor for long on a spike of 10⁹ times the level', async () => {
    expect((await backtest(series(() => 5))).some(({ alert }) => alert === 1)).toBe(false);
    const spiked = await backtest(series((value, index) => (index === 2000 ? value * 1e9 : value)));
    expect(spiked[2000]?.alert).toBe(1);
    expect(spiked.slice(2030).some(({ alert }) => alert === 1)).toBe(false);
  });

  it('learns nothing from rows that repeat or go back in time, and still answers each', async () => {
    const clean = series((value) => value).trim().split('\n');
    const dirty = clean.flatMap((line, index) => (index > 100 && index % 100 === 0 ? [line, line, `${START},1e12`] : [line]));
    const rows = await backtest(`${dirty.join('\n')}\n`);
    expect(rows).toHaveLength(dirty.length - 1);
    const kept = rows.filter((_, index) => { const at = dirty[index + 1]; return at !== dirty[index] && !at?.endsWith('1e12'); });
    expect(kept).toEqual(await backtest(`${clean.join('\n')}\n`));
  });

  it('counts as gaps what is empty, infinite or no number', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
    const odd: Readonly<Record<number, string>> = { 7: 'inf', 8: '-Infinity', 9: '', 10: 'lost' };
    writeFileSync(join(folder, 'a.csv'), series((value, index) => odd[index] ?? value, 500));
    const summary = await backtestFolder(folder, join(folder, 'out'), () => {});
    expect(summary).toMatchObject({ points: 500, gaps: 4 });
    expect(describeSummary(summary)).toMatch(/^1 series, 500 points \(4 gaps\), \d+ episodes?, /);
    expect(describeSummary({ ...summary, gaps: 0 })).toMatch(/^1 series, 500 points, /);
  });

  it('refuses a folder without files and a file without a header', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'backtest-'));
    await expect(backtestFolder(empty, empty, () => {})).rejects.toThrow('has no .csv or .parquet file');
    await expect(backtest('1,2\n3,4\n')).rejects.toThrow('needs a header');
  });

  it('judges what can be read, and then names all that cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
    for (const [name, text] of [['a', '1,2\n'], ['b', series((value) => value, 5)], ['c', 'time,value\n']] as const) writeFileSync(join(folder, `${name}.csv`), text);
    await expect(backtestFolder(folder, join(folder, 'out'), () => {})).rejects.toThrow(/^a\.csv needs a header.*\nc\.csv has no rows$/);
    expect(readFileSync(join(folder, 'out', 'b.csv'), 'utf8').trim().split('\n')).toHaveLength(6);
  });
});
