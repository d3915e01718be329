import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const exec = promisify(execFile);
const LIMIT_MS = 900_000;

const number = z.number().nullish();
const summarySchema = z.object({ vus_pr: number, event_p: number, event_r: number, event_f1: number, fa_per_series_day: number, median_delay_s: number, delay7_f1: number, series: z.number(), rows: z.number(), events: z.number() });
const perSchema = z.object({ vus_pr: number, events: z.number(), caught: number, false_alarms: number });
const profileSchema = z.object({ optimised: z.number(), fixed: z.number() });
const nabSchema = z.object({ standard: profileSchema, reward_low_FP: profileSchema, reward_low_FN: profileSchema });

export type TsadSummary = z.output<typeof summarySchema>;
export type PerSeries = z.output<typeof perSchema>;
export type NabScores = z.output<typeof nabSchema>;

/** The published scorers, tsad.py and nab.py, run by Python with numpy. */
export interface Scorers {
  tsad(set: string, predictions: string, ids: readonly string[]): Promise<{ summary: TsadSummary; per: PerSeries[] }>;
  /** At the threshold 1, and at the one that their labels would choose. */
  nab(set: string, predictions: string): Promise<NabScores>;
}

/** Finds the scorers in `folder`. Returns why they cannot run as a sentence. */
export async function findScorers(folder: string | undefined, python: string): Promise<Scorers | string> {
  if (folder === undefined) return 'no scorers: name the folder of tsad.py and nab.py with --scorers DIR';
  try {
    await exec(python, ['-c', 'import numpy']);
  } catch {
    return `no scores: ${python} with numpy is needed (pip install numpy, or --python PATH)`;
  }
  async function run(script: string, args: readonly string[]): Promise<unknown> {
    const scratch = mkdtempSync(join(tmpdir(), 'faultline-scores-'));
    const json = join(scratch, 'out.json');
    try {
      await exec(python, [join(folder ?? '', script), ...args, '--json', json], { timeout: LIMIT_MS, maxBuffer: 1 << 26 });
      return JSON.parse(readFileSync(json, 'utf8').replaceAll(/\bNaN\b/g, 'null'));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }
  return {
    async tsad(set, predictions, ids) {
      const list = join(mkdtempSync(join(tmpdir(), 'faultline-ids-')), 'ids.txt');
      writeFileSync(list, ids.join('\n'));
      return z.object({ summary: summarySchema, per: z.array(perSchema) }).parse(await run('tsad.py', ['--data', set, '--preds', predictions, '--ids', list]));
    },
    nab: async (set, predictions) => nabSchema.parse(await run('nab.py', ['--root', set, '--results', predictions, '--threshold', '1'])),
  };
}
