import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { messageOf, PipelineError } from '#core/errors.js';
import { readParquet } from '#store/parquet.js';
import { parseTable, timeOf, type Table } from './table.js';

/** Every Parquet file begins so. */
const PARQUET = 'PAR1';

export const idOf = (path: string): string => basename(path, extname(path));

/** Reads a file of recorded series, CSV or Parquet as its first bytes tell. `note` hears of columns that are left out. Throws CONFIG_INVALID when it cannot be read. */
export function readTable(path: string, note: (line: string) => void): Table {
  const name = basename(path);
  if (firstBytes(path) !== PARQUET) return { ...parseTable(readFileSync(path, 'utf8'), name), name: idOf(path) };
  const { stamps, names, columns, left } = readParquet(path);
  if (left.length > 0) note(`${name}: not judged, for they hold no numbers: ${left.join(', ')}`);
  return { name: idOf(path), stamps, times: Float64Array.from(stamps, timeOf), names, columns };
}

function firstBytes(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(PARQUET.length);
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${path} cannot be read: ${messageOf(error)}`, { retryable: false, cause: error });
  }
}
