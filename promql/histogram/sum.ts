import { Mean, Sum } from '../kahan.js';
import { combine, onLayout } from './arithmetic.js';
import type { Buckets, Histogram } from './histogram.js';

/** Sum or mean of histograms, and what their samples said that does not fit together. */
export interface HistogramTotal {
  readonly histogram: Histogram;
  readonly boundsReconciled: boolean;
  readonly hintsCollide: boolean;
}

/** Every field summed with compensation, in the coarsest of the resolutions. undefined when exponential and custom buckets meet, or there are none. */
export function totalHistograms(histograms: readonly Histogram[], mean: boolean): HistogramTotal | undefined {
  let layout = histograms[0];
  let boundsReconciled = false;
  for (const next of histograms.slice(1)) {
    const combined = layout && combine(layout, next, 1);
    if (!combined) return undefined;
    layout = combined.histogram;
    boundsReconciled ||= combined.boundsReconciled;
  }
  if (!layout) return undefined;
  const aligned = histograms.map((histogram) => onLayout(histogram, layout));
  const total = (values: Iterable<number>): number => {
    const sum = mean ? new Mean() : new Sum();
    for (const value of values) sum.add(value);
    return sum.value;
  };
  const side = (of: (histogram: Histogram) => Buckets): Buckets => {
    const columns = new Map<number, number[]>();
    for (const [at, histogram] of aligned.entries()) {
      const { indices, counts } = of(histogram);
      for (const [place, index] of indices.entries()) {
        const column = columns.get(index) ?? aligned.map(() => 0);
        columns.set(index, column);
        column[at] = counts[place] ?? 0;
      }
    }
    const filled = [...columns].map(([index, column]): [number, number] => [index, total(column)]).filter(([, count]) => count !== 0).toSorted(([a], [b]) => a - b);
    return { indices: filled.map(([index]) => index), counts: filled.map(([, count]) => count) };
  };
  const histogram: Histogram = {
    ...layout,
    count: total(aligned.map(({ count }) => count)),
    sum: total(aligned.map(({ sum }) => sum)),
    zeroCount: total(aligned.map(({ zeroCount }) => zeroCount)),
    positive: side(({ positive }) => positive),
    negative: side(({ negative }) => negative),
  };
  const hints = new Set(histograms.map(({ hint }) => hint));
  return { histogram, boundsReconciled, hintsCollide: hints.has('reset') && hints.has('not_reset') };
}
