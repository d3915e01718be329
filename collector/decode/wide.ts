import { Reader } from './reader.js';

/** Fields of one record with all that is in them: an attribute of a text is four. SDKs stop at 128 attributes, events and links. */
export const MAX_FIELDS = 65_536;
/** A field takes two bytes, so that less need not be counted. */
export const COUNTED_BYTES = 2 * MAX_FIELDS;
/** What nests deeper is refused where it is read. */
const MAX_DEPTH = 100;

export const TOO_WIDE = `a record of more than ${MAX_FIELDS} fields: attributes, events, links, exemplars and what is in them`;

/** Which fields of a message are messages that are looked into. */
export interface Parts {
  readonly [field: number]: Parts;
}

const value: { [field: number]: Parts } = {};
const attribute: Parts = { 2: value };
value[5] = { 1: value };
value[6] = { 1: attribute };
export const VALUE: Parts = value;
export const ATTRIBUTE: Parts = attribute;
export const EXEMPLAR: Parts = { 7: ATTRIBUTE };

/** Whether a record is too much to be read without a pause. It is looked at only until that is known. */
export const isWide = ({ bytes, pos, end }: Reader, parts: Parts): boolean => end - pos > COUNTED_BYTES && fieldsLeft(new Reader(bytes, pos, end), parts, MAX_FIELDS) < 0;

/** What is left of so many fields after those from here to the end of the message; negative: they do not suffice. */
export function fieldsLeft(message: Reader, parts: Parts, fields: number, depth = 0): number {
  let left = fields;
  while (left >= 0 && message.next()) {
    left -= 1;
    const inner = parts[message.field];
    if (inner && depth < MAX_DEPTH) left = fieldsLeft(message.message(), inner, left, depth + 1);
    else message.skip();
  }
  return left;
}
