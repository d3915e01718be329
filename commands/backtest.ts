import { mkdirSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { durationMs } from '#core/duration.js';
import { PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import { keepApart, readTable } from '../backtest/files.js';
import { backtestFolder } from '../backtest/folder.js';
import { judgeTables } from '../backtest/judge.js';
import { printable } from '../backtest/printable.js';
import { queryTables } from '../backtest/prometheus.js';
import { describeSummary } from '../backtest/summary.js';
import { timeOf, type Table } from '../backtest/table.js';
import { FORMATS, writeResult, type Format, type Result } from '../backtest/write.js';

/** What `faultline backtest` takes, as it is written on the command line. */
export interface BacktestFlags {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly format?: string | undefined;
  readonly query?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly step?: string | undefined;
}

const USAGE = 'name a CSV or Parquet file, a folder of them with --output DIR, or --query with PromQL; docs/backtest.md has examples';
/** Episodes told one by one. */
const MOST_TOLD = 20;
const tell = (line: string): void => console.error(line);

/** `faultline backtest`: judges recorded series by the long memory. Rows go to `--output` or stdout, the summary to stderr. `url` is asked for `--query`. */
export async function runBacktest([path, ...more]: readonly string[], { input = path, output, format, query, ...range }: BacktestFlags, url: string, authorization = ''): Promise<void> {
  if (more.length > 0 || (path !== undefined && input !== path) || (input === undefined) === (query === undefined)) throw new PipelineError('CONFIG_INVALID', USAGE);
  if (query === undefined && Object.values(range).some((given) => given !== undefined)) throw new PipelineError('CONFIG_INVALID', '--from, --to and --step go with --query; a file is judged whole');
  const written = formatOf(format, output);
  if (input !== undefined && isFolder(input)) {
    if (output === undefined) throw new PipelineError('CONFIG_INVALID', 'a folder is judged into another: name it with --output');
    return tell(describeSummary(await backtestFolder(input, output, tell, written)));
  }
  if (input !== undefined && output !== undefined) keepApart(input, output);
  if (output !== undefined) mkdirSync(dirname(output), { recursive: true });
  const tables = input === undefined ? await queryTables({ query: query ?? '', url, authorization, ...rangeOf(range, Date.now()) }, tell) : [readTable(input, tell)];
  const result = judgeTables(tables);
  await writeResult(result, written, output);
  for (const line of describeEpisodes(result)) tell(line);
  tell(describeSummary(result.summary));
}

function formatOf(format: string | undefined, output: string | undefined): Format {
  const asked = format ?? (output !== undefined && extname(output) === '.json' ? 'json' : 'csv');
  const known = FORMATS.find((one) => one === asked);
  if (!known) throw new PipelineError('CONFIG_INVALID', `--format is ${FORMATS.join(' or ')}, not ${asked}`);
  return known;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function rangeOf({ from = 'now-7d', to = 'now', step = '1m' }: Pick<BacktestFlags, 'from' | 'to' | 'step'>, now: UnixMs): { from: UnixMs; to: UnixMs; stepMs: number } {
  const range = { from: momentOf('--from', from, now), to: momentOf('--to', to, now), stepMs: /^\d+(ms|s|m|h|d)$/.test(step) ? durationMs(step) : 0 };
  if (range.stepMs === 0) throw new PipelineError('CONFIG_INVALID', `--step is a duration such as 1m, not ${step}`);
  if (range.from >= range.to) throw new PipelineError('CONFIG_INVALID', '--from must be before --to');
  return range;
}

function momentOf(flag: string, text: string, now: UnixMs): UnixMs {
  const ago = /^now(?:-(\d+(?:ms|s|m|h|d)))?$/.exec(text);
  const at = ago ? now - (ago[1] === undefined ? 0 : durationMs(ago[1])) : timeOf(text);
  if (!Number.isFinite(at)) throw new PipelineError('CONFIG_INVALID', `${flag} is a time such as now-7d, 2026-03-01T12:00:00Z or 1772366400, not ${text}`);
  return at;
}

function* describeEpisodes({ judged, summary }: Result): Iterable<string> {
  let told = 0;
  for (const [table, { raised, expected, lower, upper, top }] of judged) {
    for (const row of raised) {
      if ((told += 1) > MOST_TOLD) continue;
      const value = table.columns[top[row] ?? 0]?.[row] ?? Number.NaN;
      yield `${momentText(table, row)}  ${whereOf(table, judged.length, top[row] ?? 0)}${short(value)}, expected ${short(expected[row])} (${short(lower[row])} to ${short(upper[row])})`;
    }
  }
  if (summary.episodes > MOST_TOLD) yield `and ${summary.episodes - MOST_TOLD} more episodes`;
}

const momentText = ({ stamps, times }: Table, row: number): string => (Math.abs(times[row] ?? Infinity) < 8e15 ? new Date(times[row] ?? 0).toISOString() : (stamps[row] ?? ''));
const whereOf = ({ name, names, columns }: Table, series: number, top: number): string => (series > 1 ? `${name}  ` : columns.length > 1 ? `${printable(names[top] ?? '')}  ` : '');
const short = (value = Number.NaN): string => String(Number(value.toPrecision(4)));
