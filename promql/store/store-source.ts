import type { Store } from '#store/store.js';
import type { Histogram } from '../histogram/histogram.js';
import type { LabelSet } from '../labels.js';
import { createTurns } from '../eval/turns.js';
import { HISTOGRAM, STALE, weightOf, type SampleSource, type SeriesData } from '../source.js';
import { readHistograms, type TimedHistogram } from './histograms.js';
import { createRecent, type Recent } from './recent.js';
import { createSampleCache } from './sample-cache.js';
import { append, readSamples, type Samples, type StoreRead } from './samples.js';
import { createSeriesIndex } from './series-index.js';
import type { StoredSeries } from './series-rows.js';
import { tooManySamples } from '../query-error.js';

/** The times a DateTime64 holds. */
const EARLIEST_MS = -2_000_000_000_000;
const LATEST_MS = 9_000_000_000_000;

const clamp = (time: number): number => Math.min(Math.max(Math.round(time), EARLIEST_MS), LATEST_MS);

/** More samples than these, as far as can be told before they are read, are read in pieces. */
const LARGE_SAMPLES = 3_000_000;
const PIECE_SAMPLES = 1_500_000;
/** What is in memory is taken in pieces that fit into the processor's caches. */
const RECENT_PIECE_SAMPLES = 150_000;
const TYPICAL_INTERVAL_MS = 15_000;

type Read = (read: StoreRead) => Promise<ReadonlyMap<StoredSeries, Samples>>;

/** Samples of `wanted`: from memory as far back as it reaches, older ones by `readOlder`. */
async function readJoined(recent: Recent, read: StoreRead, wanted: readonly StoredSeries[], readOlder: Read): Promise<ReadonlyMap<StoredSeries, Samples>> {
  const held = recent.upTo(read.to);
  if (!held) return readOlder(read);
  const newer = held.samples.read(wanted, Math.max(held.from, read.from), read.to, read.maxSamples);
  if (held.from <= read.from) return newer;
  const joined = new Map(await readOlder({ ...read, to: held.from }));
  for (const [one, tail] of newer) {
    const head = joined.get(one);
    joined.set(one, head ? append(head, tail) : tail);
  }
  return joined;
}

/** Some series after the other; each piece is read while the one before is looked at. */
async function readPieces(store: Store, recent: Recent, read: StoreRead, each: (piece: readonly SeriesData[]) => Promise<void>): Promise<void> {
  const { selection } = read;
  // Out of the store by ids; what is in memory lies as well in one order as in another.
  const stored = (recent.upTo(read.to)?.from ?? Infinity) > read.from;
  const ordered = stored ? selection.series.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : selection.series;
  const size = Math.max(1, Math.floor(((stored ? PIECE_SAMPLES : RECENT_PIECE_SAMPLES) * TYPICAL_INTERVAL_MS) / Math.max(read.to - read.from, TYPICAL_INTERVAL_MS)));
  const start = async (at: number): Promise<SeriesData[]> => {
    const some = ordered.slice(at, at + size);
    const [first, last] = [some[0], some.at(-1)];
    if (!first || !last) return [];
    const samples = await readJoined(recent, read, some, (older) => readSamples(store, stored ? { ...older, ids: [first.id, last.id] } : older));
    return some.flatMap((one) => join(one.labels, samples.get(one), undefined) ?? []);
  };
  let next = start(0);
  for (let at = 0; at < ordered.length; at += size) {
    const piece = await next;
    next = start(at + size);
    // Its failure is heard of where it is waited for.
    next.catch(() => undefined);
    await each(piece);
  }
}

/** How much of what was inserted and of what was read is kept. */
export interface Kept {
  readonly recentBytes: number;
  readonly cacheBytes: number;
  /** Selections of more samples are read in pieces. */
  readonly largeSamples?: number;
}

/** Samples of `metric_samples` and `metric_histograms`, by the labels of `metric_series`. Matching runs in ClickHouse; samples come from what is kept, or back as binary columns. */
export function createStoreSource(store: Store, { recentBytes, cacheBytes, largeSamples = LARGE_SAMPLES }: Kept): SampleSource {
  const select = createSeriesIndex(store);
  const recent = createRecent(store, recentBytes);
  const samplesFor = createSampleCache(store, cacheBytes);
  return {
    async select(matchers, from, to, limits) {
      const selection = await select(matchers, clamp(from), limits);
      if (selection.series.length === 0) return [];
      const read = { selection, from: clamp(from), to: clamp(to), timeoutSeconds: Math.max(1, Math.ceil(limits.timeoutSeconds)), maxSamples: limits.maxSamples };
      const samples = await readJoined(recent, read, selection.series, samplesFor);
      const turns = createTurns(performance.now() + limits.timeoutSeconds * 1000, limits.signal);
      const native = selection.native ? await readHistograms(store, { ...read, turns, countsOnly: limits.countsOnly ?? false }) : undefined;
      const found: SeriesData[] = [];
      let count = 0;
      for (const one of selection.series) {
        const series = join(one.labels, samples.get(one), native?.get(one.id));
        if (!series) continue;
        count += weightOf(series);
        if (count > limits.maxSamples) throw tooManySamples();
        found.push(series);
      }
      return found;
    },
    async large(matchers, from, to, limits) {
      const selection = await select(matchers, clamp(from), limits);
      const perSeries = (Math.min(to, Date.now()) - from) / TYPICAL_INTERVAL_MS;
      if (selection.native || selection.series.length * perSeries < largeSamples) return undefined;
      return {
        identity: selection,
        labels: selection.series.map(({ labels }) => labels),
        since: (mark) => store.changes?.since('metric_samples', mark),
        read: (first, last, bounds, each) => readPieces(store, recent, { selection, from: clamp(first), to: clamp(last), timeoutSeconds: Math.max(1, Math.ceil(bounds.timeoutSeconds)), maxSamples: bounds.maxSamples }, each),
      };
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

