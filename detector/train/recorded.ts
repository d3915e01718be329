import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PipelineError } from '#core/errors.js';
import { WINDOW } from '../models/shape.js';
import { createExamples, isUsable, putExample, type Examples } from './examples.js';

/** Rows that are measured of one series: spread evenly over it. */
const MOST_ROWS = 1_000;
const DAY_S = 86_400;

/**
 * Examples of recorded series, by file: CSV with a header and the columns `timestamp` (epoch seconds) and `value`, in the folder or in `series` below it; with `label` in a file of the same name in `labels`, windows that hold or precede an abnormal point are left out.
 * Throws CONFIG_INVALID when there is no such series.
 */
export function readRecorded(folder: string): ReadonlyMap<string, Examples> {
  const all = new Map<string, Examples>();
  const place = existsSync(join(folder, 'series')) ? join(folder, 'series') : folder;
  for (const file of namesIn(place)) {
    const points = columns(join(place, file), 'value');
    const labels = existsSync(join(folder, 'labels', file)) ? columns(join(folder, 'labels', file), 'label') : undefined;
    const examples = points && examplesOf(points, labels);
    if (examples && examples.rows > 0) all.set(file, examples);
  }
  if (all.size === 0) throw new PipelineError('CONFIG_INVALID', `${folder} holds no .csv with the columns timestamp,value and more than ${WINDOW} points`);
  return all;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.csv')).toSorted();
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `cannot read ${folder}: ${messageOf(cause)}`, { cause });
  }
}

function columns(path: string, wanted: string): Map<number, number> | undefined {
  const [header = '', ...lines] = readFileSync(path, 'utf8').split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  const [time, value] = [names.indexOf('timestamp'), names.indexOf(wanted)];
  if (time < 0 || value < 0) return undefined;
  const found = new Map<number, number>();
  for (const line of lines) {
    const cells = line.split(',');
    const text = cells[value]?.trim() ?? '';
    const [at, number] = [Number(cells[time]), Number(text)];
    if (text !== '' && Number.isFinite(at) && isUsable(number)) found.set(at, number);
  }
  return found;
}

function examplesOf(series: ReadonlyMap<number, number>, labels: ReadonlyMap<number, number> | undefined): Examples {
  const times = [...series.keys()].toSorted((a, b) => a - b);
  const points = Float64Array.from(times, (time) => series.get(time) ?? 0);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0)).toSorted((a, b) => a - b);
  const perDay = Math.round(DAY_S / (gaps[Math.floor(gaps.length / 2)] ?? DAY_S));
  const normal: number[] = [];
  let abnormalAt = -1;
  for (const [index, time] of times.entries()) {
    if ((labels?.get(time) ?? 0) > 0) abnormalAt = index;
    if (index >= WINDOW && (abnormalAt < 0 || index - abnormalAt > WINDOW)) normal.push(index);
  }
  const stride = Math.max(1, Math.ceil(normal.length / MOST_ROWS));
  const chosen = normal.filter((_, index) => index % stride === 0);
  const examples = createExamples(chosen.length);
  for (const [row, at] of chosen.entries()) putExample(examples, row, points, at, WINDOW, perDay >= 2 ? perDay : undefined);
  return examples;
}
