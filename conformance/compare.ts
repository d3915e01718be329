import { bucketsOf, isCustom, type Histogram } from '../promql/histogram/histogram.js';
import { formatLabels, keyOf, type LabelSet } from '../promql/labels.js';
import type { EvalCommand } from './script.js';

/** One point of an answer, from the engine or from the API. */
export type Point = number | Histogram | ApiHistogram;

/** A histogram as the API shows it: without schema and hints. */
interface ApiHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [number, number, number, number])[];
}

export interface Outcome {
  readonly type: 'scalar' | 'string' | 'vector' | 'matrix';
  readonly scalar?: number;
  readonly string?: string;
  readonly series: readonly { readonly labels: LabelSet; readonly points: ReadonlyMap<number, Point> }[];
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

const EPSILON = 1e-6;

function almostEqual(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  const difference = Math.abs(a - b);
  const size = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || size < 2 ** -1022) return difference < EPSILON * 2 ** -1022 || difference === 0;
  return difference / Math.min(size, Number.MAX_VALUE) < EPSILON;
}

function samePoint(expected: number | Histogram, actual: Point | undefined): boolean {
  if (actual === undefined) return false;
  if (typeof expected === 'number' || typeof actual === 'number') return typeof expected === 'number' && typeof actual === 'number' && almostEqual(expected, actual);
  if (!almostEqual(expected.count, actual.count) || !almostEqual(expected.sum, actual.sum)) return false;
  if ('schema' in actual) {
    if (expected.schema !== actual.schema || (expected.hint !== 'unknown' && expected.hint !== actual.hint)) return false;
    if (isCustom(expected) && expected.customValues.join() !== actual.customValues.join()) return false;
    if (expected.zeroThreshold !== actual.zeroThreshold && (expected.zeroCount !== 0 || actual.zeroCount !== 0)) return false;
  }
  const wanted = apiBuckets(expected).toSorted((a, b) => a[1] - b[1]);
  const given = ('schema' in actual ? apiBuckets(actual) : [...actual.buckets]).toSorted((a, b) => a[1] - b[1]);
  return wanted.length === given.length && wanted.every((bucket, index) => bucket.every((value, field) => almostEqual(value, given[index]?.[field] ?? Number.NaN)));
}

function apiBuckets(histogram: Histogram): [number, number, number, number][] {
  return [...bucketsOf(histogram)].map(({ lower, upper, lowerInclusive, upperInclusive, count }) => [lowerInclusive ? (upperInclusive ? 3 : 1) : upperInclusive ? 0 : 2, lower, upper, count]);
}

function show(point: Point | undefined): string {
  if (point === undefined) return 'nothing';
  if (typeof point === 'number') return String(point);
  return JSON.stringify(point);
}

/** What differs between the script and the answer; undefined when nothing does. */
export function compareValues(command: EvalCommand, outcome: Outcome): string | undefined {
  if (command.string !== undefined) return outcome.string === command.string ? undefined : `expected the string ${command.string}, got ${outcome.string}`;
  if (command.scalar !== undefined && command.instant) {
    if (outcome.type !== 'scalar') return `expected a scalar, got a ${outcome.type}`;
    return samePoint(command.scalar, outcome.scalar) ? undefined : `expected ${show(command.scalar)}, got ${outcome.scalar}`;
  }
  if (outcome.type === 'scalar' || outcome.type === 'string') return `expected series, got a ${outcome.type}`;
  if (command.instant && (outcome.type === 'matrix') !== (command.matrix !== undefined)) return `got a ${outcome.type}`;
  return compareSeries(command, outcome);
}

function compareSeries(command: EvalCommand, outcome: Outcome): string | undefined {
  const actual = new Map(outcome.series.map((one) => [keyOf(one.labels), one]));
  if (actual.size !== outcome.series.length) return 'two series have the same labels';
  const timeOf = (index: number): number => (command.matrix ? command.matrix.start + index * command.matrix.stepMs : command.start + index * command.stepMs);
  const wanted = command.series.filter(({ samples }) => samples.some((sample) => sample !== undefined));
  for (const [place, { labels, samples }] of wanted.entries()) {
    const found = actual.get(keyOf(labels));
    if (!found) return `missing ${formatLabels(labels)}`;
    actual.delete(keyOf(labels));
    const ordered = command.expectations.some(({ what }) => what === 'ordered');
    if (ordered && outcome.series[place] !== found) return `${formatLabels(labels)} is not at place ${place + 1}`;
    const expected = samples.flatMap((sample, index): [number, number | Histogram][] => (sample === undefined || sample === 'stale' ? [] : [[timeOf(index), sample]]));
    for (const [time, sample] of expected) if (!samePoint(sample, found.points.get(time))) return `${formatLabels(labels)} at ${time / 1000}s: expected ${show(sample)}, got ${show(found.points.get(time))}`;
    if (found.points.size !== expected.length) return `${formatLabels(labels)}: expected ${expected.length} points, got ${found.points.size} (${[...found.points].map(([time, point]) => `${time / 1000}s ${show(point)}`).join(', ').slice(0, 200)})`;
  }
  const [extra] = actual.values();
  return extra && `unexpected ${formatLabels(extra.labels)} ${[...extra.points.values()].map(show).join(' ').slice(0, 200)}`;
}

/** What differs between expected and given annotations. */
export function compareAnnotations(command: EvalCommand, outcome: Outcome): string | undefined {
  for (const { what, matches, text } of command.expectations) {
    if (what === 'fail' || what === 'ordered') continue;
    const given = what === 'warn' || what === 'no_warn' ? outcome.warnings : outcome.infos;
    if (what.startsWith('no_') ? given.length > 0 : !given.some((message) => matches?.(message) ?? true)) return `${text}: got ${given.length === 0 ? 'none' : given.join(' | ')}`;
  }
  return undefined;
}
