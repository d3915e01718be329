import type { StringColumn } from '#store/native.js';

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;

/** Whether the range is an id of `size` bytes. All zero means none. */
export function isId(bytes: Buffer, from: number, to: number, size: number): boolean {
  if (to - from !== size) return false;
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return true;
  return false;
}

/** Pushes an id as hexadecimal. An invalid one counts as absent, as the protocol has it. */
export function pushId(column: StringColumn, bytes: Buffer, from: number, to: number, size: number): void {
  if (isId(bytes, from, to, size)) column.pushHex(bytes, from, to);
  else column.push('');
}
