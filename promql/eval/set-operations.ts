import type { Matching, SetOp } from '../ast.js';
import { signatureOf } from './signature.js';
import { ABSENT, isEmpty, joinEqual, masked, type VectorSeries } from './value.js';

/** `and`, `or`, `unless`: at each step, by whether the other side holds a sample with the same matching labels. */
export function setOperation(op: SetOp, matching: Matching, left: readonly VectorSeries[], right: readonly VectorSeries[]): VectorSeries[] {
  const signature = signatureOf(matching);
  const present = (side: readonly VectorSeries[]): Map<string, Uint8Array> => {
    const bySignature = new Map<string, Uint8Array>();
    for (const { labels, kinds } of side) {
      const key = signature(labels);
      const steps = bySignature.get(key) ?? new Uint8Array(kinds.length);
      for (const [step, kind] of kinds.entries()) if (kind !== ABSENT) steps[step] = 1;
      bySignature.set(key, steps);
    }
    return bySignature;
  };
  const where = (side: readonly VectorSeries[], other: ReadonlyMap<string, Uint8Array>, wanted: 0 | 1): VectorSeries[] =>
    side.map((one) => {
      const steps = other.get(signature(one.labels));
      return masked(one, (step) => (steps?.[step] ?? 0) === wanted);
    });
  switch (op) {
    case 'and':
      return where(left, present(right), 1).filter((one) => !isEmpty(one));
    case 'unless':
      return where(left, present(right), 0).filter((one) => !isEmpty(one));
    case 'or':
      return joinEqual([...left, ...where(right, present(left), 0).filter((one) => !isEmpty(one))], false);
  }
}
