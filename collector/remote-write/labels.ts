import { isUtf8 } from 'node:buffer';
import { fingerprint } from '#core/fingerprint.js';
import type { MapColumn } from '#store/native.js';
import { IdHash } from './id-hash.js';
import { REFUSED, type Refusal } from './refusal.js';

const METRIC_NAME = '__name__';
const MAX_LABELS = 256;
const MAX_BYTES = 64 * 1024;
const NAME_END = 0;
const VALUE_BEGIN = 1;

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

/** The labels of a series that is new, left where they are in the body: its id and its rows need no text of them. */
export class BodyLabels implements Labels {
  readonly name: string;
  readonly bytes: number;
  readonly keys: readonly string[];
  /** A hash of each value. */
  readonly hashes: readonly number[];
  /** Halves of the id. */
  readonly low: number;
  readonly high: number;
  readonly #body: Buffer;
  /** Of the labels but the name. */
  readonly #ranges: LabelRanges;
  #record: Labels['labels'] | undefined;

  constructor(body: Buffer, name: string, ranges: LabelRanges, keys: readonly string[], bytes: number, isAscii: boolean) {
    this.#body = body;
    this.#ranges = ranges;
    this.name = name;
    this.keys = keys;
    this.bytes = bytes;
    const hash = new IdHash();
    hash.text(name);
    const hashes: number[] = [];
    for (let at = 0; at < ranges.length; at += 4) {
      hash.byte(NAME_END);
      hash.bytes(body, ranges[at] ?? 0, ranges[at + 1] ?? 0);
      hash.byte(VALUE_BEGIN);
      hash.bytes(body, ranges[at + 2] ?? 0, ranges[at + 3] ?? 0);
      hashes.push(hash.low ^ (hash.low >>> 15));
    }
    this.hashes = hashes;
    // Beyond ASCII, the order of bytes is not always that of texts, which the id goes by.
    if (!isAscii) hash.set(fingerprint(this.labels, name));
    this.low = hash.low >>> 0;
    this.high = hash.high >>> 0;
  }

  get labels(): Labels['labels'] {
    return (this.#record ??= Object.fromEntries(this.keys.map((key, index) => [key, this.#value(index)])));
  }

  /** The value of a label; '' when there is none. */
  valueOf(key: string): string {
    const index = this.keys.indexOf(key);
    return index < 0 ? '' : this.#value(index);
  }

  #value(index: number): string {
    return this.#body.toString('utf8', this.#ranges[4 * index + 2], this.#ranges[4 * index + 3]);
  }

  /** Adds those that `wanted` names to a row of `target`, and ends it. */
  pushTo(target: MapColumn, wanted?: (key: string) => boolean): void {
    const body = this.#body;
    const ranges = this.#ranges;
    for (let at = 0; at < ranges.length; at += 4) {
      if (wanted && !wanted(this.keys[at / 4] ?? '')) continue;
      target.keys.pushBytes(body, ranges[at] ?? 0, ranges[at + 1] ?? 0);
      target.values.pushBytes(body, ranges[at + 2] ?? 0, ranges[at + 3] ?? 0);
    }
    target.endRow();
  }
}

/** Reads the label sets of one request. Neighbours have the same label names most of the time: those are read, checked and kept as texts once. */
export class LabelReader {
  readonly #body: Buffer;
  /** Of the series before, valid and plain: where each name was, and all of them but `__name__`. */
  #ranges: LabelRanges = [];
  #keys: readonly string[] = [];
  #nameAt = -1;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** The labels of a series, or what is wrong with them. */
  read(ranges: LabelRanges): BodyLabels | Refusal {
    const body = this.#body;
    const bytes = sizeOf(ranges);
    if (ranges.length > 4 * MAX_LABELS || bytes > MAX_BYTES) return REFUSED.labelsTooLarge;
    const fault = this.#areKnown(ranges) ? undefined : this.#learn(ranges);
    if (fault) return fault;
    const rest: number[] = [];
    let name = '';
    for (let at = 0; at < ranges.length; at += 4) {
      const from = ranges[at + 2] ?? 0;
      const to = ranges[at + 3] ?? 0;
      if (from === to) return REFUSED.emptyLabel;
      if (!isPlain(body, from, to) && !isUtf8(body.subarray(from, to))) return REFUSED.notUtf8;
      if (at === this.#nameAt) name = body.toString('utf8', from, to);
      else rest.push(ranges[at] ?? 0, ranges[at + 1] ?? 0, from, to);
    }
    return name === '' ? REFUSED.noName : new BodyLabels(body, name, rest, this.#keys, bytes, this.#ranges.length > 0);
  }

  #areKnown(ranges: LabelRanges): boolean {
    const before = this.#ranges;
    const body = this.#body;
    if (before.length !== ranges.length || before.length === 0) return false;
    for (let at = 0; at < ranges.length; at += 4) {
      let from = ranges[at] ?? 0;
      let other = before[at] ?? 0;
      const to = ranges[at + 1] ?? 0;
      if (to - from !== (before[at + 1] ?? 0) - other) return false;
      for (; from < to; from += 1, other += 1) if (body[from] !== body[other]) return false;
    }
    return true;
  }

  /** Reads names, or says what is wrong with them. */
  #learn(ranges: LabelRanges): Refusal | undefined {
    const body = this.#body;
    const keys: string[] = [];
    this.#ranges = [];
    this.#nameAt = -1;
    let before = '';
    let isAscii = true;
    for (let at = 0; at < ranges.length; at += 4) {
      const from = ranges[at] ?? 0;
      const to = ranges[at + 1] ?? 0;
      const plain = isPlain(body, from, to);
      if (!plain && !isUtf8(body.subarray(from, to))) return REFUSED.notUtf8;
      if (from === to) return REFUSED.emptyLabel;
      const key = body.toString(plain ? 'latin1' : 'utf8', from, to);
      isAscii &&= plain;
      // Texts are compared by UTF-16, which for a few characters is not the order of their bytes.
      if (key <= before && body.compare(body, from, to, ranges[at - 4], ranges[at - 3]) >= 0) return key === before ? REFUSED.repeatedLabel : REFUSED.unsortedLabels;
      before = key;
      if (key === METRIC_NAME) this.#nameAt = at;
      else keys.push(key);
    }
    this.#keys = keys;
    if (isAscii) this.#ranges = ranges;
    return undefined;
  }
}

function isPlain(body: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((body[at] ?? 0) >= 0x80) return false;
  return true;
}
