import { isUtf8 } from 'node:buffer';
import { fingerprint } from '#core/fingerprint.js';
import { highAt, placeOfTarget } from '#core/series-id.js';
import type { DictionaryColumn, MapColumn } from '#store/native.js';
import { MAX_LABEL_BYTES, MAX_LABELS } from '../label-limits.js';
import { areSame, LastText, MetricNames } from './body-texts.js';
import { IdHash } from './id-hash.js';
import type { LabelRanges } from './label-ranges.js';
import { REFUSED, type Refusal } from './refusal.js';
import { CLUSTER, type Origin, REPLICA } from './replicas.js';

const METRIC_NAME = '__name__';
const NAME_END = 0;
const VALUE_BEGIN = 1;
/** Labels that are not attributes of the measurement: they are in the resource, or are a part of the value. */
const NOT_ATTRIBUTES = new Set(['job', 'instance', 'le', 'quantile']);
export const isAttribute = (key: string): boolean => !NOT_ATTRIBUTES.has(key);

/** A valid label set: what `__name__` says, and the rest in the order of their names. */
export interface Labels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes of all names and values. */
  readonly bytes: number;
}

/** The names of the labels of a series and of its neighbours. */
interface Names {
  /** All but `__name__`. */
  readonly keys: readonly string[];
  /** Which of all labels is `__name__`; -1 for none. */
  readonly nameAt: number;
  /** Which of all labels are these; -1 for none. */
  readonly jobAt: number;
  readonly instanceAt: number;
  /** Which of `keys` are attributes. */
  readonly attributes: readonly boolean[];
  readonly isAscii: boolean;
}
const NO_NAMES: Names = { keys: [], nameAt: -1, jobAt: -1, instanceAt: -1, attributes: [], isAscii: false };

/**
 * The labels of a series that is new, left where they are in the body: its id and its rows need no text of them. One object serves a whole request; what it says is of the series read last.
 * Neighbours have the same label names most of the time: those are checked and kept as texts once.
 */
export class BodyLabels implements Labels, Origin {
  name = '';
  job = '';
  instance = '';
  /** Which of several senders of the same it comes from: no label of the series. */
  replica = '';
  bytes = 0;
  /** Halves of the id. */
  low = 0;
  high = 0;
  /** A hash of each value. */
  readonly hashes = new Int32Array(MAX_LABELS);
  readonly #body: Buffer;
  readonly #id = new IdHash();
  /** Of all labels: name from, name to, value from, value to. */
  #at = new Int32Array(4 * MAX_LABELS);
  #count = 0;
  #names = NO_NAMES;
  #record: Labels['labels'] | undefined;
  /** Which names the row has that was added last, and where its column then ended: all labels, and attributes alone. */
  readonly #pushed = { labels: { names: NO_NAMES, rows: 0 }, attributes: { names: NO_NAMES, rows: 0 } };
  readonly #texts = { name: new MetricNames(), job: new LastText(), instance: new LastText() };
  #target = { job: '', instance: '', place: placeOfTarget('', '') };

  constructor(body: Buffer) {
    this.#body = body;
  }

  get keys(): readonly string[] {
    return this.#names.keys;
  }

  get cluster(): string {
    return this.labels[CLUSTER] ?? '';
  }

