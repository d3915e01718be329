import type { Matcher } from '../promql/ast.js';
import { isReset } from '../promql/histogram/arithmetic.js';
import type { Histogram } from '../promql/histogram/histogram.js';
import { compareLabels, keyOf, type LabelSet } from '../promql/labels.js';
import { matchesAll } from '../promql/matchers.js';
import { FLOAT, HISTOGRAM, STALE, type SampleSource, type SeriesData } from '../promql/source.js';
import type { Written } from '../promql/notation.js';
import type { Loaded } from './script.js';

export interface MemorySource extends SampleSource {
  /** Adds samples `stepMs` apart from time 0. */
  load(series: Loaded, stepMs: number): void;
  clear(): void;
  all(): Iterable<{ readonly labels: LabelSet; readonly samples: ReadonlyMap<number, Written> }>;
}

/** Series in memory: the fast inner loop of the conformance runner, and the home of histograms that the store's columns do not hold. */
export function createMemorySource(): MemorySource {
  const series = new Map<string, { readonly labels: LabelSet; readonly samples: Map<number, Written>; readonly starts: Map<number, number> }>();
  return {
    load({ labels, samples, starts = [] }, stepMs) {
      const one = series.get(keyOf(labels)) ?? { labels, samples: new Map<number, Written>(), starts: new Map<number, number>() };
      series.set(keyOf(labels), one);
      for (const [index, sample] of samples.entries()) if (sample !== undefined) one.samples.set(index * stepMs, sample);
      for (const [index, offset] of starts.entries()) if (offset !== undefined) one.starts.set(index * stepMs, index * stepMs + offset);
    },
    clear: () => series.clear(),
    all: () => series.values(),
    async select(matchers: readonly Matcher[], from, to) {
      const found = [...series.values()].filter(({ labels }) => matchesAll(matchers, labels)).map(({ labels, samples, starts }) => columns(labels, samples, starts, from, to));
      return found.filter(({ times }) => times.length > 0).toSorted((a, b) => compareLabels(a.labels, b.labels));
    },
  };
}

function columns(labels: LabelSet, samples: ReadonlyMap<number, Written>, starts: ReadonlyMap<number, number>, from: number, to: number): SeriesData {
  const hinted = withHints([...samples].toSorted(([a], [b]) => a - b));
  const kept = hinted.filter(([time]) => time > from && time <= to);
  return {
    labels,
    times: Float64Array.from(kept, ([time]) => time),
    values: Float64Array.from(kept, ([, sample]) => (typeof sample === 'number' ? sample : Number.NaN)),
    kinds: Uint8Array.from(kept, ([, sample]) => (typeof sample === 'number' ? FLOAT : sample === 'stale' ? STALE : HISTOGRAM)),
    histograms: kept.map(([, sample]) => (typeof sample === 'object' ? sample : undefined)),
    ...(starts.size > 0 && { starts: Float64Array.from(kept, ([time]) => starts.get(time) ?? 0) }),
  };
}

/** As Prometheus' storage does, marks a histogram that continues the one before; after a reset, nothing is said. */
function withHints(samples: readonly [number, Written][]): [number, Written][] {
  let previous: Histogram | undefined;
  return samples.map(([time, sample]) => {
    if (typeof sample !== 'object') {
      if (typeof sample === 'number') previous = undefined;
      return [time, sample];
    }
    let marked = sample;
    if (sample.hint === 'unknown' && previous && previous.hint !== 'gauge') marked = { ...sample, hint: isReset(sample, previous) ? 'unknown' : 'not_reset' };
    previous = sample;
    return [time, marked];
  });
}
