import { changesOf, GONE_GAPS, GONE_MS, SETTLED_MS, type ProcessChange } from '#core/processes.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from './store.js';
import { SAMPLES_WITHIN } from './within.js';

const LOOK_BACK_MS = 3_600_000;
const LONG_MS = 2 * 3_600_000;
/** Of one service; one with more starts a process for each task. */
const MOST_PROCESSES = 2_000;
/** Those that changed last. */
const MOST_SERVICES = 2_000;

export interface ProcessQuery {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** All when left out. */
  readonly services?: readonly string[] | undefined;
}

interface Row {
  readonly service: string;
  readonly said: readonly string[];
  readonly processes: readonly (readonly [begun: string, heard: string, gap: number | string, said: number])[];
}

/** What came and went between `from` and `to`, oldest first, as far as telemetry tells processes apart: OTLP by its resources, Prometheus' targets by when they say that they began. */
export async function loadProcessChanges(store: Store, { from, to, services }: ProcessQuery): Promise<readonly ProcessChange[]> {
  const history = Math.floor(from - LOOK_BACK_MS);
  const params = { history, begin: Math.floor(from), end: Math.ceil(to), settled: SETTLED_MS, gone: GONE_MS, gaps: GONE_GAPS, from: Math.max(0, Math.floor(history / 1000)), to: Math.ceil(to / 1000) };
  const load = async (processes: string, among: readonly string[] = []): Promise<readonly Row[]> => store.query<Row>(movedAmong(processes), { params: { ...params, services: among } });
  const toldOf = async (): Promise<readonly Row[]> => load(told, services ?? (await store.query<{ service: string }>(MOVING, { params })).map(({ service }) => service));
  const rows = await Promise.all([toldOf(), load(scraped(services ? AMONG : '1', to - from > LONG_MS), services)]);
  return rows.flat().flatMap((row) => changesOf(processesOf(row), from, to)).toSorted((a, b) => a.at - b.at);
}

function processesOf({ service, said, processes }: Row): Parameters<typeof changesOf>[0] {
  const attributes = said.map((text) => JSON.parse(text) as Record<string, string>);
  return processes.map(([begun, heard, gap, place]) => ({ service, first: Number(begun), last: Number(heard), gap: Number(gap), attributes: attributes[place - 1] ?? {} }));
}

const HEARD = 'last >= fromUnixTimestamp64Milli({history:Int64})';

const AMONG = 'service IN {services:Array(String)}';

/** What the newest piece of a process knows. */
const SILENT = 'toInt64(ifNull(argMax(gap, last), 0))';

/** Whether one of the processes of a service, `ran`, came or went in the range, and when the last did. */
const MOVED = `arrayMax(one -> greatest(if(one.1 > oldest + {settled:Int64} AND one.1 BETWEEN {begin:Int64} AND {end:Int64}, one.1, 0), if(one.2 < newest - if(one.3 > {gone:Int64}, {gaps:Int64} * one.3, {gone:Int64}) AND one.2 BETWEEN {begin:Int64} AND {end:Int64}, one.2, 0)), ran)`;

/** Services of which something may have come or gone: found without a look at what their processes say, or at what is older. */
const MOVING = `
  SELECT service FROM (SELECT service, min(begun) AS oldest, max(heard) AS newest, groupArray(${MOST_PROCESSES})((begun, heard, silent)) AS ran FROM (
    SELECT service, toUnixTimestamp64Milli(min(first)) AS begun, toUnixTimestamp64Milli(max(last)) AS heard, ${SILENT} AS silent FROM service_processes WHERE ${HEARD} GROUP BY service, process HAVING begun <= {end:Int64}) GROUP BY service)
  WHERE (${MOVED} AS moved) > 0 ORDER BY moved DESC LIMIT ${MOST_SERVICES}`;

/** Processes heard over OTLP. Parts that are not merged yet hold pieces of a process: all of them count. */
const told = `
  SELECT service, toUnixTimestamp64Milli(min(first)) AS begun, toUnixTimestamp64Milli(max(last)) AS heard, ${SILENT} AS silent, toJSONString(anyLast(attributes)) AS words
  FROM service_processes WHERE ${AMONG} AND (service, process) IN (SELECT service, process FROM service_processes WHERE ${AMONG} AND ${HEARD}) GROUP BY service, process HAVING begun <= {end:Int64}`;

/** How far apart samples are that begin at `begun` and end with `heard`. */
const gapOf = (begun: string): string => `if(count() > 1, intDiv(heard - (${begun}), count() - 1), 0)`;

/** Targets of Prometheus: a process is a target and when it began. Longer ranges are read by the minute. */
function scraped(wanted: string, isLong: boolean): string {
  const described = `SELECT id, service FROM metric_series WHERE name = 'process_start_time_seconds' AND ${wanted} AND service NOT IN (SELECT service FROM service_processes WHERE ${HEARD}) LIMIT 1 BY id`;
  const among = `series IN (SELECT id FROM (${described}))`;
  const heard = isLong
    ? `SELECT series, max AS value, toInt64(toUnixTimestamp(max(time))) * 1000 + 59000 AS heard, ${gapOf('toInt64(toUnixTimestamp(min(time))) * 1000 + 59000')} AS silent FROM metric_1m WHERE ${among} AND time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) GROUP BY series, value`
    : `SELECT series, value, toUnixTimestamp64Milli(max(time)) AS heard, ${gapOf('toUnixTimestamp64Milli(min(time))')} AS silent FROM metric_samples WHERE ${among} AND NOT isNaN(value) AND ${SAMPLES_WITHIN} GROUP BY series, value`;
  return `SELECT service, toInt64(round(value * 1000)) AS begun, heard, silent, '{}' AS words FROM (${heard}) AS heard INNER JOIN (${described}) AS described ON id = series`;
}

/** Services of which a process came or went in the range, with all that ran then and what they say: its place in `said`, from 1. */
const movedAmong = (processes: string): string => `
  SELECT service, said, arrayMap(one -> (one.1, one.2, one.3, indexOf(said, one.4)), ran) AS processes FROM (
    SELECT service, min(begun) AS oldest, max(heard) AS newest, groupUniqArray(words) AS said, groupArray(${MOST_PROCESSES})((begun, heard, silent, words)) AS ran FROM (${processes}) GROUP BY service)
  WHERE (${MOVED} AS moved) > 0 ORDER BY moved DESC LIMIT ${MOST_SERVICES}`;
