import type { Binary, BinaryOp } from '../ast.js';
import { isComparison } from '../ast.js';
import { power } from '../floats.js';
import { combine, divide, scale } from '../histogram/arithmetic.js';
import { equalHistograms, type Histogram } from '../histogram/histogram.js';
import { trim } from '../histogram/trim.js';
import { HISTOGRAM } from '../source.js';
import type { Annotations } from './annotations.js';
import type { VectorSeries } from './value.js';

/** Two floats through one operator; comparisons give 1 or 0. */
export function floatOp(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return power(a, b);
    case 'atan2':
      return Math.atan2(a, b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '>':
      return Number(a > b);
    case '<=':
      return Number(a <= b);
    case '>=':
      return Number(a >= b);
    case 'and':
    case 'or':
    case 'unless':
    case '</':
    case '>/':
      return Number.NaN;
  }
}

export type Sample = number | Histogram;

/** The sample at a step, which must hold one. */
export function sampleAt(series: VectorSeries, step: number): Sample {
  const histogram = series.kinds[step] === HISTOGRAM ? series.histograms?.[step] : undefined;
  return histogram ?? series.values[step] ?? Number.NaN;
}

/** Two samples that an operator does not take together. */
export const UNFIT = 'unfit';

/**
 * Two samples through one operator. undefined drops the sample of a comparison that does not hold; UNFIT is noted.
 * A comparison that holds gives `kept`, the sample of the side that lives on, or 1 and 0 with `bool`.
 */
export function sampleOp(expr: Binary, a: Sample, b: Sample, kept: Sample, annotations: Annotations): Sample | undefined | typeof UNFIT {
  const { op } = expr;
  if (typeof a === 'number' && typeof b === 'number') {
    if (op === '</' || op === '>/') return unfit(expr, a, b, annotations);
    const result = floatOp(op, a, b);
    if (!isComparison(op) || expr.bool) return result;
    return result === 1 ? kept : undefined;
  }
  if (typeof a === 'number') return op === '*' && typeof b !== 'number' ? scale(b, a) : unfit(expr, a, b, annotations);
  if (typeof b === 'number') {
    if (op === '*') return scale(a, b);
    if (op === '/') return divide(a, b);
    if (op === '</' || op === '>/') return trim(a, b, op);
    return unfit(expr, a, b, annotations);
  }
  if (op === '+' || op === '-') return add(expr, a, b, annotations);
  if (op !== '==' && op !== '!=') return unfit(expr, a, b, annotations);
  const holds = equalHistograms(a, b) === (op === '==');
  if (expr.bool) return Number(holds);
  return holds ? kept : undefined;
}

function add(expr: Binary, a: Histogram, b: Histogram, annotations: Annotations): Histogram | typeof UNFIT {
  const combined = combine(a, b, expr.op === '+' ? 1 : -1);
  if (!combined) {
    annotations.warn(`incompatible bucket layout encountered for binary operator ${expr.op}`, expr);
    return UNFIT;
  }
  if (combined.boundsReconciled) annotations.info(`mismatched custom buckets were reconciled during ${expr.op === '+' ? 'addition' : 'subtraction'}`, expr);
  if (combined.hintsCollide) annotations.warn(`conflicting counter resets during histogram ${expr.op === '+' ? 'addition' : 'subtraction'}`, expr);
  return expr.op === '-' ? { ...combined.histogram, hint: 'gauge' } : combined.histogram;
}

function unfit(expr: Binary, a: Sample, b: Sample, annotations: Annotations): typeof UNFIT {
  const word = (sample: Sample): string => (typeof sample === 'number' ? 'float' : 'histogram');
  annotations.info(`incompatible sample types encountered for binary operator "${expr.op}": ${word(a)} ${expr.op} ${word(b)}`, expr);
  return UNFIT;
}
