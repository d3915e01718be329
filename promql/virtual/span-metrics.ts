import { DAY_MS } from '#core/clock.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { SelectLimits, SeriesData } from '../source.js';
import { tooManySamples } from '../query-error.js';
import { readPoints, toSeriesData, type Points, type VirtualFamily } from './family.js';

const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_milliseconds';
/** Five-second buckets answer ranges up to this; they are kept for three days, and a counter needs them from its midnight on. */
const FINE_RANGE_MS = 7_200_000;
const FINE_KEPT_MS = 2 * DAY_MS;
/** What is looked at over this and more, such as a month's error budget, is counted by the hour. */
const COARSE_SPAN_MS = 2 * DAY_MS;

interface Rollup {
  readonly table: 'red_5s' | 'red_1m';
  /** Width of its buckets. */
  readonly bucketMs: number;
  /** Time from one sample of a counter to the next; buckets are added up to it. */
  readonly widthMs: number;
}

/** Which rollup answers. */
function rollupFor(from: UnixMs, to: UnixMs, spanMs = 0): Rollup {
  if (to - from <= FINE_RANGE_MS && from >= Date.now() - FINE_KEPT_MS) return { table: 'red_5s', bucketMs: 5_000, widthMs: 5_000 };
  return { table: 'red_1m', bucketMs: 60_000, widthMs: spanMs >= COARSE_SPAN_MS ? 3_600_000 : 60_000 };
}

const LABELS = "map('service_name', service, 'span_name', operation, 'span_kind', concat('SPAN_KIND_', upper(if(kind = '', 'Unspecified', kind)))";
const WINDOW = 'time >= toDateTime(intDiv({from:Int64}, 1000)) AND time <= toDateTime(intDiv({to:Int64}, 1000))';

/**
 * RED per operation in the names of the OpenTelemetry spanmetrics connector, from the rollups of the spans.
 * Counters begin anew at midnight UTC, so that they are the same in every query without reading all of history; rate and increase see a reset.
 */
export function createSpanMetrics(store: Store): VirtualFamily {
  async function counter(name: string, sql: (rollup: Rollup) => string, ...[matchers, from, to, limits]: [Parameters<VirtualFamily['read']>[1], UnixMs, UnixMs, SelectLimits]): Promise<SeriesData[]> {
    const rollup = rollupFor(from, to, limits.spanMs);
    const { bucketMs, widthMs } = rollup;
    const midnight = Math.floor(from / DAY_MS) * DAY_MS;
    // The hour that is not over counts up to its last whole minute.
    const until = widthMs > bucketMs ? Math.floor(to / bucketMs) * bucketMs - 1000 : to;
    const points = await readPoints(store, { name, sql: sql(rollup), matchers, from: midnight, to: until }, limits);
    if (points.length * ((to - from) / widthMs) > limits.maxSamples) throw tooManySamples();
    return points.map((increments) => toSeriesData(cumulate(increments, from, to, rollup)));
  }
  const sums = (column: string, values: string) => ({ table, widthMs }: Rollup): string =>
    `SELECT ${LABELS}${values}) AS labels, (intDiv(toUnixTimestamp(time) * 1000, ${widthMs}) * ${widthMs} + ${widthMs}) AS t, toFloat64(sum(${column})) AS v FROM ${table} ${values === '' ? '' : "ARRAY JOIN [('STATUS_CODE_UNSET', toUInt64(count - errors)), ('STATUS_CODE_ERROR', toUInt64(errors))] AS status"} WHERE ${WINDOW} GROUP BY labels, t HAVING v > 0`;
  return {
    metrics: {
      [CALLS]: { type: 'counter', help: 'Spans by service, name, kind and status, from the traces received.', unit: '' },
      [DURATION]: { type: 'summary', help: 'Duration of spans by service, name and kind, from the traces received.', unit: 'milliseconds' },
      [`${DURATION}_count`]: { type: 'counter', help: 'Spans whose duration was measured.', unit: '' },
      [`${DURATION}_sum`]: { type: 'counter', help: 'Sum of the durations of spans.', unit: 'milliseconds' },
    },
    async read(name, matchers, from, to, limits) {
      switch (name) {
        case CALLS:
          return counter(name, sums('status.2', ", 'status_code', status.1"), matchers, from, to, limits);
        case `${DURATION}_count`:
          return counter(name, sums('count', ''), matchers, from, to, limits);
        case `${DURATION}_sum`:
          return counter(name, sums('duration_sum', ''), matchers, from, to, limits);
        default: {
          const { table, bucketMs } = rollupFor(from, to);
          const sql = `SELECT ${LABELS}, 'quantile', q.1) AS labels, t, toFloat64(q.2) AS v FROM (
              SELECT service, operation, kind, (toUnixTimestamp(time) * 1000 + ${bucketMs}) AS t, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS qs FROM ${table} WHERE ${WINDOW} GROUP BY service, operation, kind, t)
            ARRAY JOIN [('0.5', qs[1]), ('0.95', qs[2]), ('0.99', qs[3])] AS q WHERE t > {from:Int64} AND t <= {to:Int64}`;
          return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
        }
      }
    },
  };
}

/** Increments per `widthMs` as a counter sampled at the end of each, and at the end of the last whole bucket, from 0 just before the first one of a day. */
function cumulate({ labels, times, values }: Points, from: UnixMs, to: UnixMs, { bucketMs, widthMs }: Rollup): Points {
  const out = { labels, times: [] as number[], values: [] as number[] };
  const put = (time: UnixMs, value: number): void => {
    if (time <= from) return;
    out.times.push(time);
    out.values.push(value);
  };
  const last = Math.floor(to / bucketMs) * bucketMs;
  let total = 0;
  let next = 0;
  const begin = (times[0] ?? Infinity) - widthMs;
  let before = begin;
  for (let time = begin; time <= last; time = time < last ? Math.min(time + widthMs, last) : Infinity) {
    // What ends at midnight is still the old day's.
    if (before % DAY_MS === 0 && time !== begin) {
      total = 0;
      // An hour may count more than the whole day before: nobody would see that it began anew.
      if (before + bucketMs < time) put(before + bucketMs, 0);
    }
    while ((times[next] ?? Infinity) <= Math.ceil(time / widthMs) * widthMs) {
      total += values[next] ?? 0;
      next += 1;
    }
    put(time, total);
    before = time;
  }
  return out;
}
