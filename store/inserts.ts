import { varintAt } from './native.js';

/** What this process changed in one table since a mark. */
export interface TableChanges {
  /** Where to go on from the next time. */
  readonly mark: number;
  /** Earliest `time` (epoch milliseconds) of any row that came since; Infinity when nothing did, -Infinity when that is not known. */
  readonly earliest: number;
}

/** Changes of tables, as far as this process made them. With the embedded engine nobody else does. */
export interface ChangeLog {
  since(table: string, mark: number): TableChanges;
  /** Calls `listener` after every change of `table`, with the inserted Native blocks where they are known, in the order in which rows became visible. Blocks may hold rows that were there before. */
  follow(table: string, listener: (blocks: Buffer | undefined) => void): void;
}

/** How many inserts per table are told apart; a reader that comes later takes everything for changed. */
const KEPT = 4_096;

interface TableLog {
  /** Of the newest insert. */
  mark: number;
  /** Earliest times of the newest inserts, the newest last. */
  readonly earliest: number[];
}

export class InsertLog implements ChangeLog {
  readonly #tables = new Map<string, TableLog>();
  readonly #listeners = new Map<string, ((blocks: Buffer | undefined) => void)[]>();
  /** Statements that changed what cannot be told. */
  #unknown = 0;

  /** Call after the rows are visible: a reader that saw them before reads them again, which costs little. */
  note(table: string, earliest: number, blocks?: Buffer): void {
    const log = this.#tables.get(table) ?? { mark: 0, earliest: [] };
    this.#tables.set(table, log);
    log.mark += 1;
    log.earliest.push(earliest);
    if (log.earliest.length > KEPT * 2) log.earliest.splice(0, KEPT);
    for (const listener of this.#listeners.get(table) ?? []) listener(blocks);
  }

  follow(table: string, listener: (blocks: Buffer | undefined) => void): void {
    this.#listeners.set(table, [...(this.#listeners.get(table) ?? []), listener]);
    if (!this.#tables.has(table)) this.since(table, 0);
  }

  /** A statement whose effect on any table is not known. */
  noteStatement(): void {
    this.#unknown += 1;
    for (const table of this.#tables.keys()) this.note(table, -Infinity);
  }

  since(table: string, mark: number): TableChanges {
    const log = this.#tables.get(table);
    // A table that was not written to yet has the mark of the statements before.
    if (!log) {
      this.#tables.set(table, { mark: this.#unknown + 1, earliest: [] });
      return { mark: this.#unknown + 1, earliest: mark === this.#unknown + 1 ? Infinity : -Infinity };
    }
    const count = log.mark - mark;
    if (count === 0) return { mark: log.mark, earliest: Infinity };
    if (mark === 0 || count < 0 || count > log.earliest.length) return { mark: log.mark, earliest: -Infinity };
    let earliest = Infinity;
    for (let at = log.earliest.length - count; at < log.earliest.length; at += 1) earliest = Math.min(earliest, log.earliest[at] ?? -Infinity);
    return { mark: log.mark, earliest };
  }
}

/** Tables whose Native files are three columns of eight bytes, of which the second is the time in milliseconds. */
const TIMED = new Set(['metric_samples']);

/** Whether who follows `table` is given its Native blocks: `samples.ts` and `described.ts` read them. */
export const isTold = (table: string): boolean => TIMED.has(table) || table === 'metric_series';

/** The earliest time in Native blocks of a timed table; -Infinity when they are not as expected. */
export function earliestIn(native: Buffer): number {
  let earliest = Infinity;
  const view = new DataView(native.buffer, native.byteOffset, native.length);
  for (let at = 0; at < native.length; ) {
    const [columns, afterColumns] = varintAt(native, at);
    const [rows, afterRows] = varintAt(native, afterColumns);
    if (columns !== 3) return -Infinity;
    at = afterRows;
    for (let column = 0; column < columns; column += 1) {
      const [nameSize, nameAt] = varintAt(native, at);
      const isTime = native.toString('latin1', nameAt, nameAt + nameSize) === 'time';
      const [typeSize, typeAt] = varintAt(native, nameAt + nameSize);
      at = typeAt + typeSize;
      if (at + rows * 8 > native.length) return -Infinity;
      for (let row = 0; isTime && row < rows; row += 1) {
        earliest = Math.min(earliest, view.getUint32(at + row * 8, true) + view.getInt32(at + row * 8 + 4, true) * 0x1_0000_0000);
      }
      at += rows * 8;
    }
  }
  return earliest;
}
