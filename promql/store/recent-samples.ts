import { HashTable } from '#core/hash-table.js';
import { chunkBefore, chunkCount, chunkFirst, chunkHasStale, chunkLast, chunkReach, hasStale, NONE, planChunk, readChunk, writeChunk, type Columns } from './chunk.js';
import { Ring } from './ring.js';
import type { Rows } from '#store/samples.js';
import { samplesOf, sorted, type Samples } from './samples.js';
import type { StoredSeries } from './series-rows.js';
import { tooManySamples } from '../query-error.js';

/** Samples of a series that lie as they came, before they become a chunk. */
const OPEN = 48;
const OPEN_BYTES = OPEN * 16 + 32;
/** Open samples of all series take at most this share of what may be held. */
const OPEN_SHARE = 0.5;
/** Samples further ahead of the clock than this are left to the store: one of them may not make all that come after it seem late. */
export const AHEAD_MS = 600_000;

/**
 * The newest samples of all series, in memory: those that came last, of up to `maxBytes`.
 * A series has a few open samples, and behind them a chain of chunks, each of which knows where the one before lies. Samples may come in any order; within a chunk they are sorted.
 */
export class RecentSamples {
  /** Samples after this are all here, up to `until`. */
  readonly #since: number;
  #until: number;
  readonly #maxBytes: number;
  readonly #ids = new HashTable();
  readonly #ring = new Ring();
  #open: Columns = columnsOf(256);
  /** Of each series: how many are open, its newest chunk, and the latest time in its chunks. */
  #counts = new Uint8Array(256);
  #newest = new Float64Array(256).fill(NONE);
  #reach = new Float64Array(256).fill(-Infinity);
  #isFull = false;

  /** Every sample after `since` will be added, those after `until` excepted. */
  constructor(maxBytes: number, since: number, until = Infinity) {
    this.#maxBytes = maxBytes;
    this.#since = since;
    this.#until = until;
  }

