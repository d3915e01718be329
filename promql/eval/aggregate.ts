import type { Aggregation } from '../ast.js';
import type { Histogram } from '../histogram/histogram.js';
import { totalHistograms } from '../histogram/sum.js';
import { Mean, quantileOf, Sum, Variance } from '../kahan.js';
import { formatNumber } from '../floats.js';
import { MIXED_SCHEMAS } from './histogram-gain.js';
import { FLOAT, HISTOGRAM } from '../source.js';
import type { Context, Grid } from './context.js';
import { fold } from './fold.js';
import { groupSeries } from './groups.js';
import { stepwise, type Evaluation } from './turns.js';
import { emptySeries, isEmpty, setAny, type VectorSeries } from './value.js';

/** sum, avg, min, max, count, group, stddev, stdvar, quantile: one result per group. `param` is the quantile per step. */
export function* aggregate(expr: Aggregation, series: readonly VectorSeries[], param: Float64Array | undefined, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  if (expr.op === 'quantile' && param) for (const q of unfitShares(param)) context.annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(q)}`, expr.param ?? expr);
  const results: VectorSeries[] = [];
  for (const group of groupSeries(expr, series)) {
    if (context.checkTime()) yield;
    const folded = emptySeries(group.labels, grid.steps, group.dropName);
    if (fold(expr.op, group.members, folded)) {
      if (!isEmpty(folded)) results.push(folded);
      continue;
    }
    const result = emptySeries(group.labels, grid.steps, group.dropName);
    const column = new Float64Array(group.members.length);
    yield* stepwise(grid.steps, group.members.length, context, (from, to) => {
      for (let step = from; step < to; step += 1) {
        let floats = 0;
        const histograms: Histogram[] = [];
        for (const member of group.members) {
          if (member.kinds[step] === FLOAT) column[floats++] = member.values[step] ?? Number.NaN;
          else if (member.kinds[step] === HISTOGRAM) {
            const histogram = member.histograms?.[step];
            if (histogram) histograms.push(histogram);
          }
        }
        if (floats === 0 && histograms.length === 0) continue;
        const value = figure(expr, column.subarray(0, floats), histograms, param?.[step] ?? Number.NaN, context);
        if (value !== undefined) setAny(result, step, value);
      }
    });
    if (!isEmpty(result)) results.push(result);
  }
  return results;
}

/** Of the values that are no share, one of each kind: NaN, the largest, the smallest. */
function unfitShares(param: Float64Array): number[] {
  const numbers = param.filter((q) => !Number.isNaN(q));
  const [least, most] = [numbers.reduce((a, b) => Math.min(a, b), 0), numbers.reduce((a, b) => Math.max(a, b), 1)];
  return [...(numbers.length < param.length ? [Number.NaN] : []), ...(most > 1 ? [most] : []), ...(least < 0 ? [least] : [])];
}

function figure(expr: Aggregation, floats: Float64Array, histograms: readonly Histogram[], param: number, context: Context): number | Histogram | undefined {
  if (expr.op === 'count') return floats.length + histograms.length;
  if (expr.op === 'group') return 1;
  if (expr.op === 'sum' || expr.op === 'avg') return total(expr, floats, histograms, context);
  if (histograms.length > 0) context.annotations.info(`ignored histogram in ${expr.op} aggregation`, expr.expr);
  if (floats.length === 0) return undefined;
  if (expr.op === 'min') return floats.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best));
  if (expr.op === 'max') return floats.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best));
  if (expr.op === 'quantile') return quantileOf(param, floats.slice());
  const variance = new Variance();
  for (const value of floats) variance.add(value);
  return expr.op === 'stddev' ? Math.sqrt(variance.value) : variance.value;
}

function total(expr: Aggregation, floats: Float64Array, histograms: readonly Histogram[], context: Context): number | Histogram | undefined {
  if (floats.length > 0 && histograms.length > 0) {
    context.annotations.warn('encountered a mix of histograms and floats for aggregation', expr.expr);
    return undefined;
  }
  if (floats.length > 0) {
    const sum = expr.op === 'sum' ? new Sum() : new Mean();
    for (const value of floats) sum.add(value);
    return sum.value;
  }
  const combined = totalHistograms(histograms, expr.op === 'avg');
  if (!combined) context.annotations.warn(MIXED_SCHEMAS, expr.expr);
  if (combined?.boundsReconciled) context.annotations.info('mismatched custom buckets were reconciled during aggregation', expr.expr);
  if (combined?.hintsCollide) context.annotations.warn('conflicting counter resets during histogram aggregation', expr.expr);
  return combined?.histogram;
}

