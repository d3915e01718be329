import type { NativeColumn } from '#store/native.js';
import type { ColumnPool } from './column-pool.js';
import { blockOf, type Decoded, type Tally } from './outcome.js';
import type { Reader } from './reader.js';
import { records, type Origin } from './records.js';
import { isWide, TOO_WIDE, type Parts } from './wide.js';
import { isLong, type Work } from './work.js';

/** An export request → one block of `table`, a row for each record: `read` writes it, or says why there is none. */
export function* decodeRows<Columns extends Readonly<Record<string, NativeColumn>>>(table: string, body: Buffer, tally: Tally, pool: ColumnPool<Columns>, parts: Parts, read: (record: Reader, columns: Columns, origin: Origin) => string | undefined): Work<Decoded> {
  const columns = pool.take();
  try {
    let size = 0;
    for (const found of records(body, tally)) {
      yield size;
      size = 0;
      if (!found) continue;
      const { record, origin } = found;
      size = record.end - record.pos;
      const fault = origin.source.refusal ?? (isLong(size) && isWide(record, parts) ? TOO_WIDE : read(record, columns, origin));
      if (fault !== undefined) origin.source.reject(fault);
    }
    return tally.result([blockOf(table, Object.values(columns))]);
  } finally {
    pool.give(columns);
  }
}