  /** There are too many series: it holds nothing any more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** All samples in (from, to] are here; undefined when none up to `to` need be. */
  from(to: number): number | undefined {
    const from = Math.max(this.#since, this.#ring.droppedUpTo);
    return this.#isFull || to > this.#until || from >= to ? undefined : from;
  }

  add({ rows, ids, times, values }: Rows, now: number): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, rows * 2);
    const last = now + AHEAD_MS;
    for (let row = 0; row < rows && !this.#isFull; row += 1) {
      const time = times[row] ?? 0;
      if (time > last) this.#until = Math.min(this.#until, time - 1);
      else this.#put(this.#ids.number(ids[row * 2] ?? 0, ids[row * 2 + 1] ?? 0), time, bits[row * 2] ?? 0, bits[row * 2 + 1] ?? 0);
    }
  }

  #put(series: number, time: number, low: number, high: number): void {
    if (series >= this.#counts.length && !this.#grow()) return;
    if ((this.#counts[series] ?? 0) === OPEN) this.#close(series);
    const count = this.#counts[series] ?? 0;
    const { times, values, bits } = this.#open;
    const first = series * OPEN;
    let at = first + count;
    if (count > 0 && time <= (times[at - 1] ?? 0)) {
      while (at > first && time < (times[at - 1] ?? 0)) at -= 1;
      // A time that is there already stands as it is.
      if (at > first && time === times[at - 1]) return;
      times.copyWithin(at + 1, at, first + count);
      values.copyWithin(at + 1, at, first + count);
    }
    times[at] = time;
    bits[at * 2] = low;
    bits[at * 2 + 1] = high;
    this.#counts[series] = count + 1;
  }

  #close(series: number): void {
    const from = series * OPEN;
    const count = this.#counts[series] ?? 0;
    const plan = planChunk(this.#open, from, count);
    const position = this.#ring.reserve(plan.size, this.#maxBytes - this.#counts.length * OPEN_BYTES);
    const views = this.#ring.at(position);
    if (!views) return;
    const reach = Math.max(this.#reach[series] ?? -Infinity, this.#open.times[from + count - 1] ?? 0);
    writeChunk(views, this.#ring.offset(position), this.#open, from, count, plan, this.#newest[series] ?? NONE, reach);
    this.#ring.note(position);
    this.#newest[series] = position;
    this.#reach[series] = reach;
    this.#counts[series] = 0;
  }

  /** False when there is no room for more series; then everything is let go. */
  #grow(): boolean {
    const size = this.#counts.length * 2;
    if (size * OPEN_BYTES > this.#maxBytes * OPEN_SHARE) {
      this.#isFull = true;
      this.#open = columnsOf(0);
      return false;
    }
    const open = columnsOf(size);
    open.times.set(this.#open.times);
    open.values.set(this.#open.values);
    this.#open = open;
    const counts = new Uint8Array(size);
    counts.set(this.#counts);
    const newest = new Float64Array(size).fill(NONE);
    newest.set(this.#newest);
    const reach = new Float64Array(size).fill(-Infinity);
    reach.set(this.#reach);
    [this.#counts, this.#newest, this.#reach] = [counts, newest, reach];
    return true;
  }

  /** Chunks as they follow each other in time, unless they overlap. */
  #byTime(positions: number[]): number[] {
    const firstOf = (position: number): number => {
      const views = this.#ring.at(position);
      return views ? chunkFirst(views, this.#ring.offset(position)) : Infinity;
    };
    for (let at = 1; at < positions.length; at += 1) if (firstOf(positions[at] ?? NONE) < firstOf(positions[at - 1] ?? NONE)) return positions.toSorted((a, b) => firstOf(a) - firstOf(b));
    return positions;
  }

  /** Samples in (from, to], which must all be here. Throws `execution` above the limit. */
  read(wanted: readonly StoredSeries[], from: number, to: number, maxSamples: number): Map<StoredSeries, Samples> {
    // Where each series' chunks are, oldest first, and how much room all of them take.
    const chains = new Map<StoredSeries, { readonly number: number; readonly chunks: readonly number[] }>();
    let room = 0;
    /** Samples that are within for certain: chunks that are whole. */
    let within = 0;
    for (const one of wanted) {
      const number = this.#ids.get(one.low, one.high);
      if (number < 0) continue;
      const chunks: number[] = [];
      for (let position = this.#newest[number] ?? NONE; ; ) {
        const views = this.#ring.at(position);
        const start = this.#ring.offset(position);
        if (!views || chunkReach(views, start) <= from) break;
        if (chunkLast(views, start) > from && chunkFirst(views, start) <= to) {
          chunks.push(position);
          room += chunkCount(views, start);
          if (chunkFirst(views, start) > from && chunkLast(views, start) <= to) within += chunkCount(views, start);
        }
        position = chunkBefore(views, start);
      }
      room += this.#counts[number] ?? 0;
      chains.set(one, { number, chunks: this.#byTime(chunks.reverse()) });
    }
    if (within > maxSamples) throw tooManySamples();
    const { times, values, bits } = columnsOf(room / OPEN);
    const found = new Map<StoredSeries, Samples>();
    let at = 0;
    let total = 0;
    for (const [one, { number, chunks }] of chains) {
      const begin = at;
      let plain = true;
      let ordered = true;
      for (const position of chunks) {
        const views = this.#ring.at(position);
        if (!views) continue;
        const start = this.#ring.offset(position);
        readChunk(views, start, times, values, at);
        if (at > begin && (times[at] ?? 0) <= (times[at - 1] ?? 0)) ordered = false;
        if (chunkHasStale(views, start)) plain = false;
        at += chunkCount(views, start);
      }
      const count = this.#counts[number] ?? 0;
      const first = number * OPEN;
      times.set(this.#open.times.subarray(first, first + count), at);
      values.set(this.#open.values.subarray(first, first + count), at);
      if (count > 0 && at > begin && (times[at] ?? 0) <= (times[at - 1] ?? 0)) ordered = false;
      if (hasStale(bits, at, at + count)) plain = false;
      at += count;
      const samples = ordered ? trimmed(times, values, begin, at, from, to, plain) : windowOf(sorted(times.subarray(begin, at), values.subarray(begin, at), plain), from, to);
      if (!samples) continue;
      total += samples.times.length;
      if (total > maxSamples) throw tooManySamples();
      found.set(one, samples);
    }
    return found;
  }
}

function columnsOf(series: number): Columns {
  const size = Math.ceil(series * OPEN);
  const values = new Float64Array(size);
  return { times: new Float64Array(size), values, bits: new Uint32Array(values.buffer) };
}

function trimmed(times: Float64Array, values: Float64Array, begin: number, end: number, from: number, to: number, plain: boolean): Samples | undefined {
  let [first, last] = [begin, end];
  while (first < last && (times[first] ?? 0) <= from) first += 1;
  while (last > first && (times[last - 1] ?? 0) > to) last -= 1;
  return first < last ? samplesOf(times.subarray(first, last), values.subarray(first, last), plain) : undefined;
}

const windowOf = ({ times, values, plain }: Samples, from: number, to: number): Samples | undefined => trimmed(times, values, 0, times.length, from, to, plain);
