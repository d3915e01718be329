import type { NativeColumn } from '#store/native.js';

const MAX_IDLE = 4;
/** A set that one large request has made larger than this is given up. */
const MAX_KEPT_BYTES = 24 * 1024 * 1024;

/** Sets of columns that are filled again and again: growing new ones for every request is more garbage than the request itself. */
export interface ColumnPool<Columns> {
  take(): Columns;
  /** Gives back a set whose contents have been copied, or are not wanted. */
  give(columns: Columns): void;
}

/** `columnsOf` lists the columns of a set. */
export function createColumnPool<Columns extends object>(make: () => Columns, columnsOf: (columns: Columns) => readonly NativeColumn[]): ColumnPool<Columns> {
  const idle: Columns[] = [];
  return {
    take: () => idle.pop() ?? make(),
    give(columns) {
      const all = columnsOf(columns);
      if (idle.length >= MAX_IDLE || all.reduce((bytes, { encodedBytes }) => bytes + encodedBytes, 0) > MAX_KEPT_BYTES) return;
      for (const column of all) column.reset();
      idle.push(columns);
    },
  };
}
