import { fnv1a64 } from '#core/fingerprint.js';
import type { Aggregation } from '../ast.js';
import { formatHistogram } from '../histogram/histogram.js';
import { compareValues } from '../functions/sort.js';
import { digits, formatNumber } from '../floats.js';
import { isLabelName, keyOf, withLabel } from '../labels.js';
import { executionError, tooManySamples } from '../query-error.js';
import { FLOAT, HISTOGRAM } from '../source.js';
import type { Context, Grid } from './context.js';
import { groupSeries } from './groups.js';
import { stepwise, type Evaluation } from './turns.js';
import { ABSENT, emptySeries, isEmpty, joinEqual, masked, setFloat, type VectorSeries } from './value.js';

const INT64 = 2 ** 63;

/** topk, bottomk, limitk, limit_ratio: some of the series of each group, as they are. `param` is k, or the ratio, per step. */
export function* selectSome(expr: Aggregation, series: readonly VectorSeries[], param: Float64Array, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  if (expr.op === 'limit_ratio') return limitRatio(expr, series, param, context);
  if (param.every((k) => k < 1)) return [];
  for (const k of param) {
    if (Number.isNaN(k)) throw executionError('Parameter value is NaN');
    if (k >= INT64 || k < -INT64) throw executionError(`Scalar value ${formatNumber(k)} overflows int64`);
  }
  const results: VectorSeries[] = [];
  for (const group of groupSeries(expr, series)) {
    const kept = group.members.map(() => new Uint8Array(grid.steps));
    const order = group.members.map((_member, index) => index);
    yield* stepwise(grid.steps, group.members.length, context, (from, to) => {
      for (let step = from; step < to; step += 1) {
        const k = Math.trunc(param[step] ?? 0);
        if (k < 1) continue;
        const chosen = expr.op === 'limitk' ? order.filter((index) => group.members[index]?.kinds[step] !== ABSENT) : ranked(expr, group.members, order, step, context);
        for (const index of chosen.slice(0, k)) {
          const mask = kept[index];
          if (mask) mask[step] = 1;
        }
        // An instant query answers in rank order.
        if (grid.steps === 1 && expr.op !== 'limitk') order.splice(0, order.length, ...chosen);
      }
    });
    for (const index of order) {
      const member = group.members[index];
      const some = member && masked(member, (step) => kept[index]?.[step] === 1);
      if (some && !isEmpty(some)) results.push(some);
    }
  }
  return results;
}

function ranked(expr: Aggregation, members: readonly VectorSeries[], order: readonly number[], step: number, context: Context): number[] {
  if (members.some((member) => member.kinds[step] === HISTOGRAM)) context.annotations.info(`ignored histogram in ${expr.op} aggregation`, expr);
  const direction = expr.op === 'topk' ? -1 : 1;
  const value = (index: number): number => members[index]?.values[step] ?? Number.NaN;
  return order.filter((index) => members[index]?.kinds[step] === FLOAT).toSorted((a, b) => compareValues(value(a), value(b), direction));
}

/** A share of the series by the hash of their labels; a negative ratio takes the others. */
function limitRatio(expr: Aggregation, series: readonly VectorSeries[], param: Float64Array, context: Context): VectorSeries[] {
  const ratios = param.map((ratio) => {
    if (Number.isNaN(ratio)) throw executionError('Ratio value is NaN');
    const capped = Math.max(-1, Math.min(1, ratio));
    if (capped !== ratio) context.annotations.warn(`ratio value should be between -1 and 1, got ${formatNumber(ratio)}, capping to ${capped}`, expr.param ?? expr);
    return capped;
  });
  return series
    .map((one) => {
      const place = Number(BigInt(`0x${fnv1a64(keyOf(one.labels))}`)) / 2 ** 64;
      return masked(one, (step) => {
        const ratio = ratios[step] ?? 0;
        return ratio >= 0 ? place < ratio : place >= 1 + ratio;
      });
    })
    .filter((one) => !isEmpty(one));
}

/** How many series of each group have each value, which becomes a label. */
export function* countValues(expr: Aggregation, series: readonly VectorSeries[], label: string, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  if (!isLabelName(label)) throw executionError(`invalid label name ${quoteBytes(expr, label)}`);
  const results: VectorSeries[] = [];
  for (const group of groupSeries(expr, series)) {
    const byValue = new Map<string, VectorSeries>();
    yield* stepwise(grid.steps, group.members.length, context, (from, to) => {
      for (let step = from; step < to; step += 1) {
        for (const member of group.members) {
          const histogram = member.kinds[step] === HISTOGRAM ? member.histograms?.[step] : undefined;
          if (member.kinds[step] === ABSENT) continue;
          const text = histogram ? formatHistogram(histogram) : digits(member.values[step] ?? Number.NaN);
          let counts = byValue.get(text);
          if (!counts) {
            counts = emptySeries(withLabel(group.labels, label, text), grid.steps, group.dropName);
            byValue.set(text, counts);
            if ((results.length + byValue.size) * grid.steps > context.maxSamples) throw tooManySamples();
          }
          setFloat(counts, step, (counts.kinds[step] === FLOAT ? (counts.values[step] ?? 0) : 0) + 1);
        }
      }
    });
    results.push(...byValue.values());
  }
  return addEqual(results);
}

/** Groups whose labels met when the value took a label's place are counted together. */
function addEqual(series: readonly VectorSeries[]): VectorSeries[] {
  const byLabels = new Map<string, VectorSeries>();
  for (const one of series) {
    const first = byLabels.get(keyOf(one.labels));
    if (!first) byLabels.set(keyOf(one.labels), one);
    else for (const [step, kind] of one.kinds.entries()) if (kind === FLOAT) setFloat(first, step, (first.kinds[step] === FLOAT ? (first.values[step] ?? 0) : 0) + (one.values[step] ?? 0));
  }
  return joinEqual([...byLabels.values()], false);
}

/** The label as it was written: bytes that are not UTF-8 cannot be shown. */
function quoteBytes(expr: Aggregation, label: string): string {
  return expr.param?.type === 'string' ? expr.param.text : JSON.stringify(label);
}
