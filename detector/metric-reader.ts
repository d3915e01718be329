import { setImmediate } from 'node:timers/promises';
import { rowsIn, type Rows } from '#store/samples.js';
import type { Store } from '#store/store.js';
import { SAMPLES_WITHIN } from '#store/within.js';
import { ROLE, type Catalogue } from './catalogue.js';
import type { Readings } from './measured.js';

/** A range of time in slots, epoch seconds, and optionally of ids: from `low` (inclusive) to `high` (exclusive; undefined for no end). */
export interface MetricRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly ids?: { readonly low: bigint; readonly high: bigint | undefined };
  /** Only these, from what is kept of each minute: the mean of values, the last of counters. */
  readonly only?: { readonly values: readonly bigint[]; readonly counters: readonly bigint[] };
}

/** What histograms and summaries gained in each slot, by the place of their mean. */
export type Gains = Map<number, { readonly count: Float64Array; readonly sum: Float64Array }>;

export interface MetricReader {
  /** What ClickHouse says of a range, for `take`. */
  fetch(range: MetricRange): Promise<Buffer>;
  /**
   * Puts what was fetched of a range into `into`; halves of means go into `gains`, to be put when both were taken. What arrived is noted in `arrived`, `into` unless given. Of a counter, ranges must be taken in order of time.
   * `places` says where in `into` each target is, when parts of it were taken before.
   */
  take(range: MetricRange, bytes: Buffer, into: Readings, gains: Gains, more?: { readonly arrived?: Readings; readonly places?: Int32Array }): Promise<void>;
}

/** A counter that paused for longer begins anew. */
const FORGET_MS = 3_600_000;
/** Samples of two slots that are closer than this share of a step tell little of a rate: what came between them counts with the next. */
const CLOSE = 0.25;
/** Rows that are looked at without a pause. */
const SLICE = 16_384;
/** Samples of a series in a slot beyond which ClickHouse is left to find the last: it takes as long over one as to hand on four. */
const DENSE = 4;
/** Reads until it is tried again whether they still come so often. */
const DENSE_READS = 40;

/** `describing`: whether ids that were never seen are asked after, and it is noted what arrived of whom; otherwise they are left out. */
export function createMetricReader(store: Store, catalogue: Catalogue, describing: boolean): MetricReader {
  /** Last value of each counter and its sample's time, by the number of its id, for its rate across reads: intervals and steps need not fit. */
  let lasts = new Float64Array(1024);
  let lastAts = new Float64Array(1024).fill(-1);
  let generation = catalogue.generation();
  /** Reads for which ClickHouse finds the last sample of each slot. */
  let denseReads = 0;

  function makeRoom(size: number): void {
    if (size <= lasts.length) return;
    const larger = Math.max(size, lasts.length * 2);
    const [values, ats] = [new Float64Array(larger), new Float64Array(larger).fill(-1)];
    values.set(lasts);
    ats.set(lastAts);
    [lasts, lastAts] = [values, ats];
  }

  return {
    fetch({ from, to, step, ids, only }) {
      const within = ids === undefined ? '' : ` AND series >= ${ids.low}${ids.high === undefined ? '' : ` AND series < ${ids.high}`}`;
      denseReads -= 1;
      const [columns, grouped] = denseReads > 0 ? ['series, max(time) AS at, argMax(value, time)', ' GROUP BY series, intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})'] : ['series, time, value', ''];
      return store.queryBytes(only ? pastSql(only) : `SELECT ${columns} FROM metric_samples WHERE NOT isNaN(value) AND ${SAMPLES_WITHIN}${within}${grouped}`, 'Native', { params: { from, to, step }, timeoutSeconds: 120 });
    },
    async take({ from, step }, bytes, into, gains, { arrived = into, places: before } = {}) {
      const { slots } = into;
      const blocks = [...rowsIn(bytes)];
      if (generation !== catalogue.generation()) lastAts.fill(-1);
      generation = catalogue.generation();
      const numbers = await numbered(blocks);
      makeRoom(catalogue.size());
      const { ownOf, values, times, isDense } = lastOfSlots(blocks, numbers, catalogue.size(), { from, step, slots });
      if (isDense) denseReads = DENSE_READS;
      await setImmediate();
      const places = before ?? catalogue.noPlaces();
      const placed = (target: number): number => {
        let place = places[target] ?? -1;
        const series = catalogue.targets[target];
        if (place === -1 && series) {
          place = into.add(series);
          places[target] = place;
        }
        return place;
      };
      const { roles, targets, means, services } = catalogue.described();
      /** Samples by service and slot. */
      const arrivals = new Float64Array(describing ? catalogue.services.length * slots : 0);
      let looked = 0;
      for (let number = 0; number < ownOf.length; number += 1) {
        const own = ownOf[number] ?? -1;
        if (own === -1) continue;
        const role = roles[number] ?? ROLE.unknown;
        const target = targets[number] ?? -1;
        if (describing) catalogue.see(number, (from + (slots - 1) * step) * 1000);
        // What was described since belongs to the next read.
        if (role === ROLE.unknown || role === ROLE.ignored || target >= places.length) continue;
        const arrivedAt = (services[number] ?? 0) * slots;
        for (let slot = 0; slot < slots; slot += 1) {
          const value = values[own * slots + slot] ?? Number.NaN;
          if (Number.isNaN(value)) continue;
          if (describing) arrivals[arrivedAt + slot] = (arrivals[arrivedAt + slot] ?? 0) + 1;
          if (role === ROLE.unwatched || !Number.isFinite(value)) continue;
          if (role === ROLE.value) {
            into.set(placed(target), slot, value, 0);
            continue;
          }
          const at = times[own * slots + slot] ?? 0;
          const lastAt = lastAts[number] ?? -1;
          if (at - lastAt < CLOSE * step * 1000) continue;
          const last = lasts[number] ?? 0;
          lasts[number] = value;
          lastAts[number] = at;
          if (lastAt === -1 || at - lastAt > FORGET_MS) continue;
          const gain = gainOf(role, last, value);
          if (target !== -1) into.set(placed(target), slot, (gain * 1000) / (at - lastAt), 0);
          if (role === ROLE.counter || role === ROLE.change) continue;
          const gained = gainsOf(gains, means[number] ?? -1, slots);
          gained[role === ROLE.sum ? 'sum' : 'count'][slot] = gain;
        }
        looked += slots;
        if (looked < SLICE) continue;
        looked = 0;
        await setImmediate();
      }
      for (let at = 0; at < arrivals.length; at += 1) {
        const points = arrivals[at] ?? 0;
        if (points > 0) arrived.arrive(catalogue.services[Math.floor(at / slots)] ?? '', at % slots, points);
      }
    },
  };

  /** The number of the id in each row; -1 where it has none. Asks after ids of which nothing is known yet: what a series is may be stored a moment after its first sample. */
  async function numbered(blocks: readonly Rows[]): Promise<Int32Array> {
    const numbers = new Int32Array(blocks.reduce((sum, { rows }) => sum + rows, 0));
    const unknown = new Set<number>();
    let index = 0;
    for (const { rows, ids } of blocks) {
      for (let row = 0; row < rows; row += 1, index += 1) {
        if (index % SLICE === SLICE - 1) await setImmediate();
        const number = catalogue.numberOf(ids[row * 2] ?? 0, ids[row * 2 + 1] ?? 0, describing);
        numbers[index] = number;
        if (describing && catalogue.described().roles[number] === ROLE.unknown) unknown.add(number);
      }
    }
    if (unknown.size > 0) await catalogue.describe([...unknown]);
    return numbers;
  }
}

