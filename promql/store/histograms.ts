import type { Store } from '#store/store.js';
import { combine } from '../histogram/arithmetic.js';
import { toSchema, type Buckets, type Histogram } from '../histogram/histogram.js';
import type { StoreRead } from './samples.js';
import { tooManySamples } from '../query-error.js';
import { reading } from './store-errors.js';

export interface TimedHistogram {
  readonly time: number;
  readonly histogram: Histogram;
}

/** The finest schema of Prometheus; OTLP scales above it are made coarser. */
const FINEST = 8;

/** Deltas are added up from so long before what is asked for, so that what a counter had at the beginning is more than what it gains at once: rates look at that. */
const BEFORE_MS = 3_600_000;
/** Whether a row is a delta: as its series was described last. */
const isDelta = (where: string): string => `series IN (SELECT id AS series FROM metric_series WHERE type = 'exponential_histogram' AND ${where} GROUP BY series HAVING argMax(temporality, last_seen) = 'delta')`;

/** Exponential histograms by series id, in the order of time. OTLP's bucket i is Prometheus' bucket i + 1. Deltas become running totals, in the coarser of their scales. */
export async function readHistograms(store: Store, { selection, from, to, timeoutSeconds, maxSamples }: StoreRead): Promise<Map<bigint, TimedHistogram[]>> {
  const sql = `SELECT series, toUnixTimestamp64Milli(time), toFloat64(count), sum, scale, toFloat64(zero_count), zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts, ${isDelta(selection.where)} AS delta
    FROM metric_histograms WHERE ${selection.where} AND time > fromUnixTimestamp64Milli({before:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64}) AND (delta OR time > fromUnixTimestamp64Milli({from:Int64})) ORDER BY series, time LIMIT ${maxSamples + 1}`;
  const bytes = await reading(() => store.queryBytes(sql, 'RowBinary', { params: { ...selection.params, before: from - BEFORE_MS, from, to }, timeoutSeconds }));
  const found = new Map<bigint, TimedHistogram[]>();
  let at = 0;
  let rows = 0;
  const double = (): number => bytes.readDoubleLE((at += 8) - 8);
  const int = (): number => bytes.readInt32LE((at += 4) - 4);
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const buckets = (): Buckets => {
    const offset = int();
    const counts = Array.from({ length: varint() }, () => Number(bytes.readBigUInt64LE((at += 8) - 8)));
    return { indices: counts.map((_count, index) => offset + index + 1), counts };
  };
  while (at < bytes.length) {
    if ((rows += 1) > maxSamples) throw tooManySamples();
    const id = bytes.readBigUInt64LE((at += 8) - 8);
    const time = Number(bytes.readBigInt64LE((at += 8) - 8));
    const [count, sum, schema, zeroCount, zeroThreshold] = [double(), double(), int(), double(), double()];
    const sent: Histogram = { count, sum, schema, zeroCount, zeroThreshold, positive: buckets(), negative: buckets(), customValues: [], hint: 'unknown' };
    const histogram = schema > FINEST ? toSchema(sent, FINEST) : sent;
    const delta = bytes[at++] === 1;
    const series = found.get(id) ?? [];
    found.set(id, series);
    if (series.at(-1)?.time === time) series.pop();
    const total = delta ? series.at(-1)?.histogram : undefined;
    series.push({ time, histogram: (total && combine(total, histogram, 1)?.histogram) ?? histogram });
  }
  for (const [id, series] of found) {
    const asked = series.filter(({ time }) => time > from);
    if (asked.length > 0) found.set(id, asked);
    else found.delete(id);
  }
  return found;
}
