import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { backtestFolder } from '../backtest/folder.js';
import { describeSummary } from '../backtest/summary.js';
import { createRandom } from '../demo/random.js';
import { BASELINES, writeBaseline } from './detection/baselines.js';
import { interval } from './detection/bootstrap.js';
import { findScorers, type NabScores, type PerSeries, type Scorers, type TsadSummary } from './detection/scorers.js';
import { findSets, type LabelledSet } from './detection/sets.js';
import { describeMachine } from './machine.js';
import { readOptions } from './options.js';

/**
 * How well are labelled series judged? Runs the backtest over every set found in the data folder and has the published scorers judge its answers, beside those of a random judge and of a plain z-score over a day.
 *
 * Every set gets the same code and the same constants. Alerts are our own; "labels" marks figures for which the scorer chose the threshold with the labels in hand, as the literature does.
 */
const optionsSchema = z.strictObject({
  data: z.string().min(1),
  scorers: z.string().min(1).optional(),
  python: z.string().min(1).default('python3'),
  set: z.array(z.string()).default([]),
  keep: z.string().min(1).optional(),
});
const HELP = 'usage: npm run bench -- detection --data DIR [--scorers DIR] [--python python3] [--set NAME ...] [--keep DIR]';

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(optionsSchema, HELP, args);
  if (!options) return;
  const { data, scorers: folder, python, set: chosen, keep } = options;
  const sets = findSets(data).filter(({ folder: at }) => chosen.length === 0 || chosen.some((name) => at.endsWith(`/${name}`)));
  console.log(`Machine     ${describeMachine()}`);
  const scorers = await findScorers(folder, python);
  if (typeof scorers === 'string') console.log(scorers);
  const scratch = keep ?? mkdtempSync(join(tmpdir(), 'faultline-detection-'));
  try {
    const judged = new Set<string>();
    for (const set of sets) await judgeSet(set, scorers, scratch, judged);
  } finally {
    if (keep === undefined) rmSync(scratch, { recursive: true });
  }
}

async function judgeSet(set: LabelledSet, scorers: Scorers | string, scratch: string, judged: Set<string>): Promise<void> {
  const input = join(set.folder, 'series');
  const outputOf = (judge: string): string => join(scratch, judge, set.folder.split('/').at(-1) ?? '');
  if (!judged.has(set.folder)) {
    judged.add(set.folder);
    console.log(`\n${set.folder.split('/').at(-1) ?? ''}: ${describeSummary(await backtestFolder(input, outputOf('faultline'), (line) => console.error(`  ${line}`)))}`);
    for (const [name, baseline] of Object.entries(BASELINES)) writeBaseline(baseline, input, outputOf(name));
  }
  if (typeof scorers === 'string') return;
  console.log(`${''.padEnd(12)}${'event P/R/F1'.padEnd(20)}${'95 %'.padEnd(12)}${'false/day'.padEnd(11)}${'delay'.padEnd(9)}${'delay-7 F1'.padEnd(12)}${'VUS-PR'.padEnd(8)}95 %         ${set.name}`);
  for (const name of ['faultline', ...Object.keys(BASELINES)]) {
    const { summary, per } = await scorers.tsad(set.folder, outputOf(name), set.ids);
    console.log(name.padEnd(12) + tsadLine(summary, per));
    if (set.hasWindows) console.log(`${''.padEnd(12)}NAB ${nabLine(await scorers.nab(set.folder, outputOf(name)))}`);
  }
  if (set.causes.length > 0) console.log(`${''.padEnd(12)}right column first: ${shareOfRightColumns(set, outputOf('faultline')).toFixed(3)} of ${set.causes.length} stretches`);
}

function tsadLine(summary: TsadSummary, per: readonly PerSeries[]): string {
  const events = interval(per, eventF1, createRandom(1));
  const ranks = interval(per, meanVus, createRandom(2));
  const range = (found: readonly [number, number] | undefined): string => (found ? `${short(found[0])}-${short(found[1])}` : '');
  const { event_p: precision, event_r: recall, event_f1: f1, fa_per_series_day: rate, median_delay_s: delay, delay7_f1: delay7, vus_pr: vus } = summary;
  return `${`${short(precision)}/${short(recall)}/${short(f1)}`.padEnd(20)}${range(events).padEnd(12)}${short(rate).padEnd(11)}${(delay === null || delay === undefined ? '' : `${delay} s`).padEnd(9)}${short(delay7).padEnd(12)}${short(vus).padEnd(8)}${range(ranks)}`;
}

function nabLine({ standard, reward_low_FP: lowFp, reward_low_FN: lowFn }: NabScores): string {
  const line = (of: 'fixed' | 'optimised'): string => [standard, lowFp, lowFn].map((profile) => profile[of].toFixed(1)).join('/');
  return `standard/low-FP/low-FN at our own alerts ${line('fixed')}, labels ${line('optimised')}`;
}

const short = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : value.toFixed(3).replace(/^0/, ''));

function eventF1(sample: readonly PerSeries[]): number {
  let [events, caught, wrong] = [0, 0, 0];
  for (const one of sample) {
    events += one.events;
    caught += one.caught ?? 0;
    wrong += one.false_alarms ?? 0;
  }
  return (2 * caught) / (events + caught + wrong);
}

function meanVus(sample: readonly PerSeries[]): number {
  const known = sample.flatMap(({ vus_pr: vus }) => vus ?? []);
  return known.reduce((sum, vus) => sum + vus, 0) / known.length;
}

/** Of the labelled stretches, the share in which the row with the highest score names a column that was to blame. */
function shareOfRightColumns({ causes }: LabelledSet, output: string): number {
  let right = 0;
  for (const id of new Set(causes.map((cause) => cause.id))) {
    const rows = readFileSync(join(output, `${id}.csv`), 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split(','));
    for (const { from, to, columns } of causes.filter((cause) => cause.id === id)) {
      const peak = rows.slice(from, to + 1).reduce<readonly string[] | undefined>((best, row) => (best && Number(best[1]) >= Number(row[1]) ? best : row), undefined);
      if (peak && columns.includes(peak.at(-1) ?? '')) right += 1;
    }
  }
  return right / causes.length;
}
