import { changesOf, GONE_MS, SETTLED_MS, type ProcessChange } from '#core/processes.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from './store.js';
import { SAMPLES_WITHIN } from './within.js';

const LOOK_BACK_MS = 3_600_000;
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
  readonly processes: readonly (readonly [begun: string, heard: string, said: number])[];
}

/** What came and went between `from` and `to`, oldest first, as far as telemetry tells processes apart: OTLP by its resources, Prometheus' targets by when they say that they began. */
export async function loadProcessChanges(store: Store, { from, to, services }: ProcessQuery): Promise<readonly ProcessChange[]> {
  const history = Math.floor(from - LOOK_BACK_MS);
  const params = {
    history, begin: Math.floor(from), end: Math.ceil(to), settled: SETTLED_MS, gone: GONE_MS, most: MOST_SERVICES, from: Math.max(0, Math.floor(history / 1000)), to: Math.ceil(to / 1000), ...(services && { services }),
  };
  const wanted = services ? 'service IN {services:Array(String)}' : '1';
  const sets = await Promise.all([told(wanted), scraped(wanted)].map((processes) => store.query<Row>(movedAmong(processes), { params })));
  return sets.flat().flatMap((row) => changesOf(processesOf(row), from, to)).toSorted((a, b) => a.at - b.at);
}

function processesOf({ service, said, processes }: Row): Parameters<typeof changesOf>[0] {
  const attributes = said.map((text) => JSON.parse(text) as Record<string, string>);
  return processes.map(([begun, heard, place]) => ({ service, first: Number(begun), last: Number(heard), attributes: attributes[place - 1] ?? {} }));
}

const HEARD = 'last >= fromUnixTimestamp64Milli({history:Int64})';

/** Processes heard over OTLP. Parts that are not merged yet hold pieces of a process: all of them count. */
const told = (wanted: string): string => `
  SELECT service, toUnixTimestamp64Milli(min(first)) AS begun, toUnixTimestamp64Milli(max(last)) AS heard, toJSONString(mapSort(anyLast(attributes))) AS words
  FROM service_processes WHERE (service, process) IN (SELECT service, process FROM service_processes WHERE ${HEARD} AND ${wanted}) GROUP BY service, process HAVING begun <= {end:Int64}`;

/** Targets of Prometheus: a process is a target and when it began. */
function scraped(wanted: string): string {
  const described = `SELECT id, service FROM metric_series WHERE name = 'process_start_time_seconds' AND ${wanted} AND service NOT IN (SELECT service FROM service_processes WHERE ${HEARD}) LIMIT 1 BY id`;
  return `
  SELECT service, toInt64(round(value * 1000)) AS begun, toUnixTimestamp64Milli(max(time)) AS heard, '{}' AS words
  FROM metric_samples INNER JOIN (${described}) AS described ON id = series
  WHERE series IN (SELECT id FROM (${described})) AND NOT isNaN(value) AND ${SAMPLES_WITHIN} GROUP BY service, series, value`;
}

/** Services of which a process came or went in the range, with all that ran then and what they say: its place in `said`, from 1. */
const movedAmong = (processes: string): string => `
  SELECT service, said, arrayMap(one -> (one.1, one.2, indexOf(said, one.3)), ran) AS processes FROM (
    SELECT service, min(begun) AS oldest, max(heard) AS newest, groupUniqArray(words) AS said, groupArray(${MOST_PROCESSES})((begun, heard, words)) AS ran FROM (${processes}) GROUP BY service)
  WHERE (arrayMax(one -> greatest(if(one.1 > oldest + {settled:Int64} AND one.1 BETWEEN {begin:Int64} AND {end:Int64}, one.1, 0), if(one.2 < newest - {gone:Int64} AND one.2 BETWEEN {begin:Int64} AND {end:Int64}, one.2, 0)), ran) AS moved) > 0
  ORDER BY moved DESC LIMIT {most:UInt32}`;
