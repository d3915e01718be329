import { infoNames, infoSelector } from '../eval/info-selector.js';
import { selectLatest } from '../eval/instant.js';
import type { Evaluation } from '../eval/turns.js';
import { ABSENT, emptySeries, histogramAt, setAny, setFloat, vector, type Value, type VectorSeries } from '../eval/value.js';
import { formatLabels, keep, keyOf, labelOf, labelSet, METRIC_NAME, pairsOf, type LabelSet } from '../labels.js';
import { matches } from '../matchers.js';
import { executionError } from '../query-error.js';
import { FLOAT } from '../source.js';
import type { Frame, FunctionTable } from './frame.js';

/** Labels that a series shares with the info series about it. */
const IDENTITY: ReadonlySet<string> = new Set(['instance', 'job']);

/** The info series of one metric about one identity, of which the latest counts: the place of that one at each step, -1 for none. */
interface Current {
  readonly candidates: readonly VectorSeries[];
  readonly at: Int32Array;
}

/**
 * Adds the labels of the info series that have the same `instance` and `job`; the second argument says which info metrics, and which of their labels.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#info
 */
function* info(frame: Frame): Evaluation<Value> {
  const base = frame.vector(0);
  const given = frame.call.args[1]?.type === 'selector' ? frame.call.args[1].matchers : [];
  const names = infoNames(given);
  const wanted = given.filter(({ name }) => name !== METRIC_NAME);
  const wantedNames = new Set(wanted.map(({ name }) => name));
  const unmatchedStay = wanted.every((matcher) => matches(matcher, ''));
  // Info series themselves gain nothing.
  const isInfo = ({ labels }: VectorSeries): boolean => names.every((matcher) => matches(matcher, labelOf(labels, METRIC_NAME)));
  const current = yield* currentInfos(base, base.filter((series) => !isInfo(series)), frame);
  const results = new Map<string, VectorSeries>();
  const put = (labels: LabelSet, series: VectorSeries, step: number): void => {
    const key = keyOf(labels);
    let result = results.get(key);
    if (!result) results.set(key, (result = emptySeries(labels, frame.grid.steps, series.dropName)));
    if (result.kinds[step] !== ABSENT) throw executionError('vector cannot contain metrics with the same labelset');
    setAny(result, step, histogramAt(series, step) ?? series.values[step] ?? Number.NaN);
  };
  for (const series of base) {
    if (frame.context.checkTime()) yield;
    const ignored = isInfo(series);
    const about = ignored ? undefined : current.get(identityOf(series.labels));
    let last = '';
    let labels = series.labels;
    for (let step = 0; step < frame.grid.steps; step += 1) {
      if (series.kinds[step] === ABSENT) continue;
      const found = about?.flatMap(({ candidates, at }) => candidates[at[step] ?? -1] ?? []) ?? [];
      if (found.length === 0) {
        if (ignored || unmatchedStay) put(series.labels, series, step);
        continue;
      }
      const choice = about?.map(({ at }) => at[step]).join() ?? '';
      if (choice !== last) labels = enriched(series.labels, found, wantedNames);
      last = choice;
      put(labels, series, step);
    }
  }
  return vector([...results.values()]);
}

const identityOf = (labels: LabelSet): string => keyOf(keep(labels, IDENTITY));

/** By identity, the info series at every step at which `base` has a sample. */
function* currentInfos(base: readonly VectorSeries[], enrichable: readonly VectorSeries[], { call, grid, context }: Frame): Evaluation<Map<string, Current[]>> {
  // Every identifying label that the series have must have one of their values.
  const values = [...IDENTITY].map((name) => [name, new Set(enrichable.map(({ labels }) => labelOf(labels, name)).filter(Boolean))] as const).filter(([, seen]) => seen.size > 0);
  if (values.length === 0) return new Map();
  const found = yield* selectLatest(infoSelector(call), grid, context, undefined, (series, data, at, step) => {
    if (data.kinds[at] !== FLOAT) throw executionError(`this should be an info metric, with float samples: ${formatLabels(data.labels)}`);
    setFloat(series, step, data.times[at] ?? Number.NaN);
  });
  const groups = new Map<string, VectorSeries[]>();
  for (const series of found) {
    if (!values.every(([name, seen]) => seen.has(labelOf(series.labels, name)))) continue;
    const key = keyOf(keep(series.labels, new Set([...IDENTITY, METRIC_NAME])));
    groups.set(key, [...(groups.get(key) ?? []), series]);
  }
  const current = new Map<string, Current[]>();
  for (const candidates of groups.values()) {
    const identity = identityOf(candidates[0]?.labels ?? []);
    const at = new Int32Array(grid.steps).fill(-1);
    for (let step = 0; step < grid.steps; step += 1) if (base.some(({ kinds }) => kinds[step] !== ABSENT)) at[step] = latest(candidates, step);
    current.set(identity, [...(current.get(identity) ?? []), { candidates, at }]);
  }
  return current;
}

function latest(candidates: readonly VectorSeries[], step: number): number {
  let best = -1;
  for (const [index, { kinds, values, labels }] of candidates.entries()) {
    if (kinds[step] === ABSENT) continue;
    const other = candidates[best];
    const time = values[step] ?? 0;
    const before = other?.values[step] ?? -Infinity;
    if (other && time === before) throw executionError(`found duplicate series for info metric: existing ${formatLabels(other.labels)} @ ${before}, new ${formatLabels(labels)} @ ${time}`);
    if (time > before) best = index;
  }
  return best;
}

/** `labels` and those of `infos` that it lacks: the `wanted` ones, or all. */
function enriched(labels: LabelSet, infos: readonly VectorSeries[], wanted: ReadonlySet<string>): LabelSet {
  const own = new Map(pairsOf(labels));
  const added = new Map<string, string>();
  for (const one of infos) {
    for (const [name, value] of pairsOf(one.labels)) {
      if (name === METRIC_NAME || own.has(name) || (wanted.size > 0 && !wanted.has(name))) continue;
      if ((added.get(name) ?? value) !== value) throw executionError(`conflicting label: ${name}`);
      added.set(name, value);
    }
  }
  return labelSet([...own, ...added]);
}

export const infoFunctions: FunctionTable = { info };
