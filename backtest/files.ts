import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { messageOf, PipelineError } from '#core/errors.js';
import { readParquet } from '#store/parquet.js';
import { inOrder, parseTable, timeOf, withNumbers, type Table } from './table.js';

/** Every Parquet file begins so. */
const PARQUET = 'PAR1';

export const idOf = (path: string): string => basename(path, extname(path));

/** Reads a file of recorded series, CSV or Parquet as its first bytes tell. `note` hears of columns and rows that are left out. Throws CONFIG_INVALID when it cannot be read. */
export function readTable(path: string, note: (line: string) => void): Table {
  const name = basename(path);
  const text = textUnlessParquet(path, name);
  const table = text === undefined ? parquetOf(path, note) : parseTable(text, name);
  return withNumbers(inOrder({ ...table, name: idOf(path) }, name, note), name, note);
}

function parquetOf(path: string, note: (line: string) => void): Table {
  const name = basename(path);
  const { stamps, names, columns, left } = readParquet(path);
  if (left.length > 0) note(`${name}: not judged, for they hold no numbers: ${left.join(', ')}`);
  return { name, stamps, times: Float64Array.from(stamps, timeOf), names, columns };
}

/** undefined for Parquet, of which the engine reads what it needs. What comes through a pipe cannot be read twice, and is none. */
function textUnlessParquet(path: string, name: string): string | undefined {
  let bytes: Buffer;
  try {
    const file = openSync(path, 'r');
    try {
      const first = Buffer.alloc(PARQUET.length);
      if (fstatSync(file).isFile() && readSync(file, first, 0, first.length, 0) === first.length && first.toString('latin1') === PARQUET) return undefined;
      bytes = readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (extname(path).toLowerCase() === '.parquet') throw new PipelineError('CONFIG_INVALID', `${name} is no Parquet file: it does not begin with ${PARQUET}; if it is CSV, name it so`);
  return textOf(bytes, name);
}

function textOf(bytes: Buffer, name: string): string {
  try {
    return bytes.toString('utf8');
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${name} is larger than the half GB that is read of a CSV: split it, or make it Parquet`, { cause: error });
  }
}

/** Throws CONFIG_INVALID where what is written to `output` would take the place of what is read from `input`. */
export function keepApart(input: string, output: string): void {
  if (realOf(input) === realOf(output)) throw new PipelineError('CONFIG_INVALID', `${output} is what is read: name another place for what is written`);
}

/** A path without links; what does not exist yet is in its folder. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realOf(dirname(path)), basename(path));
  }
}
