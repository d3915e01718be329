import { toCustom } from '../promql/histogram/classic.js';
import { drop, keyOf, labelOf, METRIC_NAME, withLabel, type LabelSet } from '../promql/labels.js';
import { numberOf, type Written } from '../promql/notation.js';
import type { Loaded } from './script.js';

const SUFFIX = /_(bucket|sum|count)$/;

/** The classic histograms among `series` as native ones with custom buckets. */
export function customHistograms(series: readonly Loaded[]): Loaded[] {
  const families = new Map<string, { labels: LabelSet; buckets: { upper: number; samples: Written[] }[]; sum: Written[]; length: number }>();
  for (const { labels, samples } of series) {
    const name = labelOf(labels, METRIC_NAME);
    const suffix = SUFFIX.exec(name)?.[1];
    if (!suffix) continue;
    const base = withLabel(drop(labels, new Set(['le'])), METRIC_NAME, name.replace(SUFFIX, ''));
    const family = families.get(keyOf(base)) ?? { labels: base, buckets: [], sum: [], length: 0 };
    families.set(keyOf(base), family);
    family.length = Math.max(family.length, samples.length);
    if (suffix === 'bucket') family.buckets.push({ upper: numberOf(labelOf(labels, 'le')), samples });
    else if (suffix === 'sum') family.sum = samples;
  }
  return [...families.values()].filter(({ buckets }) => buckets.length > 0).map(({ labels, buckets, sum, length }) => ({
    labels,
    samples: Array.from({ length }, (_none, index): Written => {
      // Bounds written twice hold the same count, not twice the count.
      const byBound = new Map<number, number>();
      for (const { upper, samples } of buckets) if (typeof samples[index] === 'number') byBound.set(upper, samples[index]);
      if (byBound.size === 0) return undefined;
      const total = sum[index];
      if (!byBound.has(Infinity)) byBound.set(Infinity, Math.max(...byBound.values()));
      return toCustom([...byBound].map(([upper, count]) => ({ upper, count })), typeof total === 'number' ? total : 0);
    }),
  }));
}
