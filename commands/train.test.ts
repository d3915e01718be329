import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '#store/open.js';
import { configSchema } from '../config.js';
import { readModel } from '../detector/models/files.js';
import { createRandom } from '../detector/train/random.js';
import { runTrain, type TrainFlags } from './train.js';

const STEP = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'train-'));
const dataDir = join(folder, 'data');
const output = join(folder, 'out');
const config = { ...configSchema.parse({}), data_dir: dataDir };
const run = (flags: TrainFlags, ...rest: string[]): Promise<string | undefined> => runTrain(rest, { output, ...flags }, config);
const said: string[] = [];

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the detector judged of `series` series in `points` steps until now: a square wave of 21 points, of which each 50th was abnormal. */
async function judged(series: number, points: number): Promise<void> {
  const store = await openStore({ dataDir });
  const random = createRandom(3);
  const end = Math.floor(Date.now() / STEP) * STEP;
  const rows = Array.from({ length: series * points }, (_, row) => {
    const index = row % points;
    const abnormal = index % 50 === 49;
    return { time: new Date(end - (points - index) * STEP).toISOString(), series: `s${Math.floor(row / points)}`, value: abnormal ? 1e6 : index === 100 ? 1e300 : 10 + (index % 21 < 7 ? 20 : 0) + random.normal(), expected: 10, lower: 0, upper: 20, score: abnormal ? 3 : 0.2 };
  });
  await store.insert('anomaly_scores', rows);
  await store.close();
}

describe('faultline train', () => {
  it.each([
    ['no steps', { steps: '0' }, '--steps must be a whole number from 1'],
    ['half a step', { steps: '1.5' }, '--steps must be a whole number from 1'],
    ['words for a seed', { seed: 'lucky' }, '--seed must be a whole number from 0'],
    ['days of nothing', { days: '3' }, '--days is for --tenant'],
    ['a folder to read', { input: folder }, 'usage: faultline train'],
    ['an output below a file', { output: join('package.json', 'out') }, 'cannot write to'],
    ['a tenant without data', { tenant: true }, 'holds no data of Faultline'],
  ])('refuses %s before any work', async (_name, flags, message) => {
    await expect(run(flags)).rejects.toThrow(message);
  });

  it('says what is wrong with a store that cannot be read', async () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'clickhouse'), 'not a folder');
    await expect(runTrain([], { tenant: true, output }, { ...config, data_dir: broken })).rejects.toThrow(/cannot read the history in .*broken/);
  });

  it('refuses a history that is too short, naming what it has and needs', async () => {
    await judged(1, 300);
    await expect(run({ tenant: true })).rejects.toThrow(/too little quiet history: \d+ windows .* 5000 and 500 are needed/);
    expect(readdirSync(output)).toEqual([]);
  });

  it('fine-tunes on the quiet history, is better there than before, and writes a model that is whole', async () => {
    await judged(12, 900);
    await run({ tenant: true, steps: '120' });
    const { card } = readModel(output);
    expect(card.provenance).toMatchObject({ seed: 1, steps: 120, base: readModel('detector/models/shipped/forecaster').card.sha256, heldOut: { 'fine-tuned': { pinball: expect.any(Number) } } });
    const heldOut = card.provenance?.['heldOut'] as Record<string, { pinball: number }>;
    expect(heldOut['fine-tuned']?.pinball).toBeLessThan(heldOut['as it was']?.pinball ?? 0);
    expect(Number(card.provenance?.['abnormal'])).toBeGreaterThan(200);
    expect(said.join('\n')).toContain('own history, held out by time');
  });

  it('measures a model on recorded series, without what is labelled abnormal', async () => {
    const input = join(folder, 'recorded');
    const lines = (of: (index: number) => number): string => Array.from({ length: 600 }, (_, index) => `${1_700_000_000 + index * 60},${of(index)}`).join('\n');
    for (const name of ['series', 'labels']) mkdirSync(join(input, name), { recursive: true });
    writeFileSync(join(input, 'series', 'a.csv'), `timestamp,value\n${lines((index) => (index === 150 ? 1e9 : index === 300 ? 1e300 : index % 12))}\n`);
    writeFileSync(join(input, 'labels', 'a.csv'), `timestamp,label\n${lines((index) => (index === 150 ? 1 : 0))}\n`);
    await run({ input }, 'evaluate');
    expect(said.at(-2)).toMatch(/1 series, next point[^]*forecaster +0\.[0-2]/);
    await expect(run({}, 'evaluate')).rejects.toThrow('--input');
    await expect(run({ input: output }, 'evaluate')).rejects.toThrow('holds no .csv');
  });
});
