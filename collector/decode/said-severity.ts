import { headOf } from '../patterns/head.js';
import { structureOf } from '../patterns/structure.js';
import { firstLine, plain } from '../patterns/template.js';

/** Bytes of a line among which a level is looked for. */
const REACH_BYTES = 200;

/** The severity number that a body itself names, where its sender gives none: the level of JSON and logfmt, or the word for it before a line's message. 0 where there is none; what a message says of errors is none. */
export function saidSeverity(bytes: Buffer, start: number, end: number): number {
  const told = structureOf(bytes, start, end);
  if (told) return told.severity;
  const from = firstLine(bytes, start, end);
  const [line = ''] = bytes.toString('latin1', from, Math.min(end, from + REACH_BYTES)).split('\n', 1);
  return headOf(plain(line).trimStart().split(/\s+/)).severity;
}
