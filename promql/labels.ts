import type { Labels } from '#core/types.js';

/** A label set: name, value, name, value, … sorted by name, without empty values. The metric's name is the label `__name__`. */
export type LabelSet = readonly string[];

export const METRIC_NAME = '__name__';
export const NO_LABELS: LabelSet = [];

const SEPARATOR = '\u0000';

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** Pairs in any order; empty values are left out, because an empty label is an absent one. */
export function labelSet(pairs: Iterable<readonly [string, string]>): LabelSet {
  const kept = [...pairs].filter(([, value]) => value !== '');
  return kept.toSorted(([a], [b]) => compareText(a, b)).flat();
}

export function fromRecord(record: Labels): LabelSet {
  return labelSet(Object.entries(record));
}

export function* pairsOf(labels: LabelSet): Generator<readonly [string, string]> {
  for (let index = 0; index < labels.length; index += 2) yield [labels[index] ?? '', labels[index + 1] ?? ''];
}

const records = new WeakMap<LabelSet, Labels>();

/** One object for one label set. */
export function toRecord(labels: LabelSet): Labels {
  const known = records.get(labels);
  if (known) return known;
  const made = Object.fromEntries(pairsOf(labels));
  records.set(labels, made);
  return made;
}

/** The value of `name`, '' when absent. */
export function labelOf(labels: LabelSet, name: string): string {
  for (let index = 0; index < labels.length; index += 2) if (labels[index] === name) return labels[index + 1] ?? '';
  return '';
}

/** The identity of a label set. */
export function keyOf(labels: LabelSet): string {
  return labels.join(SEPARATOR);
}

export function keep(labels: LabelSet, names: ReadonlySet<string>): LabelSet {
  return filter(labels, (name) => names.has(name));
}

export function drop(labels: LabelSet, names: ReadonlySet<string>): LabelSet {
  return filter(labels, (name) => !names.has(name));
}

/** Labels that say what the values are, and no longer hold once they were computed with. */
export const SCHEMA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__']);

const nameless = new WeakMap<LabelSet, LabelSet>();

/** The same object for the same label set each time, so that what is worked out from it can be kept. */
export function dropName(labels: LabelSet): LabelSet {
  const known = nameless.get(labels);
  if (known) return known;
  const dropped = drop(labels, SCHEMA_LABELS);
  nameless.set(labels, dropped);
  return dropped;
}

function filter(labels: LabelSet, wanted: (name: string) => boolean): LabelSet {
  const kept: string[] = [];
  for (let index = 0; index < labels.length; index += 2) if (wanted(labels[index] ?? '')) kept.push(labels[index] ?? '', labels[index + 1] ?? '');
  return kept;
}

/** `labels` with `name` set to `value`, or without it when the value is empty. */
export function withLabel(labels: LabelSet, name: string, value: string): LabelSet {
  return labelSet([...[...pairsOf(labels)].filter(([key]) => key !== name), [name, value]]);
}

/** Prometheus' order of series: pair by pair, then the shorter first. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = compareText(a[index] ?? '', b[index] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** `{a="1", b="2"}`, as in Prometheus' messages. */
export function formatLabels(labels: LabelSet): string {
  return `{${[...pairsOf(labels)].map(([name, value]) => `${isPlainName(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** A name that needs no quotes in a query. */
export function isPlainName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** Any UTF-8 text is a label name; U+FFFD stands for bytes that were not. */
export function isLabelName(name: string): boolean {
  return name !== '' && !name.includes('\uFFFD');
}
