import { open } from 'node:fs/promises';
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
  /** Calls `listener` after every change of `table`, with the inserted Native blocks where they are known, in the order in which rows became visible. Blocks may hold rows that were there before. Their memory is used again after the call: who keeps them copies them. */
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

const COLUMNS = 3;
const WIDTH = 8;
/** How much of a file is read and told at a time: all of a large one would hold up everything else, and be held in memory. */
const PIECE_BYTES = 1024 * 1024;

/** Where the block of a timed table ends that begins at `from`, and its times begin; undefined when it is another, or not all there. */
function timedBlockAt(native: Buffer, from: number): { readonly rows: number; readonly timesAt: number; readonly end: number } | undefined {
  const [columns, afterColumns] = varintAt(native, from);
  const [rows, afterRows] = varintAt(native, afterColumns);
  if (columns !== COLUMNS) return undefined;
  let timesAt = -1;
  let end = afterRows;
  for (let column = 0; column < COLUMNS; column += 1) {
    const [nameSize, nameAt] = varintAt(native, end);
    const [typeSize, typeAt] = varintAt(native, nameAt + nameSize);
    if (native.toString('latin1', nameAt, nameAt + nameSize) === 'time') timesAt = typeAt + typeSize;
    end = typeAt + typeSize + rows * WIDTH;
    // A number that is cut off reads as none, at the end of what is there.
    if (typeAt >= native.length || end > native.length) return undefined;
  }
  return timesAt === -1 ? undefined : { rows, timesAt, end };
}

/** The earliest time in Native blocks of a timed table; -Infinity when they are not as expected. */
export function earliestIn(native: Buffer): number {
  let earliest = Infinity;
  const view = new DataView(native.buffer, native.byteOffset, native.length);
  for (let at = 0; at < native.length; ) {
    const block = timedBlockAt(native, at);
    if (!block) return -Infinity;
    for (let row = 0; row < block.rows; row += 1) {
      const timeAt = block.timesAt + row * WIDTH;
      earliest = Math.min(earliest, view.getUint32(timeAt, true) + view.getInt32(timeAt + 4, true) * 0x1_0000_0000);
    }
    at = block.end;
  }
  return earliest;
}

/** Kept for the next file: memory outside the heap that comes and goes brings on sweeps of all of it. */
let spare: Buffer | undefined;

/** The blocks of a file, as many whole ones at a time as make a piece, in memory that is used again for the next. Of other tables than the timed ones all at once. */
export async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  let buffer = spare ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  spare = undefined;
  const file = await open(path);
  try {
    for (let filled = 0, isAll = false; !isAll || filled > 0; ) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
      filled += bytesRead;
      isAll = bytesRead === 0;
      const there = buffer.subarray(0, filled);
      let whole = 0;
      for (let block = timedBlockAt(there, 0); block; block = timedBlockAt(there, whole)) whole = block.end;
      if (isAll) whole = filled;
      if (whole > 0) yield there.subarray(0, whole);
      buffer.copyWithin(0, whole, filled);
      filled -= whole;
      if (filled < buffer.length) continue;
      const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
      buffer.copy(larger);
      buffer = larger;
    }
  } finally {
    if (buffer.length === PIECE_BYTES) spare = buffer;
    await file.close();
  }
}
