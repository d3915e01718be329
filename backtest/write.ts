import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Judged } from '#core/backtest.js';
import { alarmsPerDay, pointsPerSecond, type BacktestSummary } from './summary.js';
import type { Table } from './table.js';

export const FORMATS = ['csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Tables with what was said of their rows. */
export interface Result {
  readonly judged: readonly (readonly [Table, Judged])[];
  readonly summary: BacktestSummary;
}

/** A number of JSON: as it was given, since those of nanoseconds have more digits than a double. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** Rows joined before they are written. */
const ROWS_PER_WRITE = 4_096;

/** Seven digits are more than any detector knows. */
export const printed = (value: number): string => String(Number(value.toPrecision(7)));

/** Writes to `path`, or to stdout. Whoever reads stdout may stop early. */
export async function writeResult(result: Result, format: Format, path: string | undefined): Promise<void> {
  const source = Readable.from(joined(format === 'csv' ? csvRows(result) : jsonRows(result)));
  try {
    await (path === undefined ? pipeline(source, process.stdout, { end: false }) : pipeline(source, createWriteStream(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

function* joined(lines: Iterable<string>): Iterable<string> {
  let waiting: string[] = [];
  for (const line of lines) {
    waiting.push(line);
    if (waiting.length < ROWS_PER_WRITE) continue;
    yield `${waiting.join('\n')}\n`;
    waiting = [];
  }
  if (waiting.length > 0) yield `${waiting.join('\n')}\n`;
}

/** `timestamp,score,alert,expected,lower,upper`, then `top_metric` where columns were judged together, and `series` where there are several. */
function* csvRows({ judged }: Result): Iterable<string> {
  const hasColumns = judged.some(([{ columns }]) => columns.length > 1);
  const hasSeries = judged.length > 1;
  yield `timestamp,score,alert,expected,lower,upper${hasColumns ? ',top_metric' : ''}${hasSeries ? ',series' : ''}`;
  for (const [{ stamps, names, name }, { score, alert, expected, lower, upper, top }] of judged) {
    const metrics = names.map(cell);
    const series = hasSeries ? `,${cell(name)}` : '';
    for (const [row, stamp] of stamps.entries()) {
      yield `${cell(stamp)},${at(score, row)},${alert[row]},${at(expected, row)},${at(lower, row)},${at(upper, row)}${hasColumns ? `,${metrics[top[row] ?? 0]}` : ''}${series}`;
    }
  }
}

/** The same as objects, under each series its episodes; and the summary. */
function* jsonRows({ judged, summary }: Result): Iterable<string> {
  const { series, points, gaps, episodes } = summary;
  yield `{"summary":${JSON.stringify({ series, points, gaps, episodes, alarms_per_day: Number(printed(alarmsPerDay(summary))), points_per_second: pointsPerSecond(summary) })},"series":[`;
  for (const [index, [{ stamps, columns, names, name }, { score, alert, expected, lower, upper, top, raised }]] of judged.entries()) {
    const times = stamps.map((stamp) => (NUMBER.test(stamp) ? stamp : JSON.stringify(stamp)));
    const metrics = names.map((one) => JSON.stringify(one));
    yield `{"name":${JSON.stringify(name)},"episodes":[${raised.map((row) => times[row]).join(',')}],"rows":[`;
    for (const row of stamps.keys()) {
      yield `{"timestamp":${times[row]},"score":${at(score, row)},"alert":${alert[row]},"expected":${at(expected, row)},"lower":${at(lower, row)},"upper":${at(upper, row)}${columns.length > 1 ? `,"top_metric":${metrics[top[row] ?? 0]}` : ''}}${row < stamps.length - 1 ? ',' : ''}`;
    }
    yield `]}${index < judged.length - 1 ? ',' : ''}`;
  }
  yield ']}';
}

const at = (column: Float64Array, row: number): string => printed(column[row] ?? 0);
const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
