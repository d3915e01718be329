import type { Recording } from '#core/backtest.js';
import { PipelineError } from '#core/errors.js';
import { printable } from './printable.js';

/** What is judged as one: rows of a file, or one series of a query. */
export interface Table extends Recording {
  readonly name: string;
  /** Times as they were given, for writing them again. */
  readonly stamps: readonly string[];
  /** Of the columns. */
  readonly names: readonly string[];
}

/** What ends the first cell of the header ends all others. */
const SEPARATOR = /^(?: *"(?:[^"]|"")*" *|[^",;\t]*)([,;\t])/;
/** Cells that hold nothing, and no word that stands where a number should. */
const GAP = /^(nan|null|none|nil|n\/?a|-|[-+]?inf(inity)?)?$/i;

/**
 * Reads CSV: a header, times in the first column, values in the others, with commas, semicolons or tabs between them. With semicolons, numbers may have a decimal comma. What is no number is NaN.
 * Throws CONFIG_INVALID when there is no header, no value column, or no number but something that should be one.
 */
export function parseTable(text: string, name: string): Table {
  const lines = text.replace(/^\uFEFF/, '').split(text.includes('\n') ? '\n' : '\r');
  const [, separator = ','] = SEPARATOR.exec(lines[0] ?? '') ?? [];
  const cellsOf = cellReader(separator);
  const header = cellsOf(lines[0] ?? '').map((cell) => cell.trim());
  // The index of a data frame has no name.
  if (header.length < 2 || !/^([\p{L}_@]|$)/u.test(header[0] ?? '')) throw new PipelineError('CONFIG_INVALID', `${name} needs a header: timestamp and one or more columns of values, with commas, semicolons or tabs between them`);
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  const stamps: string[] = [];
  const times = new Float64Array(rows.length);
  const columns = header.slice(1).map(() => new Float64Array(rows.length));
  let word = '';
  for (const [row, line] of rows.entries()) {
    const cells = cellsOf(line);
    const stamp = (cells[0] ?? '').trim();
    stamps.push(stamp);
    times[row] = timeOf(stamp);
    for (const [index, column] of columns.entries()) {
      const cell = (cells[index + 1] ?? '').trim();
      const value = numberOf(separator === ';' ? cell.replace(',', '.') : cell);
      column[row] = value;
      if (word === '' && Number.isNaN(value) && !GAP.test(cell)) word = cell;
    }
  }
  if (word !== '' && !columns.some(hasNumbers)) throw new PipelineError('CONFIG_INVALID', `${name}: no value is a number that can be read, the first is "${printable(word)}"; write 1234.5`);
  return { name, stamps, times, names: header.slice(1), columns };
}

function cellReader(separator: string): (line: string) => string[] {
  const cell = new RegExp(`(?<=^|${separator}) *(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g');
  return (line) => (line.includes('"') ? Array.from(line.matchAll(cell), ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '') : line.split(separator));
}

const numberOf = (text: string): number => (text === '' ? Number.NaN : Number(text));
const hasNumbers = (column: Float64Array): boolean => column.some(Number.isFinite);

/** The columns that hold numbers; all where none does. `note` hears of the others. */
export function withNumbers(table: Table, name: string, note: (line: string) => void): Table {
  const kept = table.columns.flatMap((column, at) => (hasNumbers(column) ? [at] : []));
  if (kept.length === table.columns.length) return table;
  const left = table.names.flatMap((column, at) => (kept.includes(at) ? [] : [column === '' ? `column ${at + 2}` : printable(column)]));
  note(`${name}: not judged, for they hold no numbers: ${left.join(', ')}`);
  return kept.length === 0 ? table : { ...table, names: kept.map((at) => table.names[at] ?? ''), columns: kept.map((at) => table.columns[at] ?? new Float64Array(0)) };
}

/** `2023-11-14`, `2023-11-14T22:13:20,5+01:00`, `2023-11-14 22:13 UTC`. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;
/** The same without marks: `20231114`, `20231114T221320Z`. As epochs they would be of August 1970, and of later than 2500. */
const BASIC = /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:T?([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z?)?$/i;

/** Epoch milliseconds of ISO time, UTC where it names no zone, or of an epoch in seconds, ms, µs or ns, which its size tells. NaN for anything else. */
export function timeOf(stamp: string): number {
  const text = stamp.trim();
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = ISO.exec(text) ?? BASIC.exec(text) ?? [];
  if (year !== undefined) return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offsetOf(zone)}`);
  const number = text === '' ? Number.NaN : Number(text);
  const size = Math.abs(number);
  return Number.isFinite(number) ? number * (size < 1e11 ? 1e3 : size < 1e14 ? 1 : size < 1e17 ? 1e-3 : 1e-6) : Number.NaN;
}

function offsetOf(zone: string): string {
  const digits = zone.replace(':', '');
  return /^[+-]/.test(zone) ? `${digits.slice(0, 3)}:${digits.slice(3) || '00'}` : 'Z';
}

/** The rows of a file that has its newest first, oldest first. `note` hears of that, and of rows that are not judged for their times. Throws CONFIG_INVALID when there is none, or none with a time. */
export function inOrder(table: Table, name: string, note: (line: string) => void): Table {
  checkTimes(table, name, note);
  const ordered = isNewestFirst(table.times) ? reversed(table) : table;
  if (ordered !== table) note(`${name}: has its newest row first; it is judged, and written, oldest first`);
  noteStale(ordered, name, note);
  return ordered;
}

function checkTimes({ stamps, times }: Table, name: string, note: (line: string) => void): void {
  if (times.length === 0) throw new PipelineError('CONFIG_INVALID', `${name} has no rows`);
  const without = times.reduce((count, time) => count + (Number.isFinite(time) ? 0 : 1), 0);
  if (without === 0) return;
  const first = times.findIndex((time) => !Number.isFinite(time));
  if (without === times.length) throw new PipelineError('CONFIG_INVALID', `${name}: no row has a time that can be read, the first is "${printable(stamps[first] ?? '')}"; write ISO such as 2023-11-14T22:13:20Z, or an epoch`);
  note(`${name}: not judged, for their times cannot be read: ${without} of ${times.length} rows, the first is row ${first + 1} with "${printable(stamps[first] ?? '')}"`);
}

/** Whether most rows are older than the one before them. */
function isNewestFirst(times: Float64Array): boolean {
  let rises = 0;
  for (let row = 1; row < times.length; row += 1) rises += Math.sign((times[row] ?? 0) - (times[row - 1] ?? 0)) || 0;
  return rises < -times.length / 2;
}

const reversed = ({ stamps, times, columns, ...rest }: Table): Table => ({ ...rest, stamps: stamps.toReversed(), times: times.toReversed(), columns: columns.map((column) => column.toReversed()) });

/** A judge learns from what came before alone: rows that are no newer than an earlier one are left out. */
function noteStale({ stamps, times }: Table, name: string, note: (line: string) => void): void {
  let newest = -1;
  let stale = 0;
  let first = '';
  for (const [row, time] of times.entries()) {
    if (newest !== -1 && time <= (times[newest] ?? 0)) {
      stale += 1;
      first ||= `row ${row + 1} with "${printable(stamps[row] ?? '')}" after "${printable(stamps[newest] ?? '')}"`;
    } else if (Number.isFinite(time)) newest = row;
  }
  if (stale > 0) note(`${name}: not judged, for they are no newer than a row before them: ${stale} of ${times.length} rows, the first is ${first}`);
}
