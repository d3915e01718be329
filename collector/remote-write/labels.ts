import { isUtf8 } from 'node:buffer';
import { REFUSED, type Refusal } from './refusal.js';

const METRIC_NAME = '__name__';
const MAX_LABELS = 256;
const MAX_BYTES = 64 * 1024;

/** Where labels are in a body: name from, name to, value from, value to, and so on. */
export type LabelRanges = readonly number[];

/** A valid label set: what `__name__` says, and the rest in the order of their names. */
export interface Labels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes of all names and values. */
  readonly bytes: number;
}

/** Bytes of all names and values. */
export function sizeOf(ranges: LabelRanges): number {
  let bytes = 0;
  for (let at = 0; at < ranges.length; at += 2) bytes += (ranges[at + 1] ?? 0) - (ranges[at] ?? 0);
  return bytes;
}

/** The labels of a series as texts, or what is wrong with them. */
export function readLabels(body: Buffer, ranges: LabelRanges): Labels | Refusal {
  const bytes = sizeOf(ranges);
  if (ranges.length > 4 * MAX_LABELS || bytes > MAX_BYTES) return REFUSED.labelsTooLarge;
  const pairs: [string, string][] = [];
  let name = '';
  for (let at = 0; at < ranges.length; at += 4) {
    const [nameFrom = 0, nameTo = 0, valueFrom = 0, valueTo = 0] = ranges.slice(at, at + 4);
    if (nameFrom === nameTo || valueFrom === valueTo) return REFUSED.emptyLabel;
    if (!isUtf8(body.subarray(nameFrom, nameTo)) || !isUtf8(body.subarray(valueFrom, valueTo))) return REFUSED.notUtf8;
    if (at > 0) {
      const order = body.compare(body, nameFrom, nameTo, ranges[at - 4], ranges[at - 3]);
      if (order >= 0) return order === 0 ? REFUSED.repeatedLabel : REFUSED.unsortedLabels;
    }
    const key = body.toString('utf8', nameFrom, nameTo);
    const value = body.toString('utf8', valueFrom, valueTo);
    if (key === METRIC_NAME) name = value;
    else pairs.push([key, value]);
  }
  return name === '' ? REFUSED.noName : { name, labels: Object.fromEntries(pairs), bytes };
}
