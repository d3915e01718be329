import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { query } from 'chdb';
import { messageOf, PipelineError } from '#core/errors.js';
import { quotedName } from './quoted-name.js';

/** A Parquet file as the embedded ClickHouse reads it, in the order of its rows. */
export interface ParquetColumns {
  /** ISO time where times have a type of their own, else the text of what is there. */
  readonly stamps: readonly string[];
  /** Of the columns of numbers. */
  readonly names: readonly string[];
  /** NaN where there is no value. */
  readonly columns: readonly Float64Array[];
  /** Columns that hold no numbers, with their type: `host (String)`. */
  readonly left: readonly string[];
}

/** The first of these that is there. */
const TIME_NAMES = ['timestamp', 'time', 'ts', 'datetime', 'date'];
const TIME = /^(LowCardinality\(|Nullable\()*Date/;
const NUMBER = /^(LowCardinality\(|Nullable\()*(U?Int|BFloat|Float|Decimal|Bool)/;
/** Parts of a file are read side by side otherwise, and come in any order. */
const IN_ORDER = 'SETTINGS max_threads = 1, input_format_parquet_preserve_order = 1';

/** Reads the column of times, told by its name, else by its type, else the first; and every other column of numbers. Throws CONFIG_INVALID when the file cannot be read. */
export function readParquet(path: string): ParquetColumns {
  // In these the engine sees a pattern for many files.
  if (!/[*?{}]/.test(path)) return readNamed(path, path);
  const folder = mkdtempSync(join(tmpdir(), 'faultline-parquet-'));
  try {
    const link = join(folder, 'file.parquet');
    symlinkSync(resolve(path), link);
    return readNamed(link, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readNamed(path: string, given: string): ParquetColumns {
  const file = `file('${path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}', Parquet)`;
  try {
    const described = ask<{ data: [name: string, type: string][] }>(`DESCRIBE ${file}`, 'JSONCompact').data.map(([name, type]) => ({ name, type }));
    const named = TIME_NAMES.flatMap((known) => described.find(({ name }) => name.toLowerCase() === known) ?? []);
    const time = named[0] ?? described.find(({ type }) => TIME.test(type)) ?? described[0];
    const numbers = described.filter((one) => one !== time && NUMBER.test(one.type));
    if (!time || numbers.length === 0) throw new Error('it needs a column of times and one or more columns of numbers');
    const isTime = TIME.test(time.type);
    const stamp = isTime ? `toUnixTimestamp64Milli(toDateTime64(${quotedName(time.name)}, 3, 'UTC'))` : `toString(${quotedName(time.name)})`;
    const { data } = ask<{ data: Readonly<Record<string, (number | string | null)[]>> }>(`SELECT ${[stamp, ...numbers.map(({ name }) => `toFloat64(${quotedName(name)})`)].join(', ')} FROM ${file} ${IN_ORDER}`, 'JSONColumnsWithMetadata');
    const [stamps, ...columns] = Object.values(data);
    return {
      stamps: (stamps ?? []).map((at) => (at === null ? '' : isTime ? new Date(Number(at)).toISOString() : String(at))),
      names: numbers.map(({ name }) => name),
      columns: numbers.map((_, at) => Float64Array.from(columns[at] ?? [], (value) => (value === null ? Number.NaN : Number(value)))),
      left: described.filter((one) => one !== time && !numbers.includes(one)).map(({ name, type }) => `${name} (${type})`),
    };
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${given} cannot be read as Parquet: ${messageOf(error)}`, { cause: error });
  }
}

/** In a format that ends with a summary: after one that ends with a column, chDB adds what its buffer held before. */
const ask = <T>(sql: string, format: string): T => JSON.parse(query(sql, format)) as T;
