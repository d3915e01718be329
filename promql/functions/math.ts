import { largest, smallest } from '../floats.js';
import { overFloats, type FunctionTable, type PromFunction } from './frame.js';
import { vector } from '../eval/value.js';

const plain = (apply: (value: number) => number): PromFunction => overFloats(apply);

/** Nothing when the bounds cross; otherwise as Go's minimum and maximum have it. */
const clamp: PromFunction = (frame) => {
  const low = frame.scalar(1);
  const high = frame.scalar(2);
  const clamped = overFloats((value, _frame, step) => largest(low[step] ?? Number.NaN, smallest(high[step] ?? Number.NaN, value)))(frame);
  if (clamped.type !== 'vector') return clamped;
  return vector(clamped.series.map((series) => ({ ...series, kinds: series.kinds.map((kind, step) => ((high[step] ?? 0) < (low[step] ?? 0) ? 0 : kind)) })));
};

const bounded = (bound: (a: number, b: number) => number): PromFunction => (frame) => {
  const limits = frame.scalar(1);
  return overFloats((value, _frame, step) => bound(limits[step] ?? Number.NaN, value))(frame);
};

/** To the nearest multiple, halves upwards. Multiplying by the inverse keeps decimals such as 0.1 exact. */
const round: PromFunction = (frame) => {
  const nearest = frame.call.args.length > 1 ? frame.scalar(1) : undefined;
  return overFloats((value, _frame, step) => {
    const inverse = 1 / (nearest?.[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  })(frame);
};

export const mathFunctions: FunctionTable = {
  abs: plain(Math.abs), ceil: plain(Math.ceil), floor: plain(Math.floor), exp: plain(Math.exp), sqrt: plain(Math.sqrt), ln: plain(Math.log), log2: plain(Math.log2), log10: plain(Math.log10),
  sgn: plain((value) => (value < 0 ? -1 : value > 0 ? 1 : value)),
  sin: plain(Math.sin), cos: plain(Math.cos), tan: plain(Math.tan), asin: plain(Math.asin), acos: plain(Math.acos), atan: plain(Math.atan),
  sinh: plain(Math.sinh), cosh: plain(Math.cosh), tanh: plain(Math.tanh), asinh: plain(Math.asinh), acosh: plain(Math.acosh), atanh: plain(Math.atanh),
  deg: plain((value) => (value * 180) / Math.PI), rad: plain((value) => (value * Math.PI) / 180),
  clamp, clamp_min: bounded(largest), clamp_max: bounded(smallest), round,
};
