import type { Store } from '#store/store.js';
import { append, readSamples, type Samples, type StoreRead } from './samples.js';
import type { Selection } from './series-index.js';
import type { StoredSeries } from './series-rows.js';

/** Samples of one selection in (from, to], as they were at `mark` of the change log. */
interface Kept {
  from: number;
  to: number;
  mark: number;
  /** The longest that a query looked back from the newest sample. */
  span: number;
  series: Map<StoredSeries, Samples>;
  bytes: number;
  usedAt: number;
}

const SAMPLE_BYTES = 16;
const SERIES_BYTES = 300;
/** One selection may not push out everything else. */
const LARGEST_SHARE = 0.6;
const SPARE = 1.5;
const RECENT_MS = 900_000;
/** The last time that a DateTime64 holds, about. */
const LATEST_MS = 9_000_000_000_000;

/**
 * Samples that earlier queries read, by selection: a query that comes again a little later reads only what is new.
 * What is kept is true: rows that came since, wherever in time they belong, cut off everything from the earliest of them on, which is then read again.
 */
export function createSampleCache(store: Store, maxBytes: number) {
  const kept = new Map<Selection, Kept>();
  let clock = 0;

  function put(selection: Selection, entry: Kept): void {
    kept.delete(selection);
    if (entry.bytes > maxBytes * LARGEST_SHARE) return;
    kept.set(selection, entry);
    let total = 0;
    for (const { bytes } of kept.values()) total += bytes;
    for (const [oldest, { bytes }] of [...kept].toSorted(([, a], [, b]) => a.usedAt - b.usedAt)) {
      if (total <= maxBytes) break;
      kept.delete(oldest);
      total -= bytes;
    }
  }

  return async (asked: StoreRead): Promise<ReadonlyMap<StoredSeries, Samples>> => {
    const log = store.changes;
    if (!log || maxBytes === 0) return readSamples(store, asked);
    const { selection, from } = asked;
    // A window that ends about now is read to the end of what there is: then the next refresh asks for nothing until something comes.
    const to = asked.to > Date.now() - RECENT_MS ? Math.max(LATEST_MS, asked.to) : asked.to;
    const read = { ...asked, to };
    const entry = kept.get(selection);
    const { mark, earliest } = log.since('metric_samples', entry?.mark ?? 0);
    const valid = entry ? Math.min(entry.to, earliest - 1) : -Infinity;
    if (entry && from >= entry.from && valid > from) {
      entry.span = Math.max(entry.span, asked.to - from);
      if (to > valid) {
        const fresh = await readSamples(store, { ...read, from: valid });
        const longer = extended(entry, valid, asked.to, to, mark, fresh, (clock += 1));
        // Another query may have gone further while this one read.
        if (kept.get(selection) === entry) put(selection, longer);
        return windowed(longer.series, from, asked.to);
      }
      entry.usedAt = clock += 1;
      if (valid === entry.to) entry.mark = mark;
      return windowed(entry.series, from, asked.to);
    }
    const series = await readSamples(store, read);
    put(selection, { from, to, mark, span: asked.to - from, series, bytes: sizeOf(series), usedAt: (clock += 1) });
    return to === asked.to ? series : windowed(series, from, asked.to);
  };
}

/** What is kept up to `valid`, then `fresh`. Nothing that somebody may still look at is changed. */
function extended(entry: Kept, valid: number, askedTo: number, to: number, mark: number, fresh: ReadonlyMap<StoredSeries, Samples>, usedAt: number): Kept {
  // A window that moves on leaves behind what it needs no more; half as much again is kept for one that comes a little late.
  const from = Math.max(entry.from, askedTo - entry.span * SPARE);
  const series = new Map<StoredSeries, Samples>();
  for (const [one, samples] of entry.series) {
    const head = within(samples, from, valid);
    const tail = fresh.get(one);
    if (tail) series.set(one, head ? append(head, tail) : tail);
    else if (head) series.set(one, head);
  }
  for (const [one, samples] of fresh) if (!entry.series.has(one)) series.set(one, samples);
  return { from, to, mark, span: entry.span, series, bytes: sizeOf(series), usedAt };
}

function windowed(series: ReadonlyMap<StoredSeries, Samples>, from: number, to: number): ReadonlyMap<StoredSeries, Samples> {
  const found = new Map<StoredSeries, Samples>();
  for (const [one, samples] of series) {
    const part = within(samples, from, to);
    if (part) found.set(one, part);
  }
  return found;
}

/** Samples in (from, to]; undefined when there are none. */
function within(samples: Samples, from: number, to: number): Samples | undefined {
  const { times, values, kinds, plain } = samples;
  const first = firstAfter(times, from);
  const last = firstAfter(times, to);
  if (first === 0 && last === times.length) return samples;
  if (first >= last) return undefined;
  return { times: times.subarray(first, last), values: values.subarray(first, last), kinds: kinds.subarray(first, last), plain };
}

function firstAfter(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  if (high === 0 || (times[high - 1] ?? 0) <= time) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sizeOf(series: ReadonlyMap<StoredSeries, Samples>): number {
  let bytes = 0;
  for (const { times } of series.values()) bytes += SERIES_BYTES + times.length * SAMPLE_BYTES;
  return bytes;
}