  get labels(): Labels['labels'] {
    return (this.#record ??= Object.fromEntries(this.keys.map((key, index) => [key, this.#body.toString('utf8', this.#valueFrom(index), this.#valueTo(index))])));
  }

  /** Takes the labels of the next series, or says what is wrong with them. */
  read(ranges: LabelRanges): Refusal | undefined {
    if (ranges.count > MAX_LABELS || ranges.bytes > MAX_LABEL_BYTES) return REFUSED.labelsTooLarge;
    this.replica = takeReplica(this.#body, ranges);
    const fault = this.#areKnown(ranges) ? undefined : this.#learn(ranges);
    if (fault) return fault;
    const body = this.#body;
    const { at } = ranges;
    const { nameAt } = this.#names;
    this.#count = ranges.count;
    ranges.at = this.#at;
    this.#at = at;
    this.#record = undefined;
    this.bytes = ranges.bytes;
    for (let index = 2; index < 4 * ranges.count; index += 4) {
      const from = at[index] ?? 0;
      const to = at[index + 1] ?? 0;
      if (from === to) return REFUSED.emptyLabel;
      if (!isPlain(body, from, to) && !isUtf8(body.subarray(from, to))) return REFUSED.notUtf8;
    }
    if (nameAt < 0) return REFUSED.noName;
    this.#identify();
    return undefined;
  }

  #textOf(label: number, last: LastText): string {
    return label < 0 ? '' : last.of(this.#body, this.#at[4 * label + 2] ?? 0, this.#at[4 * label + 3] ?? 0);
  }

  /** Adds them to a row of `target`, all or only the attributes, and ends it. */
  pushTo(target: MapColumn, onlyAttributes: boolean): void {
    const { keys, values } = target;
    const { nameAt, attributes } = this.#names;
    const at = this.#at;
    const from = keys.rows;
    const pushed = onlyAttributes ? this.#pushed.attributes : this.#pushed.labels;
    const isRepeated = pushed.names === this.#names && pushed.rows === from;
    let count = 0;
    for (let label = 0, key = 0; label < this.#count; label += 1) {
      if (label === nameAt) continue;
      if (!onlyAttributes || attributes[key]) {
        if (!isRepeated) keys.pushBytes(this.#body, at[4 * label] ?? 0, at[4 * label + 1] ?? 0);
        values.pushBytes(this.#body, at[4 * label + 2] ?? 0, at[4 * label + 3] ?? 0);
        count += 1;
      }
      key += 1;
    }
    if (isRepeated) keys.repeat(from - count, 1);
    pushed.names = this.#names;
    pushed.rows = keys.rows;
    target.endRow();
  }

  /** Adds the name as text to `target`. */
  pushNameTo(target: DictionaryColumn): void {
    const at = 4 * this.#names.nameAt;
    target.pushBytes(this.#body, this.#at[at + 2] ?? 0, this.#at[at + 3] ?? 0);
  }

  #identify(): void {
    const hash = this.#id;
    const body = this.#body;
    const at = this.#at;
    const nameFrom = at[4 * this.#names.nameAt + 2] ?? 0;
    const nameTo = at[4 * this.#names.nameAt + 3] ?? 0;
    hash.begin();
    hash.bytes(body, nameFrom, nameTo);
    const { text, place } = this.#texts.name.of(body, nameFrom, nameTo, hash.low);
    this.name = text;
    this.job = this.#textOf(this.#names.jobAt, this.#texts.job);
    this.instance = this.#textOf(this.#names.instanceAt, this.#texts.instance);
    for (let label = 0, key = 0; label < this.#count; label += 1) {
      if (label === this.#names.nameAt) continue;
      hash.byte(NAME_END);
      hash.bytes(body, at[4 * label] ?? 0, at[4 * label + 1] ?? 0);
      hash.byte(VALUE_BEGIN);
      hash.bytes(body, at[4 * label + 2] ?? 0, at[4 * label + 3] ?? 0);
      this.hashes[key] = hash.low ^ (hash.low >>> 15);
      key += 1;
    }
    // Beyond ASCII, the order of bytes is not always that of texts, which the id goes by.
    if (!this.#names.isAscii) hash.set(fingerprint(this.labels, this.name));
    this.low = hash.low >>> 0;
    this.high = highAt(place | this.#placeOfTarget(), hash.high);
  }

  /** Worked out once for neighbours of one target. */
  #placeOfTarget(): number {
    const { job, instance } = this;
    if (job !== this.#target.job || instance !== this.#target.instance) this.#target = { job, instance, place: placeOfTarget(job, instance) };
    return this.#target.place;
  }

  #label(index: number): number {
    return this.#names.nameAt >= 0 && index >= this.#names.nameAt ? index + 1 : index;
  }

  #valueFrom(index: number): number {
    return this.#at[4 * this.#label(index) + 2] ?? 0;
  }

  #valueTo(index: number): number {
    return this.#at[4 * this.#label(index) + 3] ?? 0;
  }

  /** Whether the names are those of the series before. */
  #areKnown({ at, count }: LabelRanges): boolean {
    if (!this.#names.isAscii || count !== this.#count) return false;
    const before = this.#at;
    for (let label = 0; label < 4 * count; label += 4) if (!areSame(this.#body, at[label] ?? 0, at[label + 1] ?? 0, before[label] ?? 0, before[label + 1] ?? 0)) return false;
    return true;
  }

  /** Reads names, or says what is wrong with them. */
  #learn({ at, count }: LabelRanges): Refusal | undefined {
    const body = this.#body;
    const keys: string[] = [];
    this.#names = NO_NAMES;
    const where = { nameAt: -1, jobAt: -1, instanceAt: -1 };
    let before = '';
    let isAscii = true;
    for (let label = 0; label < 4 * count; label += 4) {
      const from = at[label] ?? 0;
      const to = at[label + 1] ?? 0;
      const plain = isPlain(body, from, to);
      if (!plain && !isUtf8(body.subarray(from, to))) return REFUSED.notUtf8;
      if (from === to) return REFUSED.emptyLabel;
      const key = body.toString(plain ? 'latin1' : 'utf8', from, to);
      isAscii &&= plain;
      // Texts are compared by UTF-16, which for a few characters is not the order of their bytes.
      if (key <= before && body.compare(body, from, to, at[label - 4], at[label - 3]) >= 0) return key === before ? REFUSED.repeatedLabel : REFUSED.unsortedLabels;
      before = key;
      if (key === METRIC_NAME) where.nameAt = label / 4;
      else keys.push(key);
      if (key === 'job') where.jobAt = label / 4;
      else if (key === 'instance') where.instanceAt = label / 4;
    }
    this.#names = { ...where, keys, attributes: keys.map(isAttribute), isAscii };
    return undefined;
  }
}

/** Takes the label out that says which replica sent it, where another says of which cluster: without that, nothing says whose replica it is. */
function takeReplica(body: Buffer, ranges: LabelRanges): string {
  const label = labelCalled(REPLICA, body, ranges);
  if (label < 0 || labelCalled(CLUSTER, body, ranges) < 0) return '';
  const { at } = ranges;
  const [nameFrom = 0, nameTo = 0, from = 0, to = 0] = at.subarray(label, label + 4);
  at.copyWithin(label, label + 4, 4 * ranges.count);
  ranges.count -= 1;
  ranges.bytes -= nameTo - nameFrom + to - from;
  return body.toString('utf8', from, to);
}

/** Where the label of this name is that has a value; -1 where there is none. */
function labelCalled(name: string, body: Buffer, { at, count }: LabelRanges): number {
  for (let label = 0; label < 4 * count; label += 4) {
    const from = at[label] ?? 0;
    const to = at[label + 1] ?? 0;
    if (to - from === name.length && at[label + 2] !== at[label + 3] && body.toString('latin1', from, to) === name) return label;
  }
  return -1;
}

function isPlain(body: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((body[at] ?? 0) >= 0x80) return false;
  return true;
}
