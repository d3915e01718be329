import { boundOf, isCustom, mapCounts, regroup, toSchema, type Buckets, type Histogram, type ResetHint } from './histogram.js';

/** Sum or difference of two histograms, with what had to be reconciled. */
export interface Combined {
  readonly histogram: Histogram;
  /** Custom bounds differed, so only those in both were kept. */
  readonly boundsReconciled: boolean;
  /** One side said "reset", the other "not reset". */
  readonly hintsCollide: boolean;
}

/** `a + sign * b` in the coarser of their resolutions; undefined when one has exponential and the other custom buckets. */
export function combine(a: Histogram, b: Histogram, sign: 1 | -1): Combined | undefined {
  const aligned = align(a, b);
  if (!aligned) return undefined;
  const { left, right, boundsReconciled } = aligned;
  const histogram: Histogram = {
    ...left,
    count: left.count + sign * right.count,
    sum: left.sum + sign * right.sum,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    positive: merge(left.positive, right.positive, sign),
    negative: merge(left.negative, right.negative, sign),
    hint: combinedHint(a.hint, b.hint),
  };
  return { histogram, boundsReconciled, hintsCollide: hintsCollide(a.hint, b.hint) };
}

export function scale(histogram: Histogram, factor: number): Histogram {
  const scaled = mapCounts(histogram, (value) => value * factor);
  return factor < 0 ? { ...scaled, hint: 'gauge' } : scaled;
}

export function divide(histogram: Histogram, by: number): Histogram {
  const divided = mapCounts(histogram, (value) => value / by);
  const hint = by < 0 ? 'gauge' : histogram.hint;
  // Counts divided by zero say nothing about single buckets.
  return by === 0 ? { ...divided, positive: { indices: [], counts: [] }, negative: { indices: [], counts: [] }, hint } : { ...divided, hint };
}

/** Whether a counter was reset between `previous` and `current`. Gauges given to a function of counters are looked at as counters. */
export function isReset(current: Histogram, previous: Histogram): boolean {
  if (current.hint === 'reset') return true;
  if (current.hint === 'not_reset') return false;
  if (current.count < previous.count || isCustom(current) !== isCustom(previous)) return true;
  if (!isCustom(current) && (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold)) return true;
  const aligned = align(current, previous);
  if (!aligned) return true;
  const { left, right } = aligned;
  if (left.zeroThreshold !== current.zeroThreshold || left.zeroCount < right.zeroCount) return true;
  return shrinks(left.positive, right.positive) || shrinks(left.negative, right.negative);
}

function shrinks(now: Buckets, before: Buckets): boolean {
  if (before.indices.every((index, at) => now.indices[at] === index)) return before.counts.some((count, at) => (now.counts[at] ?? 0) < count);
  const counts = new Map(now.indices.map((index, at) => [index, now.counts[at] ?? 0]));
  return before.indices.some((index, at) => (counts.get(index) ?? 0) < (before.counts[at] ?? 0));
}

/** Both histograms on the same buckets. */
function align(a: Histogram, b: Histogram): { left: Histogram; right: Histogram; boundsReconciled: boolean } | undefined {
  if (isCustom(a) !== isCustom(b)) return undefined;
  if (isCustom(a)) {
    if (a.customValues.join() === b.customValues.join()) return { left: a, right: b, boundsReconciled: false };
    const inB = new Set(b.customValues);
    const shared = a.customValues.filter((value) => inB.has(value));
    return { left: onBounds(a, shared), right: onBounds(b, shared), boundsReconciled: true };
  }
  const schema = Math.min(a.schema, b.schema);
  let left = toSchema(a, schema);
  let right = toSchema(b, schema);
  while (left.zeroThreshold !== right.zeroThreshold) {
    if (left.zeroThreshold < right.zeroThreshold) left = widenZero(left, right.zeroThreshold);
    else right = widenZero(right, left.zeroThreshold);
  }
  return { left, right, boundsReconciled: false };
}

/** `histogram` in the buckets of `layout`, which is at least as coarse. */
export function onLayout(histogram: Histogram, layout: Histogram): Histogram {
  return align(histogram, layout)?.left ?? histogram;
}

function onBounds(histogram: Histogram, bounds: readonly number[]): Histogram {
  const positive = regroup(histogram.positive, (index) => {
    const upper = boundOf(histogram, index);
    const at = bounds.findIndex((value) => value >= upper);
    return at < 0 ? bounds.length : at;
  });
  return { ...histogram, customValues: bounds, positive };
}

/** The zero bucket grown to `threshold`, or to the end of a filled bucket that crosses it. */
function widenZero(histogram: Histogram, threshold: number): Histogram {
  let grown = threshold;
  const sides = [histogram.positive, histogram.negative];
  for (let moved = true; moved; ) {
    moved = false;
    for (const side of sides) {
      for (const [at, index] of side.indices.entries()) {
        if (side.counts[at] === 0 || boundOf(histogram, index - 1) >= grown || boundOf(histogram, index) <= grown) continue;
        grown = boundOf(histogram, index);
        moved = true;
      }
    }
  }
  let zeroCount = histogram.zeroCount;
  const outside = (side: Buckets): Buckets => {
    const indices: number[] = [];
    const counts: number[] = [];
    for (const [at, index] of side.indices.entries()) {
      if (boundOf(histogram, index) <= grown) zeroCount += side.counts[at] ?? 0;
      else {
        indices.push(index);
        counts.push(side.counts[at] ?? 0);
      }
    }
    return { indices, counts };
  };
  const positive = outside(histogram.positive);
  const negative = outside(histogram.negative);
  return { ...histogram, zeroThreshold: grown, zeroCount, positive, negative };
}

function merge(a: Buckets, b: Buckets, sign: 1 | -1): Buckets {
  const sums = new Map(a.indices.map((index, at) => [index, a.counts[at] ?? 0]));
  for (const [at, index] of b.indices.entries()) sums.set(index, (sums.get(index) ?? 0) + sign * (b.counts[at] ?? 0));
  const entries = [...sums].filter(([, count]) => count !== 0).toSorted(([x], [y]) => x - y);
  return { indices: entries.map(([index]) => index), counts: entries.map(([, count]) => count) };
}

function hintsCollide(a: ResetHint, b: ResetHint): boolean {
  return (a === 'reset' && b === 'not_reset') || (a === 'not_reset' && b === 'reset');
}

function combinedHint(a: ResetHint, b: ResetHint): ResetHint {
  if (a === 'gauge' || b === 'gauge') return 'gauge';
  return a === b ? a : 'unknown';
}
