import type { Store } from '#store/store.js';
import { countsOf } from '../eval/counts-only.js';
import type { Evaluation, Turns } from '../eval/turns.js';
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

/** Read at once, in samples: 16 MiB as they come. */
const PIECE_WEIGHT = 1_000_000;

interface HistogramRead extends StoreRead {
  readonly turns: Turns;
  /** Buckets are let go of once they have told of resets. */
  readonly countsOnly: boolean;
}

type Found = Map<bigint, TimedHistogram[]>;

/** Exponential histograms by series id, in the order of time. OTLP's bucket i is Prometheus' bucket i + 1. Deltas become running totals, in the coarser of their scales. Throws `execution` above the limit, of which a histogram takes what `weightOf` says. */
export async function readHistograms(store: Store, read: HistogramRead): Promise<Found> {
  const { selection, from, to, timeoutSeconds, maxSamples, turns, countsOnly } = read;
  const options = { params: { ...selection.params, before: from - BEFORE_MS, from, to }, timeoutSeconds };
  const rows = `FROM metric_histograms WHERE ${selection.where} AND time > fromUnixTimestamp64Milli({before:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64}) AND (${isDelta(selection.where)} OR time > fromUnixTimestamp64Milli({from:Int64}))`;
  const weight = '1 + (length(positive_counts) + length(negative_counts)) / 2';
  const sizes = await reading(() => store.query<SeriesSize>(`SELECT series, sum(${weight}) AS read, sumIf(${countsOnly ? '1' : weight}, time > fromUnixTimestamp64Milli({from:Int64})) AS held ${rows} GROUP BY series ORDER BY series`, options));
  if (sizes.reduce((sum, { held }) => sum + Number(held), 0) > maxSamples) throw tooManySamples();
  const found: Found = new Map();
  for (const [first, last] of piecesOf(sizes)) {
    const sql = `SELECT series, toUnixTimestamp64Milli(time), toFloat64(count), sum, scale, toFloat64(zero_count), zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts, ${isDelta(selection.where)} AS delta
      ${rows} AND series >= ${first} AND series <= ${last} ORDER BY series, time`;
    const bytes = await reading(() => store.queryBytes(sql, 'RowBinary', options));
    await turns.inTurns(unpack(bytes, from, read, found));
  }
  for (const [id, series] of found) {
    const asked = series.filter(({ time }) => time > from);
    if (asked.length > 0) found.set(id, asked);
    else found.delete(id);
  }
  return found;
}

/** What the rows of one series weigh: those that are read, and those that are held. */
interface SeriesSize {
  readonly series: string;
  readonly read: string;
  readonly held: string;
}

/** The first and the last id of neighbours that are read at once. */
function piecesOf(sizes: readonly SeriesSize[]): (readonly [string, string])[] {
  const pieces: [string, string][] = [];
  let room = 0;
  for (const { series, read } of sizes) {
    const piece = pieces.at(-1);
    if (piece && Number(read) <= room) piece[1] = series;
    else {
      pieces.push([series, series]);
      room = PIECE_WEIGHT;
    }
    room -= Number(read);
  }
  return pieces;
}

/** Of what is not later than `from`, the last two of a series stay: the one before, and one that may have come twice. */
function* unpack(bytes: Buffer, from: number, { turns, countsOnly }: HistogramRead, found: Found): Evaluation<void> {
  let at = 0;
  const double = (): number => bytes.readDoubleLE((at += 8) - 8);
  const int = (): number => bytes.readInt32LE((at += 4) - 4);
  const uint64 = (): number => bytes.readUInt32LE((at += 8) - 8) + bytes.readUInt32LE(at - 4) * 0x1_0000_0000;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  /** Most histograms have the buckets of the one before, of the same sign: the indices are shared. */
  const buckets = (before: Buckets | undefined): Buckets => {
    const first = int() + 1;
    const size = varint();
    const counts = Array.from({ length: size }, uint64);
    const indices = before?.indices.length === size && (size === 0 || before.indices[0] === first) ? before.indices : counts.map((_count, index) => first + index);
    return { indices, counts };
  };
  let sent: Histogram | undefined;
  /** The last of a series with its buckets, and the one before it. */
  let [whole, before]: (Histogram | undefined)[] = [];
  while (at < bytes.length) {
    if (turns.checkTime()) yield;
    const id = bytes.readBigUInt64LE((at += 8) - 8);
    const time = Number(bytes.readBigInt64LE((at += 8) - 8));
    const [count, sum, schema, zeroCount, zeroThreshold] = [double(), double(), int(), double(), double()];
    sent = { count, sum, schema, zeroCount, zeroThreshold, positive: buckets(sent?.positive), negative: buckets(sent?.negative), customValues: [], hint: 'unknown' };
    const histogram = schema > FINEST ? toSchema(sent, FINEST) : sent;
    const delta = bytes[at++] === 1;
    const series = found.get(id) ?? [];
    found.set(id, series);
    if (series.at(-1)?.time === time) {
      series.pop();
      whole = before;
    }
    const last = series.at(-1)?.histogram;
    const total = (delta && last && combine(last, histogram, 1)?.histogram) || histogram;
    series.push({ time, histogram: countsOnly ? countsOf(total, delta ? last : last && whole) : total });
    [before, whole] = [whole, total];
    if ((series[2]?.time ?? Infinity) <= from) series.shift();
  }
}
