import { DAY_MS } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Store } from '#store/store.js';
import { WINDOW } from '../models/shape.js';
import { isUsable } from './examples.js';

/** Quiet points of the series that the detector watched, split by time. */
export interface History {
  readonly trained: readonly Float64Array[];
  /** The last fifth of the time: never trained on. */
  readonly held: readonly Float64Array[];
  readonly from: number;
  readonly until: number;
  /** Points that were judged abnormal and left out. */
  readonly abnormal: number;
}

export const LEAST_TRAINED = 5_000;
export const LEAST_HELD = 500;
/** Series that are read: those of the lowest hash, so the same ones again. It bounds memory: three days of 500 series at 10 s are 100 MB. */
const MOST_SERIES = 500;
const SERIES_PER_READ = 50;
const HELD_SHARE = 0.2;
const TIMEOUT_S = 120;

/** How many windows, each with the point after it, series hold. */
export const windowsIn = (all: readonly Float64Array[]): number => all.reduce((sum, { length }) => sum + Math.max(0, length - WINDOW), 0);

/** The last `days` of what the detector judged, as it saw it. Throws NOT_FOUND when that is too little to learn from. */
export async function readHistory(store: Store, days: number): Promise<History> {
  const [range] = await store.query<{ until: string; begin: string; abnormal: string }>(
    `WITH (SELECT max(time) FROM anomaly_scores) AS last
    SELECT toString(toUnixTimestamp64Milli(max(time))) AS until, toString(toUnixTimestamp64Milli(min(time))) AS begin, toString(countIf(score > 1)) AS abnormal FROM anomaly_scores WHERE time > last - toIntervalMillisecond({span:Int64})`,
    { params: { span: days * DAY_MS }, timeoutSeconds: TIMEOUT_S },
  );
  const [from, until] = [Number(range?.begin ?? 0), Number(range?.until ?? 0)];
  const split = Math.round(until - (until - from) * HELD_SHARE);
  const trained: Float64Array[] = [];
  const held: Float64Array[] = [];
  for (let offset = 0; offset < MOST_SERIES; offset += SERIES_PER_READ) {
    const rows = await store.query<{ before: (number | null)[]; after: (number | null)[] }>(
      `WITH fromUnixTimestamp64Milli({split:Int64}) AS split
      SELECT arrayMap(point -> point.2, arraySort(groupArrayIf((time, value), time < split))) AS before, arrayMap(point -> point.2, arraySort(groupArrayIf((time, value), time >= split))) AS after
      FROM anomaly_scores WHERE score <= 1 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND series IN
        (SELECT series FROM anomaly_scores WHERE time >= fromUnixTimestamp64Milli({from:Int64}) GROUP BY series ORDER BY cityHash64(series), series LIMIT {count:UInt32} OFFSET {offset:UInt32})
      GROUP BY series ORDER BY cityHash64(series), series`,
      { params: { split, from, count: SERIES_PER_READ, offset }, timeoutSeconds: TIMEOUT_S },
    );
    for (const { before, after } of rows) {
      trained.push(numbers(before));
      held.push(numbers(after));
    }
    if (rows.length < SERIES_PER_READ) break;
  }
  const [toTrain, toHold] = [windowsIn(trained), windowsIn(held)];
  if (toTrain < LEAST_TRAINED || toHold < LEAST_HELD) {
    throw new PipelineError('NOT_FOUND', `too little quiet history: ${toTrain} windows of ${WINDOW} points to train on and ${toHold} to hold out, of the last ${days} days; ${LEAST_TRAINED} and ${LEAST_HELD} are needed. Let the detector run longer, or raise --days`);
  }
  return { trained, held, from, until, abnormal: Number(range?.abnormal ?? 0) };
}

const numbers = (values: readonly (number | null)[]): Float64Array => Float64Array.from(values.filter(isUsable));
