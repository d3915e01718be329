import { DAY_MS } from '#core/clock.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { RETURN_SCORE } from './episode.js';
import type { Abnormal } from './learn.js';
import { FORGET_MS } from './rows.js';
import { REMEMBERED_MS } from './schedule.js';
import { SIGNS } from './signs.js';
import { ARRIVAL_METRIC, RUN_METRIC } from './words.js';

/** Points that an earlier run judged abnormal: the history that is learned has what was expected in their place. */
export async function loadAbnormal(store: Store, from: UnixMs, until: UnixMs, step: number): Promise<Abnormal> {
  const found = await store.query<{ series: string; slot: number; expected: number }>(
    'SELECT series, toInt32(intDiv(toUnixTimestamp64Milli(time) - {from:Int64}, {step:Int64})) AS slot, expected FROM anomaly_scores WHERE score > 1 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64})',
    { params: { from, until, step } },
  );
  const bySeries = new Map<string, Map<number, number>>();
  for (const { series, slot, expected } of found) {
    const slots = bySeries.get(series) ?? new Map<number, number>();
    bySeries.set(series, slots.set(slot, expected));
  }
  return bySeries;
}

/** What an earlier run judged in the last hour came in time: series, and services by their metrics. An outage that began while nobody watched is seen in history alone, as what comes too late is. */
export async function loadTrusted(store: Store, until: UnixMs): Promise<{ readonly series: readonly string[]; readonly services: readonly string[] }> {
  const [known] = await store.query<{ series: string[]; services: string[] }>(
    "SELECT groupUniqArrayIf(id, kind IN ('rate', 'logs')) AS series, groupUniqArrayIf(service, kind = 'metric') AS services FROM watched_series WHERE id IN (SELECT series FROM anomaly_scores WHERE value != 0 AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64}))",
    { params: { from: until - FORGET_MS, until } },
  );
  return known ?? { series: [], services: [] };
}

/** An episode of requests, of metrics that stopped, of a run that did not take place, or of a sign, that an earlier run left open. */
export interface LeftOpen {
  readonly anomaly: Anomaly;
  /** When there were some last, in the last day; 0 where it did not judge them to be none in the end, or that was no trouble. */
  readonly last: UnixMs;
  /** When it was trouble last, in the last day. */
  readonly troubled: UnixMs;
}

export async function loadLeftOpen(store: Store, until: UnixMs): Promise<LeftOpen[]> {
  const lasting = `SELECT series, document, starts_at FROM anomalies FINAL WHERE ends_at IS NULL AND (metric IN ('requests', '${ARRIVAL_METRIC}') AND starts_at >= fromUnixTimestamp64Milli({from:Int64}) OR (metric = '${RUN_METRIC}' OR arrayExists(one -> has({signs:Array(String)}, JSONExtractString(one, 'detector')), JSONExtractArrayRaw(document, 'contributions'))) AND starts_at >= fromUnixTimestamp64Milli({remembered:Int64})) AND starts_at < fromUnixTimestamp64Milli({until:Int64})`;
  const found = await store.query<{ document: string; last: string; troubled: string }>(
    `SELECT document, if(missed, toUnixTimestamp64Milli(last), 0) AS last, toUnixTimestamp64Milli(troubled) AS troubled FROM (${lasting} ORDER BY starts_at DESC LIMIT 1 BY series) AS lasting LEFT JOIN (
       SELECT series, maxIf(time, value > 0) AS last, maxIf(time, score > {return:Float64}) AS troubled, argMax(value, time) = 0 AND argMax(score, time) > {return:Float64} AS missed FROM anomaly_scores WHERE series IN (SELECT series FROM (${lasting})) AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({until:Int64}) GROUP BY series) AS seen
     ON seen.series = lasting.series`,
    { params: { from: until - DAY_MS, remembered: until - REMEMBERED_MS, until, return: RETURN_SCORE, signs: Object.values(SIGNS) } },
  );
  return found.map(({ document, last, troubled }) => ({ anomaly: JSON.parse(document) as Anomaly, last: Number(last), troubled: Number(troubled) }));
}

/** When services that have metrics began to be heard after they had been silent for an hour, as their processes tell. */
export async function loadStarts(store: Store, until: UnixMs): Promise<ReadonlyMap<string, readonly UnixMs[]>> {
  const found = await store.query<{ service: string; starts: string[] }>(
    `SELECT service, groupArray(begun) AS starts FROM (
       SELECT service, begun, max(heard) OVER (PARTITION BY service ORDER BY begun ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
         SELECT service, toUnixTimestamp64Milli(min(first)) AS begun, toUnixTimestamp64Milli(max(last)) AS heard FROM service_processes
         WHERE last >= fromUnixTimestamp64Milli({from:Int64}) AND service IN (SELECT service FROM metric_series WHERE last_seen >= fromUnixTimestamp64Milli({from:Int64})) GROUP BY service, process HAVING begun <= {until:Int64}))
     WHERE before > 0 AND begun - before > {away:Int64} GROUP BY service`,
    { params: { from: until - 2 * REMEMBERED_MS, until, away: FORGET_MS } },
  );
  return new Map(found.map(({ service, starts }) => [service, starts.map(Number)]));
}
