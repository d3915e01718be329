import type { Store } from '#store/store.js';
import { hoursWithin } from '#store/within.js';
import { FLOAT, STALE } from '../source.js';
import { rowsIn, type Rows } from '#store/samples.js';
import type { Selection } from './series-index.js';
import type { StoredSeries } from './series-rows.js';
import { tooManySamples } from '../query-error.js';
import { reading } from './store-errors.js';

/** The samples of one series as columns; times strictly increase. */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  /** All are FLOAT. */
  readonly plain: boolean;
}

export interface StoreRead {
  readonly selection: Selection;
  /** Samples are in (from, to]. */
  readonly from: number;
  readonly to: number;
  readonly timeoutSeconds: number;
  readonly maxSamples: number;
  /** Only ids from the first to the second of these. */
  readonly ids?: readonly [bigint, bigint];
}

/** Prometheus' stale marker is one NaN among many: these bits, low word first. */
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;

/** Times in (from, to]. */
export const WINDOW = 'time > fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64})';
/** The same, of `metric_samples`. */
export const SAMPLES_WINDOW = `${hoursWithin('intDiv({from:Int64}, 1000)', 'intDiv({to:Int64}, 1000)')} AND ${WINDOW}`;

/** Rows of one block that belong to one series, as they lie next to each other. */
interface Stretch {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
  readonly plain: boolean;
}

/** Samples by series. A time stored twice counts once. Rows come in the order of the store's parts, unsorted as a whole: sorting there costs more than everything else. Throws `execution` above the limit. */
export async function readSamples(store: Store, { selection, from, to, timeoutSeconds, maxSamples, ids }: StoreRead): Promise<Map<StoredSeries, Samples>> {
  const sql = `SELECT series, toUnixTimestamp64Milli(time), value FROM metric_samples WHERE ${ids ? `series >= ${ids[0]} AND series <= ${ids[1]} AND ` : ''}${selection.where} AND ${SAMPLES_WINDOW} LIMIT ${maxSamples + 1}`;
  const bytes = await reading(() => store.queryBytes(sql, 'Native', { params: { ...selection.params, from, to }, timeoutSeconds }));
  const stretches = new Map<StoredSeries, Stretch[]>();
  let rows = 0;
  for (const block of rowsIn(bytes)) {
    rows += block.rows;
    if (rows > maxSamples) throw tooManySamples();
    cut(block, selection, stretches);
  }
  const found = new Map<StoredSeries, Samples>();
  for (const [series, parts] of stretches) found.set(series, join(parts));
  return found;
}

function cut({ rows, ids, times, values }: Rows, selection: Selection, into: Map<StoredSeries, Stretch[]>): void {
  const bits = new Uint32Array(values.buffer);
  for (let from = 0; from < rows; ) {
    const low = ids[from * 2] ?? 0;
    const high = ids[from * 2 + 1] ?? 0;
    let to = from;
    let plain = true;
    let before = -Infinity;
    // A stretch ends also where times do not increase: there another part of the store begins.
    while (to < rows && ids[to * 2] === low && ids[to * 2 + 1] === high) {
      const time = times[to] ?? Number.NaN;
      if (time <= before) break;
      before = time;
      if (bits[to * 2 + 1] === STALE_HIGH && bits[to * 2] === STALE_LOW) plain = false;
      to += 1;
    }
    const series = selection.find(low, high);
    if (series) {
      const known = into.get(series);
      if (known) known.push({ times, values, from, to, plain });
      else into.set(series, [{ times, values, from, to, plain }]);
    }
    from = to;
  }
}

function join(stretches: Stretch[]): Samples {
  const first = stretches[0];
  if (first && stretches.length === 1) return samplesOf(first.times.subarray(first.from, first.to), first.values.subarray(first.from, first.to), first.plain);
  const total = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const times = new Float64Array(total);
  const values = new Float64Array(total);
  let at = 0;
  let ordered = true;
  for (const stretch of stretches.toSorted((a, b) => (a.times[a.from] ?? 0) - (b.times[b.from] ?? 0))) {
    if (at > 0 && (stretch.times[stretch.from] ?? 0) <= (times[at - 1] ?? 0)) ordered = false;
    times.set(stretch.times.subarray(stretch.from, stretch.to), at);
    values.set(stretch.values.subarray(stretch.from, stretch.to), at);
    at += stretch.to - stretch.from;
  }
  const plain = stretches.every((stretch) => stretch.plain);
  return ordered ? samplesOf(times, values, plain) : sorted(times, values, plain);
}

/** Parts that overlap in time: in order, of each time the first. */
export function sorted(times: Float64Array, values: Float64Array, plain: boolean): Samples {
  const order = Uint32Array.from(times.keys()).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const outTimes = new Float64Array(times.length);
  const outValues = new Float64Array(times.length);
  let count = 0;
  for (const at of order) {
    const time = times[at] ?? Number.NaN;
    if (count > 0 && outTimes[count - 1] === time) continue;
    outTimes[count] = time;
    outValues[count] = values[at] ?? Number.NaN;
    count += 1;
  }
  return samplesOf(outTimes.subarray(0, count), outValues.subarray(0, count), plain);
}

/** `tail` is later than `head`. */
export function append(head: Samples, tail: Samples): Samples {
  const grown = (a: Float64Array, b: Float64Array): Float64Array => {
    const out = new Float64Array(a.length + b.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  return samplesOf(grown(head.times, tail.times), grown(head.values, tail.values), head.plain && tail.plain);
}

let floats = new Uint8Array(1024).fill(FLOAT);

/** `length` times FLOAT, one array for all. */
export function allFloats(length: number): Uint8Array {
  if (length > floats.length) floats = new Uint8Array(length * 2).fill(FLOAT);
  return floats.subarray(0, length);
}

export function samplesOf(times: Float64Array, values: Float64Array, plain: boolean): Samples {
  if (plain) return { times, values, kinds: allFloats(times.length), plain };
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const kinds = Uint8Array.from(values, (_value, at) => (bits[at * 2] === STALE_LOW && bits[at * 2 + 1] === STALE_HIGH ? STALE : FLOAT));
  return { times, values, kinds, plain };
}
