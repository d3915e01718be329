import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '#core/errors.js';
import { idOf, keepApart, readTable } from './files.js';
import { judgeTables } from './judge.js';
import { NOTHING, plus, type BacktestSummary } from './summary.js';
import type { Table } from './table.js';
import { writeResult, type Format } from './write.js';

const PROGRESS_EVERY_MS = 2_000;

/** Judges every CSV and Parquet file of `input` and writes `<id>.csv`, or `<id>.json`, to `output`: one row per row read, in its order, or oldest first where the newest row came first. Throws CONFIG_INVALID that names all files that cannot be read, after the others. */
export async function backtestFolder(input: string, output: string, progress: (line: string) => void, format: Format = 'csv'): Promise<BacktestSummary> {
  const files = readdirSync(input).filter((name) => /\.(csv|parquet)$/.test(name) && !statSync(join(input, name)).isDirectory()).toSorted();
  if (files.length === 0) throw new PipelineError('CONFIG_INVALID', `${input} has no .csv or .parquet file`);
  const twice = files.find((name, index) => files.findIndex((other) => idOf(other) === idOf(name)) < index);
  if (twice !== undefined) throw new PipelineError('CONFIG_INVALID', `${input} has ${idOf(twice)} as CSV and as Parquet, and both would become ${idOf(twice)}.${format}: move one away`);
  const target = (name: string): string => join(output, `${idOf(name)}.${format}`);
  mkdirSync(output, { recursive: true });
  for (const name of files) keepApart(join(input, name), target(name));
  let total = NOTHING;
  let told = performance.now();
  const refused: string[] = [];
  for (const name of files) {
    const table = tryTable(join(input, name), progress, refused);
    if (!table) continue;
    const result = judgeTables([table]);
    await writeResult(result, format, target(name));
    total = plus(total, result.summary);
    if (performance.now() - told > PROGRESS_EVERY_MS) {
      told = performance.now();
      progress(`${total.series} of ${files.length} series, ${total.points} points`);
    }
  }
  if (refused.length > 0) throw new PipelineError('CONFIG_INVALID', refused.join('\n'));
  return total;
}

function tryTable(path: string, note: (line: string) => void, refused: string[]): Table | undefined {
  try {
    return readTable(path, note);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    refused.push(error.message);
    return undefined;
  }
}
