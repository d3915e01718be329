import type { Expr } from '../ast.js';
import { combine } from '../histogram/arithmetic.js';
import type { Histogram } from '../histogram/histogram.js';
import type { Annotations } from './annotations.js';

export const MIXED_SCHEMAS = 'vector contains a mix of histograms with exponential and custom buckets schemas';

/** Where what happens in one call is noted. */
export interface Notes {
  readonly annotations: Annotations;
  readonly at: Expr;
}

/** `a - b`; undefined when one has exponential and the other custom buckets. */
export function difference(a: Histogram | undefined, b: Histogram, notes: Notes): Histogram | undefined {
  const combined = a && combine(a, b, -1);
  if (combined?.boundsReconciled) notes.annotations.info('mismatched custom buckets were reconciled during subtraction', notes.at);
  return combined?.histogram;
}

/** `a + b`; undefined when one has exponential and the other custom buckets. */
export function sum(a: Histogram | undefined, b: Histogram, notes: Notes): Histogram | undefined {
  const combined = a && combine(a, b, 1);
  if (combined?.boundsReconciled) notes.annotations.info('mismatched custom buckets were reconciled during addition', notes.at);
  return combined?.histogram;
}
