import { isComparison, keepsValues, type Binary } from '../ast.js';
import { compareLabels, drop, dropName, formatLabels, keep, keyOf, labelOf, withLabel, type LabelSet } from '../labels.js';
import { executionError } from '../query-error.js';
import type { Context, Grid } from './context.js';
import { sampleAt, sampleOp, UNFIT, type Sample } from './operators.js';
import { matchLabels } from './signature.js';
import { stepwise, type Evaluation } from './turns.js';
import { ABSENT, emptySeries, isEmpty, setAny, type VectorSeries } from './value.js';

const AMBIGUOUS = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';

/** The series of one set of matching labels. `one` is the side that may hold only one sample at a step. */
interface MatchGroup {
  readonly labels: LabelSet;
  readonly one: VectorSeries[];
  readonly many: VectorSeries[];
}

/** Arithmetic and comparisons between two vectors, matched label set by label set at every step. Throws `execution` when a match is not unique. */
export function* matchVectors(expr: Binary, left: readonly VectorSeries[], right: readonly VectorSeries[], grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  const { matching } = expr;
  const swapped = matching.card === 'one-to-many';
  const [many, one] = swapped ? [right, left] : [left, right];
  const { fillLeft: fillMany, fillRight: fillOne } = matching;
  const labelsOf = matchLabels(matching);
  const groups = new Map<string, MatchGroup>();
  const groupOf = (series: VectorSeries): MatchGroup => {
    const labels = labelsOf(series.labels);
    const group = groups.get(keyOf(labels)) ?? { labels, one: [], many: [] };
    groups.set(keyOf(labels), group);
    return group;
  };
  for (const series of many) groupOf(series).many.push(series);
  for (const series of one) groupOf(series).one.push(series);
  const fills = fillMany !== undefined || fillOne !== undefined;
  const both = fills ? undefined : stepsOfBoth(many, one, grid);
  const results = createResults(expr, grid);
  const oneSide = swapped ? 'left' : 'right';
  /** Whether the operator takes the two samples. */
  const match = (group: MatchGroup, series: VectorSeries | undefined, single: VectorSeries | undefined, manySample: Sample, oneSample: Sample, step: number): boolean => {
    const [a, b] = swapped ? [oneSample, manySample] : [manySample, oneSample];
    const value = sampleOp(expr, a, b, a, context.annotations);
    if (value === UNFIT) return false;
    const target = results.of(series, single, group);
    target.claim(step);
    if (value !== undefined) setAny(target.series, step, value);
    return true;
  };

  const matchSteps = (group: MatchGroup, from: number, to: number): void => {
    for (let step = from; step < to; step += 1) {
      if (both && !both[step]) continue;
      const present = group.one.filter((series) => series.kinds[step] !== ABSENT);
      if (present.length > 1) throw duplicates(group, present, oneSide);
      const single = present[0];
      const found = group.many.filter((series) => series.kinds[step] !== ABSENT);
      if (!single && fillOne === undefined) continue;
      const oneSample: Sample = single ? sampleAt(single, step) : (fillOne ?? Number.NaN);
      let matches = 0;
      for (const series of found) {
        if (!match(group, series, single, sampleAt(series, step), oneSample, step)) continue;
        matches += 1;
        if (matching.card === 'one-to-one' && matches > 1) throw executionError(AMBIGUOUS);
      }
      // What fits nothing on the other side is filled in as if that were absent.
      if (matches === 0 && single && fillMany !== undefined) match(group, undefined, single, fillMany, oneSample, step);
    }
  };

  for (const group of groups.values()) yield* stepwise(grid.steps, group.one.length + group.many.length, context, (from, to) => matchSteps(group, from, to));
  return results.all();
}

/** Steps at which both sides hold anything; elsewhere nothing can match, and nothing is wrong. */
function stepsOfBoth(a: readonly VectorSeries[], b: readonly VectorSeries[], grid: Grid): Uint8Array {
  const seen = new Uint8Array(grid.steps);
  for (const [bit, side] of [[1, a], [2, b]] as const) for (const { kinds } of side) for (let step = 0; step < grid.steps; step += 1) if (kinds[step] !== ABSENT) seen[step] = (seen[step] ?? 0) | bit;
  return seen.map((bits) => Number(bits === 3));
}

function duplicates(group: MatchGroup, present: readonly VectorSeries[], side: string): Error {
  const pair = present.slice(0, 2).map(({ labels }) => labels).toSorted(compareLabels).map(formatLabels);
  return executionError(`found duplicate series for the match group ${formatLabels(group.labels)} on the ${side} hand-side of the operation: [${pair.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`);
}

interface Target {
  readonly series: VectorSeries;
  /** Throws when another match already used the step. */
  claim(step: number): void;
}

/** Result series by their labels, which each pair of matched series has once. */
function createResults(expr: Binary, grid: Grid) {
  const byLabels = new Map<string, Target>();
  const byPair = new Map<VectorSeries | MatchGroup, Map<VectorSeries | undefined, Target>>();
  const nameGoes = isComparison(expr.op) && expr.bool;

  function target(labels: LabelSet, nameDropped: boolean): Target {
    const key = keyOf(labels);
    const known = byLabels.get(key);
    if (known) return known;
    const claimed = new Uint8Array(grid.steps);
    const made: Target = {
      series: emptySeries(labels, grid.steps, nameDropped),
      claim(step) {
        if (claimed[step]) throw executionError(expr.matching.card === 'one-to-one' ? AMBIGUOUS : 'multiple matches for labels: grouping labels must ensure unique matches');
        claimed[step] = 1;
      },
    };
    byLabels.set(key, made);
    return made;
  }

  return {
    of(many: VectorSeries | undefined, one: VectorSeries | undefined, group: MatchGroup): Target {
      const pairs = byPair.get(many ?? group) ?? new Map<VectorSeries | undefined, Target>();
      byPair.set(many ?? group, pairs);
      const known = pairs.get(one);
      if (known) return known;
      const made = target(resultLabels(expr, many?.labels ?? group.labels, one?.labels), nameGoes || Boolean(many?.dropName));
      pairs.set(one, made);
      return made;
    },
    all: (): VectorSeries[] => [...byLabels.values()].map(({ series }) => series).filter((series) => !isEmpty(series)),
  };
}

/** One-to-one keeps the matching labels; otherwise the many side keeps its own and takes `include` from the other. */
function resultLabels({ op, matching }: Binary, many: LabelSet, one: LabelSet | undefined): LabelSet {
  let labels = keepsValues(op) ? many : dropName(many);
  if (matching.card === 'one-to-one') {
    const names = new Set(matching.labels);
    if (!matching.on) return drop(labels, names);
    return keep(labels, names);
  }
  for (const name of matching.include) labels = withLabel(labels, name, one ? labelOf(one, name) : '');
  return labels;
}

