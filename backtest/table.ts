import type { Recording } from '#core/backtest.js';
import { PipelineError } from '#core/errors.js';

/** What is judged as one: rows of a file, or one series of a query. */
export interface Table extends Recording {
  readonly name: string;
  /** Times as they were given, for writing them again. */
  readonly stamps: readonly string[];
  /** Of the columns. */
  readonly names: readonly string[];
}

/** Reads CSV: a header, times in the first column, values in the others. What is no number is NaN. Throws CONFIG_INVALID when there is no header or no value column. */
export function parseTable(text: string, name: string): Table {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const header = cellsOf((lines[0] ?? '').trim());
  if (header.length < 2 || !/^[a-z_@]/i.test(header[0] ?? '')) throw new PipelineError('CONFIG_INVALID', `${name} needs a header: timestamp and one or more columns of values`, { retryable: false });
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  const stamps: string[] = [];
  const times = new Float64Array(rows.length);
  const columns = header.slice(1).map(() => new Float64Array(rows.length));
  for (const [row, line] of rows.entries()) {
    const cells = cellsOf(line);
    const stamp = (cells[0] ?? '').trim();
    stamps.push(stamp);
    times[row] = timeOf(stamp);
    for (const [index, column] of columns.entries()) column[row] = numberOf(cells[index + 1]);
  }
  return { name, stamps, times, names: header.slice(1).map((column) => column.trim()), columns };
}

function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return Array.from(line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

function numberOf(cell: string | undefined): number {
  const text = cell?.trim() ?? '';
  return text === '' ? Number.NaN : Number(text);
}

/** Epoch milliseconds of epoch seconds, ISO time, or an epoch in ms, µs or ns, which its size tells. ISO time without a zone is UTC. */
export function timeOf(stamp: string): number {
  const number = Number(stamp);
  if (stamp === '' || !Number.isFinite(number)) return Date.parse(/^\d{4}-\d\d-\d\d[ T][\d:.]+$/.test(stamp) ? `${stamp.replace(' ', 'T')}Z` : stamp);
  const size = Math.abs(number);
  return number * (size < 1e11 ? 1e3 : size < 1e14 ? 1 : size < 1e17 ? 1e-3 : 1e-6);
}
