import type { Store } from '#store/store.js';

export interface Edge {
  readonly client: string;
  readonly server: string;
  /** Recent error ratio minus the earlier one, 0..1. */
  readonly errorRise: number;
  /** Recent mean duration over the earlier one; 1 when unknown or of no practical interest. */
  readonly slowdown: number;
  /** Milliseconds that callers wait longer than the callee says it works, beyond what was usual: time lost between the two. Absent where only one side measures. */
  readonly gapRise?: number;
}

/** Who calls whom. Nodes without spans of their own (databases, queues) are nodes too, so a silent one does not split a chain. */
export interface Topology {
  readonly edges: readonly Edge[];
  callees(service: string): readonly string[];
  callers(service: string): readonly string[];
  /** Everything `service` calls, directly or not, within `hops`. */
  below(service: string, hops: number): ReadonlySet<string>;
  /** Calls between the two, direction ignored; Infinity beyond `limit`. */
  distance(from: string, to: string, limit: number): number;
}

export function createTopology(edges: readonly Edge[]): Topology {
  const down = new Map<string, Set<string>>();
  const up = new Map<string, Set<string>>();
  for (const { client, server } of edges) {
    if (client === server) continue;
    link(down, client, server);
    link(up, server, client);
  }
  const lists = (map: ReadonlyMap<string, ReadonlySet<string>>): ((service: string) => readonly string[]) => {
    const known = new Map([...map].map(([service, names]) => [service, [...names]]));
    return (service) => known.get(service) ?? [];
  };
  const callees = lists(down);
  const callers = lists(up);
  const nearby = remembered((service, hops) => walk(service, hops, (name) => [...callees(name), ...callers(name)]));
  const lower = remembered((service, hops) => {
    const names = new Set(walk(service, hops, callees).keys());
    names.delete(service);
    return names;
  });
  return { edges, callees, callers, below: lower, distance: (from, to, limit) => nearby(from, limit).get(to) ?? Number.POSITIVE_INFINITY };
}

/** A topology does not change, and an anomaly storm asks the same of it thousands of times. */
function remembered<T>(compute: (service: string, hops: number) => T): (service: string, hops: number) => T {
  const known = new Map<string, T>();
  return (service, hops) => {
    const key = `${hops} ${service}`;
    const found = known.get(key) ?? compute(service, hops);
    known.set(key, found);
    return found;
  };
}

function link(map: Map<string, Set<string>>, from: string, to: string): void {
  const names = map.get(from) ?? new Set();
  map.set(from, names.add(to));
}

function walk(start: string, limit: number, next: (name: string) => readonly string[]): Map<string, number> {
  const depth = new Map([[start, 0]]);
  let frontier = [start];
  for (let hop = 1; hop <= limit && frontier.length > 0; hop += 1) {
    const reached = frontier.flatMap(next).filter((name) => !depth.has(name));
    frontier = [...new Set(reached)];
    for (const name of frontier) depth.set(name, hop);
  }
  return depth;
}

/** Of an edge, recently and before: fewer say nothing. */
const LEAST_CALLS = 10;
/** A mean that grew by less is no cause, whatever the ratio. */
const LEAST_SLOWDOWN_MS = 20;

interface EdgeRow {
  client: string;
  server: string;
  errorRise: number | null;
  slowdown: number | null;
}

/** Edges of the last 30 minutes before `now`; health compares the last minute with the time up to 2 minutes ago. */
export async function loadTopology(store: Store, now: number): Promise<Topology> {
  const rows = await store.query<EdgeRow>(
    `SELECT client, server,
       if(n1 >= {least:UInt32} AND n0 >= {least:UInt32}, e1 / n1 - e0 / n0, 0) AS errorRise,
       if(n1 >= {least:UInt32} AND n0 >= {least:UInt32} AND d0 > 0 AND d1 / n1 - d0 / n0 >= {ms:Float64}, (d1 / n1) / (d0 / n0), 1) AS slowdown
     FROM (SELECT client, server,
       sumIf(count, time >= {recent:UInt32}) AS n1, sumIf(errors, time >= {recent:UInt32}) AS e1, sumIf(duration_sum, time >= {recent:UInt32}) AS d1,
       sumIf(count, time < {before:UInt32}) AS n0, sumIf(errors, time < {before:UInt32}) AS e0, sumIf(duration_sum, time < {before:UInt32}) AS d0
       FROM service_edges WHERE time >= toDateTime({since:UInt32}) AND time <= toDateTime({now:UInt32}) AND client != '' AND server != '' GROUP BY client, server)`,
    { params: { least: LEAST_CALLS, ms: LEAST_SLOWDOWN_MS, now: Math.floor(now / 1000), since: Math.floor(now / 1000) - 1800, recent: Math.floor(now / 1000) - 60, before: Math.floor(now / 1000) - 120 } },
  );
  return createTopology(rows.map((row) => ({ client: row.client, server: row.server, errorRise: row.errorRise ?? 0, slowdown: row.slowdown ?? 1 })));
}
