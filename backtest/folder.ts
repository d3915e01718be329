import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '#core/errors.js';
import { createJudge } from '../detector/long/judge.js';
import { parseTable, printed, type Table } from './table.js';

const DAY_MS = 86_400_000;
const PROGRESS_EVERY_MS = 2_000;

/** What a backtest of a folder came to. Points are values: rows times columns. */
export interface BacktestSummary {
  readonly series: number;
  readonly points: number;
  readonly episodes: number;
  readonly seriesDays: number;
  /** Spent judging, without reading and writing files. */
  readonly seconds: number;
}

/** Judges every `<id>.csv` of `input` and writes `<id>.csv` to `output`: `timestamp,score,alert,expected,lower,upper`, and `top_metric` where there are several columns. One row per row read, in its order. */
export function backtestFolder(input: string, output: string, progress: (line: string) => void): BacktestSummary {
  const files = readdirSync(input).filter((name) => name.endsWith('.csv')).toSorted();
  if (files.length === 0) throw new PipelineError('CONFIG_INVALID', `${input} has no .csv file`, { retryable: false });
  mkdirSync(output, { recursive: true });
  const total = { series: 0, points: 0, episodes: 0, seriesDays: 0, seconds: 0 };
  let told = performance.now();
  for (const name of files) {
    const table = parseTable(readFileSync(join(input, name), 'utf8'), name);
    const began = performance.now();
    const { csv, episodes } = judgeTable(table);
    total.seconds += (performance.now() - began) / 1000;
    writeFileSync(join(output, name), csv);
    total.series += 1;
    total.points += table.times.length * table.columns.length;
    total.episodes += episodes;
    total.seriesDays += spanOf(table.times) / DAY_MS;
    if (performance.now() - told > PROGRESS_EVERY_MS) {
      told = performance.now();
      progress(`${total.series} of ${files.length} series, ${total.points} points`);
    }
  }
  return total;
}

function judgeTable({ stamps, times, names, columns }: Table): { csv: string; episodes: number } {
  const several = columns.length > 1;
  const judge = createJudge(columns.length);
  const values = new Float64Array(columns.length);
  const lines = [`timestamp,score,alert,expected,lower,upper${several ? ',top_metric' : ''}`];
  let episodes = 0;
  for (const [row, time] of times.entries()) {
    for (const [index, column] of columns.entries()) values[index] = column[row] ?? Number.NaN;
    const { score, alert, raised, expected, lower, upper, top } = judge.judge(time, values);
    if (raised) episodes += 1;
    lines.push(`${stamps[row] ?? ''},${printed(score)},${alert ? 1 : 0},${printed(expected)},${printed(lower)},${printed(upper)}${several ? `,${names[top] ?? ''}` : ''}`);
  }
  return { csv: `${lines.join('\n')}\n`, episodes };
}

function spanOf(times: Float64Array): number {
  let first = Infinity;
  let last = -Infinity;
  for (const time of times) {
    if (!Number.isFinite(time)) continue;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return last > first ? last - first : 0;
}

export function describeSummary({ series, points, episodes, seriesDays, seconds }: BacktestSummary): string {
  const rate = seriesDays > 0 ? (episodes / seriesDays).toFixed(3) : '0';
  return `${series} series, ${points} points, ${episodes} episodes, ${rate} alarms per series-day, ${Math.round(points / Math.max(seconds, 1e-3)).toLocaleString('en')} points/s`;
}
