import { compareLabels, labelOf } from '../labels.js';
import { masked, vector, type VectorSeries } from '../eval/value.js';
import { FLOAT } from '../source.js';
import type { Frame, FunctionTable, PromFunction } from './frame.js';

/** Only an instant query keeps an order. */
function warnOfRange({ context, call, grid }: Frame): void {
  if (grid.steps > 1) context.annotations.warn('sort is ineffective for range queries since results are always ordered by labels', call);
}

/** Floats by value, NaN last either way; histograms are left out. */
function byValue(direction: 1 | -1): PromFunction {
  return (frame) => {
    warnOfRange(frame);
    const series = frame.vector(0);
    if (frame.grid.steps !== 1) return vector(series.map((one) => masked(one, (step) => one.kinds[step] === FLOAT)));
    return vector(series.filter((one) => one.kinds[0] === FLOAT).toSorted((a, b) => compareValues(a.values[0] ?? Number.NaN, b.values[0] ?? Number.NaN, direction)));
  };
}

/** Ascending for 1, descending for -1; NaN last. */
export function compareValues(a: number, b: number, direction: 1 | -1): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return direction * (a < b ? -1 : a > b ? 1 : 0);
}

function byLabel(direction: 1 | -1): PromFunction {
  return (frame) => {
    warnOfRange(frame);
    const names = frame.call.args.slice(1).map((_arg, index) => frame.text(index + 1));
    const compare = (a: VectorSeries, b: VectorSeries): number => {
      for (const name of names) {
        const order = naturalOrder(labelOf(a.labels, name), labelOf(b.labels, name));
        if (order !== 0) return direction * order;
      }
      return direction * compareLabels(a.labels, b.labels);
    };
    return vector(frame.vector(0).toSorted(compare));
  };
}

const PARTS = /\d+|\D+/g;

/** Runs of digits compare as numbers: `4m5` before `4m600`. */
function naturalOrder(a: string, b: string): number {
  const left = a.match(PARTS) ?? [];
  const right = b.match(PARTS) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [x = '', y = ''] = [left[index], right[index]];
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export const sortFunctions: FunctionTable = { sort: byValue(1), sort_desc: byValue(-1), sort_by_label: byLabel(1), sort_by_label_desc: byLabel(-1) };
