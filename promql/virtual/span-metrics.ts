import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { SelectLimits, SeriesData } from '../source.js';
import { tooManySamples } from '../query-error.js';
import { readPoints, toSeriesData, type Points, type VirtualFamily } from './family.js';

const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_milliseconds';
const DAY_MS = 86_400_000;
/** Five-second buckets answer ranges up to this; they are kept for three days. */
const FINE_RANGE_MS = 7_200_000;

/** Which rollup answers, and the width of its buckets. */
function rollupFor(from: UnixMs, to: UnixMs): { readonly table: 'red_5s' | 'red_1m'; readonly widthMs: number } {
  return to - from <= FINE_RANGE_MS ? { table: 'red_5s', widthMs: 5_000 } : { table: 'red_1m', widthMs: 60_000 };
}

const LABELS = "map('service_name', service, 'span_name', operation, 'span_kind', concat('SPAN_KIND_', upper(if(kind = '', 'Unspecified', kind)))";
const WINDOW = 'time >= toDateTime(intDiv({from:Int64}, 1000)) AND time <= toDateTime(intDiv({to:Int64}, 1000))';

/**
 * RED per operation in the names of the OpenTelemetry spanmetrics connector, from the rollups of the spans.
 * Counters begin anew at midnight UTC, so that they are the same in every query without reading all of history; rate and increase see a reset.
 */
export function createSpanMetrics(store: Store): VirtualFamily {
  async function counter(name: string, sql: (table: string, widthMs: number) => string, ...[matchers, from, to, limits]: [Parameters<VirtualFamily['read']>[1], UnixMs, UnixMs, SelectLimits]): Promise<SeriesData[]> {
    const { table, widthMs } = rollupFor(from, to);
    const midnight = Math.floor(from / DAY_MS) * DAY_MS;
    const points = await readPoints(store, { name, sql: sql(table, widthMs), matchers, from: midnight, to }, limits);
    if (points.length * ((to - from) / widthMs) > limits.maxSamples) throw tooManySamples();
    return points.map((increments) => toSeriesData(cumulate(increments, from, to, widthMs)));
  }
  const sums = (column: string, values: string) => (table: string, widthMs: number): string =>
    `SELECT ${LABELS}${values}) AS labels, (toUnixTimestamp(time) * 1000 + ${widthMs}) AS t, toFloat64(sum(${column})) AS v FROM ${table} ${values === '' ? '' : "ARRAY JOIN [('STATUS_CODE_UNSET', toUInt64(count - errors)), ('STATUS_CODE_ERROR', toUInt64(errors))] AS status"} WHERE ${WINDOW} GROUP BY labels, t HAVING v > 0`;
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
          const { table, widthMs } = rollupFor(from, to);
          const sql = `SELECT ${LABELS}, 'quantile', q.1) AS labels, t, toFloat64(q.2) AS v FROM (
              SELECT service, operation, kind, (toUnixTimestamp(time) * 1000 + ${widthMs}) AS t, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration) AS qs FROM ${table} WHERE ${WINDOW} GROUP BY service, operation, kind, t)
            ARRAY JOIN [('0.5', qs[1]), ('0.95', qs[2]), ('0.99', qs[3])] AS q WHERE t > {from:Int64} AND t <= {to:Int64}`;
          return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
        }
      }
    },
  };
}

/** Increments per bucket as a counter sampled at the end of every bucket, from 0 just before the first one of a day. */
function cumulate({ labels, times, values }: Points, from: UnixMs, to: UnixMs, widthMs: number): Points {
  const out = { labels, times: [] as number[], values: [] as number[] };
  let total = 0;
  let next = 0;
  const begin = (times[0] ?? Infinity) - widthMs;
  for (let time = begin; time <= to; time += widthMs) {
    // A bucket that ends at midnight is still the old day's.
    if ((time - widthMs) % DAY_MS === 0 && time !== begin) total = 0;
    while (next < times.length && (times[next] ?? Infinity) <= time) {
      total += values[next] ?? 0;
      next += 1;
    }
    if (time > from) {
      out.times.push(time);
      out.values.push(total);
    }
  }
  return out;
}
