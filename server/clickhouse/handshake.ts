import { Bytes, NumberColumn, StringColumn, type NativeColumn } from '#store/native.js';

/**
 * clickhouse-go asks this first, with its own protocol revision in `client_protocol_version`, and reads the answer as a block of that revision. It reads every later block as one of the revision it was told here.
 * The embedded engine writes blocks of revision 0 and cannot be told otherwise: so this one answer is framed for the client, and says 0.
 */
const HELLO = 'SELECT displayName(), version(), revision(), timezone()';
const OUR_REVISION = 0;
/** From here on each column says whether its values are written in a way of its own. */
const CUSTOM_SERIALIZATION_REVISION = 54_454;
const BLOCK_INFO: readonly number[] = [1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0];

export function isHello(sql: string): boolean {
  return sql.replace(/\s+/g, ' ').trim() === HELLO;
}

/** The block that answers HELLO, as a client of `revision` reads it. */
export function helloBlock(revision: number, server: { readonly name: string; readonly version: string; readonly timezone: string }): Buffer {
  const number = new NumberColumn('revision()', 'UInt32');
  number.push(OUR_REVISION);
  const columns: readonly NativeColumn[] = [textColumn('displayName()', server.name), textColumn('version()', server.version), number, textColumn('timezone()', server.timezone)];
  const out = new Bytes();
  for (const byte of revision > 0 ? BLOCK_INFO : []) out.byte(byte);
  out.varint(columns.length);
  out.varint(1);
  for (const column of columns) {
    out.text(column.name);
    out.text(column.type);
    if (revision >= CUSTOM_SERIALIZATION_REVISION) out.byte(0);
    column.writeTo(out);
  }
  return out.view();
}

function textColumn(name: string, value: string): StringColumn {
  const column = new StringColumn(name);
  column.push(value);
  return column;
}
