import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ApiStatus } from '#core/api/status.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { listening } from '#core/testing.js';
import { openStore } from '#store/open.js';
import type { Store } from '#store/store.js';
import { noRules } from '../server/testing.js';
import { runBacktest, type BacktestFlags } from './backtest.js';
import { promqlConfig } from '../promql/config.js';
import { createPromEngine } from '../promql/engine.js';
import { prometheusApi } from '../server/prometheus/api.js';
import { runCommand } from '../test/product.js';

const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
const at = (name: string): string => join(folder, name);
const START = 1_700_000_000;
const BREAKS_AT = START + 2500 * 300;
/** A wave a day long at a step of 5 min, that breaks in row 2500 for an hour. */
const wave = (row: number): number => 100 + 30 * Math.sin((2 * Math.PI * row) / 288) + ((row * 7919) % 13) / 4 + (row >= 2500 && row < 2512 ? 90 : 0);
const rows = Array.from({ length: 2880 }, (_, row) => row);
const csv = `timestamp,value\n${rows.map((row) => `${START + row * 300},${wave(row)}`).join('\n')}\n`;
/** One that counts the seconds of the day, and breaks there too. */
const promql = (labels: string): string => `label_replace(vector(time() % 86400 + ((time() >= bool ${BREAKS_AT}) * (time() < bool ${BREAKS_AT + 3600})) * 3e5), "host", ${JSON.stringify(labels)}, "", "")`;

interface Judged {
  readonly summary: { readonly series: number; readonly points: number; readonly episodes: number; readonly alarms_per_day: number };
  readonly series: readonly { readonly name: string; readonly episodes: readonly (number | string)[]; readonly rows: readonly Readonly<Record<string, number | string>>[] }[];
}
/** What the command writes to a file, and what it tells meanwhile. */
async function judge(path: string | undefined, flags: BacktestFlags = {}): Promise<Judged & { told: string }> {
  const lines: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
  await runBacktest(path === undefined ? [] : [path], { ...flags, output: at('out.json') }, url);
  const told = lines.join('\n');
  expect(told).toMatch(/\d+ series, \d+ points(?: \(\d+ gaps?\))?, \d+ episodes?, [\d.]+ alarms per series-day, [\d,]+ points\/s$/);
  return { ...(JSON.parse(readFileSync(at('out.json'), 'utf8')) as Judged), told };
}

let store: Store;
let server: Server;
let url = '';
beforeAll(async () => {
  writeFileSync(at('a.csv'), csv);
  store = await openStore({ dataDir: at('data') });
  const engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
  server = createServer(express().use('/prometheus', prometheusApi({ engine, rules: noRules, clock: Date.now, logger: silentLogger, version: '1', status: () => Promise.resolve({} as ApiStatus), sources: () => [], ready: () => Promise.resolve(true) })));
  url = `${await listening(server)}/prometheus/`;
});
afterAll(async () => {
  server.close();
  await store.close();
});

