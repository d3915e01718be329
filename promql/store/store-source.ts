import type { Labels } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Histogram } from '../histogram/histogram.js';
import { compareLabels, labelSet, METRIC_NAME, type LabelSet } from '../labels.js';
import { HISTOGRAM, STALE, type SampleSource, type SeriesData } from '../source.js';
import { conditionOf } from './conditions.js';
import { readHistograms, type TimedHistogram } from './histograms.js';
import { readSamples, type Samples } from './samples.js';
import { reading, tooManySeries } from './store-errors.js';

const COLUMNS = { name: 'name', labels: 'labels' };
/** The times a DateTime64 holds. */
const EARLIEST_MS = -2_000_000_000_000;
const LATEST_MS = 9_000_000_000_000;

const clamp = (time: number): number => Math.min(Math.max(Math.round(time), EARLIEST_MS), LATEST_MS);

/** Samples of `metric_samples` and `metric_histograms`, by the labels of `metric_series`. Matching runs in ClickHouse; samples come back as binary columns. */
export function createStoreSource(store: Store): SampleSource {
  return {
    async select(matchers, from, to, limits) {
      const { sql, params } = conditionOf(matchers, COLUMNS);
      const timeoutSeconds = Math.max(1, Math.ceil(limits.timeoutSeconds));
      const rows = await reading(() =>
        store.query<{ id: string; name: string; labels: Labels; type: string }>(`SELECT toString(id) AS id, name, labels, type FROM metric_series WHERE ${sql} ORDER BY name, id, last_seen DESC LIMIT 1 BY metric_series.id LIMIT ${limits.maxSeries + 1}`, { params, timeoutSeconds }),
      );
      if (rows.length > limits.maxSeries) throw tooManySeries(limits.maxSeries);
      if (rows.length === 0) return [];
      const read = { where: sql, params: { ...params, from: clamp(from), to: clamp(to) }, timeoutSeconds, maxSamples: limits.maxSamples };
      const samples = await readSamples(store, read);
      const native = rows.some(({ type }) => type === 'exponential_histogram') ? await readHistograms(store, read) : undefined;
      const found = rows.flatMap(({ id, name, labels }) => {
        const own = labelSet([[METRIC_NAME, name], ...Object.entries(labels)]);
        return join(own, samples.get(BigInt(id)), native?.get(BigInt(id))) ?? [];
      });
      return found.toSorted((a, b) => compareLabels(a.labels, b.labels));
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

