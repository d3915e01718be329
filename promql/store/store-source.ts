import type { Store } from '#store/store.js';
import type { Histogram } from '../histogram/histogram.js';
import type { LabelSet } from '../labels.js';
import { HISTOGRAM, STALE, type SampleSource, type SeriesData } from '../source.js';
import { readHistograms, type TimedHistogram } from './histograms.js';
import { createSampleCache } from './sample-cache.js';
import type { Samples } from './samples.js';
import { createSeriesIndex } from './series-index.js';
import { tooManySamples } from './store-errors.js';

/** The times a DateTime64 holds. */
const EARLIEST_MS = -2_000_000_000_000;
const LATEST_MS = 9_000_000_000_000;

const clamp = (time: number): number => Math.min(Math.max(Math.round(time), EARLIEST_MS), LATEST_MS);

/** Samples of `metric_samples` and `metric_histograms`, by the labels of `metric_series`. Matching runs in ClickHouse; samples come back as binary columns. What earlier queries read is kept in up to `cacheBytes`. */
export function createStoreSource(store: Store, cacheBytes = 0): SampleSource {
  const select = createSeriesIndex(store);
  const samplesFor = createSampleCache(store, cacheBytes);
  return {
    async select(matchers, from, to, limits) {
      const selection = await select(matchers, limits);
      if (selection.series.length === 0) return [];
      const read = { selection, from: clamp(from), to: clamp(to), timeoutSeconds: Math.max(1, Math.ceil(limits.timeoutSeconds)), maxSamples: limits.maxSamples };
      const samples = await samplesFor(read);
      const native = selection.native ? await readHistograms(store, read) : undefined;
      const found: SeriesData[] = [];
      let count = 0;
      for (const one of selection.series) {
        const series = join(one.labels, samples.get(one), native?.get(one.id));
        if (!series) continue;
        count += series.times.length;
        if (count > limits.maxSamples) throw tooManySamples();
        found.push(series);
      }
      return found;
    },
  };
}

/** Floats and histograms of one series in the order of their times. undefined when there are none. */
function join(labels: LabelSet, samples: Samples | undefined, native: readonly TimedHistogram[] | undefined): SeriesData | undefined {
  if (!native) return samples && { labels, ...samples, histograms: undefined };
  const length = (samples?.times.length ?? 0) + native.length;
  const out = { times: new Float64Array(length), values: new Float64Array(length), kinds: new Uint8Array(length), histograms: Array.from<Histogram | undefined>({ length }) };
  let float = 0;
  let histogram = 0;
  for (let at = 0; at < length; at += 1) {
    const next = native[histogram];
    const floatTime = samples?.times[float] ?? Infinity;
    if (next && next.time <= floatTime) {
      out.times[at] = next.time;
      out.kinds[at] = HISTOGRAM;
      out.histograms[at] = next.histogram;
      histogram += 1;
    } else {
      out.times[at] = floatTime;
      out.values[at] = samples?.values[float] ?? Number.NaN;
      out.kinds[at] = samples?.kinds[float] ?? STALE;
      float += 1;
    }
  }
  return { labels, ...out };
}

