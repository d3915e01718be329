import { Bytes } from './native/bytes.js';
import type { NativeColumn } from './native/column.js';

export { Bytes, varintAt } from './native/bytes.js';
export type { NativeColumn } from './native/column.js';
export { ArrayColumn, MapArrayColumn, MapColumn, NumberColumn, StringColumn } from './native/columns.js';
export { DictionaryColumn } from './native/dictionary.js';
export { SharedMapColumn } from './native/shared-maps.js';

/**
 * ClickHouse's Native format, written column by column: https://clickhouse.com/docs/interfaces/formats/Native
 * A block is its counts of columns and rows, then per column its name, its type and its values back to back. Blocks may follow each other in one file.
 */

/** Room for the name and the type of a column. */
const HEADER_BYTES = 64;

/** One block of `columns`, which all hold the same number of rows, in what `allocate` gives. */
export function nativeBlock(columns: readonly NativeColumn[], allocate = (bytes: number): Buffer => Buffer.allocUnsafe(bytes)): Buffer {
  // Its size is known, but for names and types: growing by doubling would leave as much garbage again.
  const out = new Bytes(allocate(columns.reduce((bytes, { encodedBytes }) => bytes + encodedBytes + HEADER_BYTES, HEADER_BYTES)));
  out.varint(columns.length);
  out.varint(columns[0]?.rows ?? 0);
  for (const column of columns) {
    out.text(column.name);
    out.text(column.type);
    column.writePrefix?.(out);
    column.writeTo(out);
  }
  return out.view();
}
