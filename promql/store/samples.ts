import type { Store } from '#store/store.js';
import { FLOAT, STALE } from '../source.js';
import { reading, tooManySamples } from './store-errors.js';

/** The samples of one series as columns; times strictly increase. */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
}

export interface StoreRead {
  /** A condition on `metric_series`. */
  readonly where: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly timeoutSeconds: number;
  readonly maxSamples: number;
}

const ROW_BYTES = 24;
/** Prometheus' stale marker is one NaN among many: these bits, low word first. */
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;

/** Times in (from, to] of the series that `where` selects. */
export const WINDOW = 'series IN (SELECT id FROM metric_series WHERE $where) AND time > fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64})';

/** Samples by series id. A time stored twice counts once: the later row wins. Throws `execution` above the limit. */
export async function readSamples(store: Store, { where, params, timeoutSeconds, maxSamples }: StoreRead): Promise<Map<bigint, Samples>> {
  const sql = `SELECT series, toUnixTimestamp64Milli(time), value FROM metric_samples WHERE ${WINDOW.replace('$where', where)} ORDER BY series, time LIMIT ${maxSamples + 1}`;
  const bytes = await reading(() => store.queryBytes(sql, 'RowBinary', { params, timeoutSeconds }));
  const rows = Math.floor(bytes.length / ROW_BYTES);
  if (rows > maxSamples) throw tooManySamples();
  // Rows are 8-byte words: id, milliseconds, double. One copy aligns them.
  const words = new BigInt64Array(rows * 3);
  new Uint8Array(words.buffer).set(bytes.subarray(0, rows * ROW_BYTES));
  const doubles = new Float64Array(words.buffer);
  const halves = new Uint32Array(words.buffer);
  const found = new Map<bigint, Samples>();
  for (let from = 0; from < rows; ) {
    const id = words[from * 3] ?? 0n;
    let to = from + 1;
    while (to < rows && words[to * 3] === id) to += 1;
    found.set(BigInt.asUintN(64, id), column(from, to, doubles, halves));
    from = to;
  }
  return found;
}

function column(from: number, to: number, doubles: Float64Array, halves: Uint32Array): Samples {
  const times = new Float64Array(to - from);
  const values = new Float64Array(to - from);
  const kinds = new Uint8Array(to - from);
  let count = 0;
  for (let row = from; row < to; row += 1) {
    // A signed 64-bit count of milliseconds from its halves: no bigint per sample.
    const time = (halves[row * 6 + 2] ?? 0) + ((halves[row * 6 + 3] ?? 0) | 0) * 0x1_0000_0000;
    if (count > 0 && times[count - 1] === time) count -= 1;
    times[count] = time;
    values[count] = doubles[row * 3 + 2] ?? Number.NaN;
    kinds[count] = halves[row * 6 + 4] === STALE_LOW && halves[row * 6 + 5] === STALE_HIGH ? STALE : FLOAT;
    count += 1;
  }
  return count === to - from ? { times, values, kinds } : { times: times.subarray(0, count), values: values.subarray(0, count), kinds: kinds.subarray(0, count) };
}
