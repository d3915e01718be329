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
  const labels = new Map<string, string>();
  let name = '';
  let before = '';
  for (let at = 0; at < ranges.length; at += 4) {
    const [from, to] = [ranges[at] ?? 0, ranges[at + 1] ?? 0];
    const key = textOf(body, from, to);
    const value = textOf(body, ranges[at + 2] ?? 0, ranges[at + 3] ?? 0);
    if (key === undefined || value === undefined) return REFUSED.notUtf8;
    if (key === '' || value === '') return REFUSED.emptyLabel;
    // Texts are compared by UTF-16, which for a few characters is not the order of their bytes.
    if (key <= before && body.compare(body, from, to, ranges[at - 4], ranges[at - 3]) >= 0) return key === before ? REFUSED.repeatedLabel : REFUSED.unsortedLabels;
    before = key;
    if (key === METRIC_NAME) name = value;
    else labels.set(key, value);
  }
  return name === '' ? REFUSED.noName : { name, labels: Object.fromEntries(labels), bytes };
}

/** undefined: it is not UTF-8. */
function textOf(body: Buffer, from: number, to: number): string | undefined {
  const text = body.toString('utf8', from, to);
  // What cannot be read becomes this character, which may also stand there itself.
  return text.includes('\ufffd') && !isUtf8(body.subarray(from, to)) ? undefined : text;
}