describe('faultline backtest', () => {
  it('judges a CSV file: rows on stdout, episodes and the summary on stderr', async () => {
    const { status, output } = await runCommand(['backtest', at('a.csv')]);
    expect(status).toBe(0);
    expect(output).toContain('timestamp,score,alert,expected,lower,upper\n1700000000,0,0,');
    expect(output).toMatch(/2023-11-23T14:33:20\.000Z {2}\d+\.?\d*, expected \d+\.?\d* \(\d+\.?\d* to \d+\.?\d*\)/);
    expect(output).toMatch(/1 series, 2880 points, \d+ episodes?, /);
  });

  it('writes JSON with episodes, rows and the summary', async () => {
    const { summary, series: [only] } = await judge(at('a.csv'));
    expect(summary).toMatchObject({ series: 1, points: 2880, episodes: only?.episodes.length });
    expect(only?.episodes).toContain(BREAKS_AT);
    expect(only?.rows[2500]).toEqual({ timestamp: BREAKS_AT, score: expect.any(Number), alert: 1, expected: expect.any(Number), lower: expect.any(Number), upper: expect.any(Number) });
  });

  it('writes times as they were given, into a folder that it makes', async () => {
    writeFileSync(at('nanoseconds.csv'), 'time,value\n1700000000000000001,1\n2023-11-14T22:13:21Z,2\n');
    await runBacktest([at('nanoseconds.csv')], { output: at('new/folder/out.json') }, url);
    expect(readFileSync(at('new/folder/out.json'), 'utf8')).toMatch(/"timestamp":1700000000000000001,[^]*"timestamp":"2023-11-14T22:13:21Z",/);
  });

  it('judges each series of a query on its own, however long the range', async () => {
    const flags = { query: `${promql('a,"b"')} or ${promql('c')}`, from: String(START), to: '2023-11-24T22:08:20Z' };
    const { summary, series } = await judge(undefined, { ...flags, step: '1m' });
    expect(summary).toMatchObject({ series: 2, points: 2 * 14_396 });
    expect(series.map(({ name }) => name)).toEqual(['{host="a,\\"b\\""}', '{host="c"}']);
    expect(series[0]?.rows).toEqual(series[1]?.rows);
    expect(series[0]?.episodes).toContain(BREAKS_AT);
    await runBacktest([], { ...flags, step: '1h', output: at('out.csv') }, url);
    const [header, first] = readFileSync(at('out.csv'), 'utf8').split('\n');
    expect(header).toBe('timestamp,score,alert,expected,lower,upper,series');
    expect(first).toMatch(/^1700000000,0,0,.*,"\{host=""a,\\""b\\""""\}"$/);
  });

  it.each<[string, string | undefined, BacktestFlags, string | RegExp]>([
    ['nothing to judge', undefined, {}, 'name a CSV or Parquet file, a folder of them with --output DIR, or --query'],
    ['two things to judge', at('a.csv'), { query: 'up' }, 'name a CSV or Parquet file'],
    ['a range for a file', at('a.csv'), { from: 'now-1d' }, '--from, --to and --step go with --query'],
    ['a file that is not there', at('none.csv'), {}, 'none.csv cannot be read: ENOENT'],
    ['its own file to write', at('a.csv'), { output: at('a.csv') }, 'a.csv is what is read: name another place'],
    ['a folder without another to write', folder, {}, 'name it with --output'],
    ['an end before the begin', undefined, { query: 'up', from: 'now', to: 'now-1d' }, '--from must be before --to'],
    ['a time that is none', undefined, { query: 'up', from: 'yesterday' }, '--from is a time such as now-7d'],
    ['a format that is none', at('a.csv'), { format: 'xml' }, '--format is csv or json, not xml'],
    ['a query with a fault', undefined, { query: 'rate(' }, /does not answer the query: .*parse error/],
    ['a query without an answer', undefined, { query: 'up', from: String(START), to: String(BREAKS_AT) }, 'up has no series of numbers from 2023-11-14T22:13:20.000Z'],
  ])('says what to do about %s', async (_name, path, flags, text) => {
    await expect(runBacktest(path === undefined ? [] : [path], flags, url)).rejects.toThrow(text);
  });

  it('gives the name and the password of the address, also one with a % in it', async () => {
    let given = '';
    const guarded = createServer((request, response) => {
      given = request.headers.authorization ?? '';
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [[START, '1']], histograms: [[START, {}]] }] } }));
    });
    const address = (await listening(guarded)).replace('//', '//ada:l%ce@');
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    await runBacktest([], { query: 'up', output: at('out.csv') }, address);
    guarded.close();
    expect(given).toBe(`Basic ${Buffer.from('ada:l%ce').toString('base64')}`);
    expect(told).toHaveBeenCalledWith(expect.stringContaining('1 series hold native histograms, which are not judged'));
  });

  it('says that nobody answers', async () => {
    await expect(runBacktest([], { query: 'up' }, 'http://127.0.0.1:1')).rejects.toThrow('nothing answers at http://127.0.0.1:1');
  });
});
