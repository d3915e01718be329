import { PipelineError } from '#core/errors.js';

/** Rows of a CSV in columns. Times are epoch milliseconds; what is no number is NaN. */
export interface Table {
  /** As written in the file, for writing them again. */
  readonly stamps: readonly string[];
  readonly times: Float64Array;
  readonly names: readonly string[];
  readonly columns: readonly Float64Array[];
}

/** Reads `timestamp` (epoch seconds, or ISO time) and one or more columns of values. Throws CONFIG_INVALID when there is no header or no value column. */
export function parseTable(text: string, name: string): Table {
  const lines = text.split('\n');
  const header = (lines[0] ?? '').trim().split(',');
  if (header.length < 2 || !/^[a-z]/i.test(header[0] ?? '')) throw new PipelineError('CONFIG_INVALID', `${name} needs a header: timestamp and one or more columns of values`, { retryable: false });
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  const stamps: string[] = [];
  const times = new Float64Array(rows.length);
  const columns = header.slice(1).map(() => new Float64Array(rows.length));
  for (const [row, line] of rows.entries()) {
    const cells = line.split(',');
    const stamp = (cells[0] ?? '').trim();
    stamps.push(stamp);
    times[row] = timeOf(stamp);
    for (const [index, column] of columns.entries()) column[row] = numberOf(cells[index + 1]);
  }
  return { stamps, times, names: header.slice(1).map((column) => column.trim()), columns };
}

function numberOf(cell: string | undefined): number {
  const text = cell?.trim() ?? '';
  return text === '' ? Number.NaN : Number(text);
}

function timeOf(stamp: string): number {
  const seconds = Number(stamp);
  return stamp !== '' && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(/^\d{4}-\d\d-\d\d[ T][\d:.]+$/.test(stamp) ? `${stamp.replace(' ', 'T')}Z` : stamp);
}

/** Seven digits are more than any detector knows. */
export const printed = (value: number): string => String(Number(value.toPrecision(7)));
