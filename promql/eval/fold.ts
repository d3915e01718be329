import type { AggregationOp } from '../ast.js';
import { FLOAT } from '../source.js';
import { ABSENT, type VectorSeries } from './value.js';

/**
 * sum, avg, min, max, count and group of floats, member by member instead of step by step: the same additions in the same order, over columns.
 * Returns false, with `result` unusable, when it cannot say: a histogram among the members, or a mean whose sum leaves the range of a double.
 */
export function fold(op: AggregationOp, members: readonly VectorSeries[], result: VectorSeries): boolean {
  if (members.some(({ histograms }) => histograms !== undefined)) return false;
  switch (op) {
    case 'sum':
    case 'avg':
      return total(members, result, op === 'avg');
    case 'min':
    case 'max':
      extreme(members, result, op === 'max');
      return true;
    case 'count':
    case 'group':
      count(members, result, op === 'count');
      return true;
    case 'stddev':
    case 'stdvar':
    case 'topk':
    case 'bottomk':
    case 'quantile':
    case 'count_values':
    case 'limitk':
    case 'limit_ratio':
      return false;
  }
}

/** Neumaier's sum, as in kahan.ts, of each step. */
function total(members: readonly VectorSeries[], { kinds: seen, values: sums }: VectorSeries, mean: boolean): boolean {
  const steps = seen.length;
  const lost = new Float64Array(steps);
  const counts = new Uint32Array(steps);
  for (const { kinds, values } of members) {
    for (let step = 0; step < steps; step += 1) {
      if (kinds[step] === ABSENT) continue;
      const value = values[step] ?? Number.NaN;
      const sum = sums[step] ?? 0;
      const next = sum + value;
      // Infinities and NaN need no compensation; a finite mean of them is found the long way.
      if (next - next !== 0) {
        if (mean) return false;
        lost[step] = 0;
      } else if ((sum < 0 ? -sum : sum) >= (value < 0 ? -value : value)) lost[step] = (lost[step] ?? 0) + (sum - next + value);
      else lost[step] = (lost[step] ?? 0) + (value - next + sum);
      sums[step] = next;
      counts[step] = (counts[step] ?? 0) + 1;
    }
  }
  for (let step = 0; step < steps; step += 1) {
    const size = counts[step] ?? 0;
    if (size === 0) continue;
    seen[step] = FLOAT;
    sums[step] = mean ? (sums[step] ?? 0) / size + (lost[step] ?? 0) / size : (sums[step] ?? 0) + (lost[step] ?? 0);
  }
  return true;
}

function extreme(members: readonly VectorSeries[], { kinds: seen, values: best }: VectorSeries, largest: boolean): void {
  for (const { kinds, values } of members) {
    for (let step = 0; step < seen.length; step += 1) {
      if (kinds[step] === ABSENT) continue;
      const value = values[step] ?? Number.NaN;
      const other = best[step] ?? Number.NaN;
      if (seen[step] === ABSENT || (largest ? value > other : value < other) || Number.isNaN(other)) best[step] = value;
      seen[step] = FLOAT;
    }
  }
}

function count(members: readonly VectorSeries[], { kinds: seen, values: counts }: VectorSeries, all: boolean): void {
  for (const { kinds } of members) {
    for (let step = 0; step < seen.length; step += 1) {
      if (kinds[step] === ABSENT) continue;
      seen[step] = FLOAT;
      counts[step] = all ? (counts[step] ?? 0) + 1 : 1;
    }
  }
}
