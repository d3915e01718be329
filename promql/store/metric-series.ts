import { HashTable } from '#core/hash-table.js';
import type { Matcher } from '../ast.js';
import type { Evaluation, Turns } from '../eval/turns.js';
import { compareLabels, labelOf, METRIC_NAME } from '../labels.js';
import { matches } from '../matchers.js';
import type { StoredSeries } from './series-rows.js';

/** So few are looked at one by one: sorting all by another label would take longer. */
const FEW = 256;

/** Series that are matched between two looks at the clock; a large regular expression takes two milliseconds for each. */
const AT_ONCE = 16;

/** The series of one metric, and those of them that have a label with a value. */
export class MetricSeries {
  /** How many changes of the store had been heard of when it was last asked about this metric. */
  mark = -1;
  /** The last of them that brought something new of it. */
  changedAt = 0;
  /** Whether any of them is a native histogram. */
  native = false;
  readonly #ids = new HashTable(16);
  readonly #known: StoredSeries[] = [];
  /** Of `known`, which are there. */
  readonly #there: boolean[] = [];
  /** Those that are there, in the order of their labels; another array when they change. */
  #current: readonly StoredSeries[] = [];
  #byLabel = new Map<string, Map<string, StoredSeries[]>>();

  get current(): readonly StoredSeries[] {
    return this.#current;
  }

  find(low: number, high: number): StoredSeries | undefined {
    return this.#known[this.#ids.get(low, high)];
  }

  add(series: StoredSeries): void {
    this.#known[this.#ids.number(series.low, series.high)] = series;
  }

  /** Whether a series of an id is there. */
  has(low: number, high: number): boolean {
    return this.#there[this.#ids.get(low, high)] ?? false;
  }

  /** Says which of the known series there are. */
  settle(present: ReadonlySet<StoredSeries>): void {
    if (present.size === this.#current.length && this.#current.every((one) => present.has(one))) return;
    this.#current = [...present].toSorted((a, b) => compareLabels(a.labels, b.labels));
    this.#byLabel = new Map();
    this.#there.fill(false);
    for (const { low, high } of present) this.#there[this.#ids.get(low, high)] = true;
  }

  /** In the order of labels. */
  *match(matchers: readonly Matcher[], turns: Turns): Evaluation<readonly StoredSeries[]> {
    let from = this.#current;
    for (const { name, op, value } of matchers) {
      if (from.length <= FEW) break;
      if (op !== '=' || value === '' || name === METRIC_NAME) continue;
      const some = this.#having(name).get(value) ?? [];
      if (some.length < from.length) from = some;
    }
    const tests = matchers.map((matcher) => remembered(matcher));
    const found: StoredSeries[] = [];
    for (const [index, one] of from.entries()) {
      if (index % AT_ONCE === 0 && turns.checkTime()) yield;
      if (tests.every((test) => test(one.labels))) found.push(one);
    }
    return found;
  }

  #having(name: string): Map<string, StoredSeries[]> {
    let values = this.#byLabel.get(name);
    if (!values) {
      values = new Map();
      for (const one of this.#current) {
        const value = labelOf(one.labels, name);
        const there = values.get(value);
        if (there) there.push(one);
        else values.set(value, [one]);
      }
      this.#byLabel.set(name, values);
    }
    return values;
  }
}

/** A matcher of label sets that looks at each value of its label once. */
function remembered(matcher: Matcher): (labels: StoredSeries['labels']) => boolean {
  const { name, op, value } = matcher;
  if (op === '=') return (labels) => labelOf(labels, name) === value;
  const known = new Map<string, boolean>();
  return (labels) => {
    const own = labelOf(labels, name);
    let passes = known.get(own);
    if (passes === undefined) known.set(own, (passes = matches(matcher, own)));
    return passes;
  };
}
