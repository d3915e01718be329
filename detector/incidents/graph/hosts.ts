import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { Edge } from './edges.js';
import { loadTopology, type Takers, type Topology } from './topology.js';

/** Which service runs where, and takes from what, changes seldom, and is read so often. */
const REFRESH_MS = 60_000;
/** What was heard in this time runs. */
const RUNS_MS = 600_000;
const MOST = 100_000;

/** Metrics by whose names a host is known to be measured, as `detector/hosts.ts` has them; a range each, for the key of the table. */
const MEASURED = ['system_', 'k8s_node_', 'node_'].map((prefix) => `startsWith(name, '${prefix}')`).join(' OR ');
const HOST = "coalesce(nullIf(resource['k8s.node.name'], ''), nullIf(resource['host.name'], ''), nullIf(labels['node'], ''), trim(BOTH '[]' FROM replaceRegexpOne(labels['instance'], ':[0-9]+$', '')))";

/** Which services run on which of the hosts that are measured, by what their processes say, or the addresses of Prometheus' targets. */
async function loadHosts(store: Store, now: UnixMs): Promise<readonly Edge[]> {
  const rows = await store.query<{ service: string; host: string }>(
    `WITH measured AS (SELECT DISTINCT ${HOST} AS host FROM metric_series WHERE (${MEASURED}) AND last_seen >= fromUnixTimestamp64Milli({since:Int64}))
     SELECT DISTINCT service, host FROM (
       SELECT service, host FROM service_processes WHERE host != '' AND last >= fromUnixTimestamp64Milli({since:Int64})
       UNION ALL SELECT service, ${HOST} AS host FROM metric_series WHERE name IN ('up', 'process_start_time_seconds') AND last_seen >= fromUnixTimestamp64Milli({since:Int64}))
     WHERE host != '' AND host IN measured AND service != host LIMIT {most:UInt32}`,
    { params: { since: now - RUNS_MS, most: MOST } },
  );
  return rows.map(({ service, host }) => ({ client: service, server: host, errorRise: 0, slowdown: 1, host: true }));
}

/** Who takes from which queue or topic, by what consumers call what they do: `process orders`, `orders receive`. Each of the words may be the queue. */
async function loadTakers(store: Store, now: UnixMs): Promise<Takers> {
  const rows = await store.query<{ queue: string; services: string[] }>(
    `SELECT arrayJoin(splitByChar(' ', operation)) AS queue, groupUniqArray(toString(service)) AS services FROM red_5s
     WHERE kind = 'Consumer' AND time >= toDateTime({since:UInt32}) AND time <= toDateTime({now:UInt32}) GROUP BY queue LIMIT {most:UInt32}`,
    { params: { now: Math.floor(now / 1000), since: Math.floor((now - RUNS_MS) / 1000), most: MOST } },
  );
  return new Map(rows.map(({ queue, services }) => [queue, services]));
}

/** Reads who calls whom, what runs where and who takes from what; all but the first, where it was read a moment ago, from memory, also where `attempt` made do with what was known. */
export function topologyOf(store: Store, attempt: <T>(what: string, read: () => Promise<T>, otherwise: T) => Promise<T> = async (_, read) => read()): (now: UnixMs) => Promise<Topology> {
  let hosts: readonly Edge[] = [];
  let takers: Takers = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  return async (now) => {
    if (Math.abs(now - readAt) >= REFRESH_MS) {
      hosts = await attempt('what runs on which host', () => loadHosts(store, now), hosts);
      takers = await attempt('who takes from which queue', () => loadTakers(store, now), takers);
      readAt = now;
    }
    return loadTopology(store, now, hosts, takers);
  };
}