/** A counter that fell was reset. A total that may fall began anew where that makes less of a change. */
function gainOf(role: number, last: number, value: number): number {
  const gain = value - last;
  if (role === ROLE.change) return Math.abs(gain) <= Math.abs(value) ? gain : value;
  return gain >= 0 ? gain : value;
}

/** The last sample of each slot, by id. */
interface LastOfSlots {
  /** Which row of `values` and `times` an id has, by its number; -1 for none. Those read go through in the order of their numbers, so that they come in the same order each time. */
  readonly ownOf: Int32Array;
  readonly values: Float64Array;
  readonly times: Float64Array;
  /** Whether they come so often that ClickHouse is better left to find the last. */
  readonly isDense: boolean;
}

/** A counter's values must be seen in order, and of a slot the last one counts. */
function lastOfSlots(blocks: readonly Rows[], numbers: Int32Array, size: number, { from, step, slots }: { readonly from: number; readonly step: number; readonly slots: number }): LastOfSlots {
  const ownOf = new Int32Array(size).fill(-1);
  let owned = 0;
  for (const number of numbers) {
    if (number === -1 || ownOf[number] !== -1) continue;
    ownOf[number] = owned;
    owned += 1;
  }
  const values = new Float64Array(owned * slots).fill(Number.NaN);
  const times = new Float64Array(owned * slots);
  let [index, samples, filled] = [0, 0, 0];
  for (const block of blocks) {
    for (let row = 0; row < block.rows; row += 1, index += 1) {
      const number = numbers[index] ?? -1;
      if (number === -1) continue;
      samples += 1;
      const time = block.times[row] ?? 0;
      const at = (ownOf[number] ?? 0) * slots + Math.floor((time - from * 1000) / (step * 1000));
      const known = times[at] ?? 0;
      if (known > time) continue;
      if (known === 0) filled += 1;
      times[at] = time;
      values[at] = block.values[row] ?? Number.NaN;
    }
  }
  return { ownOf, values, times, isDense: samples > filled * DENSE };
}

/** `series IN ()` of no ids is no SQL. */
const listed = (ids: readonly bigint[]): string => (ids.length === 0 ? 'false' : `series IN (${ids.join()})`);

const pastSql = ({ values, counters }: NonNullable<MetricRange['only']>): string =>
  `SELECT series, toDateTime64(metric_1m.time, 3) AS at, if(${listed(values)}, sum(metric_1m.sum) / sum(metric_1m.count), argMaxMerge(last)) FROM metric_1m
   WHERE metric_1m.time >= toDateTime({from:UInt32}) AND metric_1m.time < toDateTime({to:UInt32}) AND ${listed([...values, ...counters])} GROUP BY series, metric_1m.time`;

function gainsOf(gains: Gains, mean: number, slots: number): { readonly count: Float64Array; readonly sum: Float64Array } {
  let known = gains.get(mean);
  if (!known) {
    known = { count: new Float64Array(slots), sum: new Float64Array(slots) };
    gains.set(mean, known);
  }
  return known;
}

/** Means of what was gained, where anything was. */
export function putMeans(gains: Gains, { targets }: Catalogue, into: Readings): void {
  for (const [place, { count, sum }] of gains) {
    const series = targets[place];
    if (!series) continue;
    let row = -1;
    for (let slot = 0; slot < count.length; slot += 1) {
      const gained = count[slot] ?? 0;
      if (!(gained > 0)) continue;
      if (row === -1) row = into.add(series);
      into.set(row, slot, (sum[slot] ?? 0) / gained, gained);
    }
  }
}
