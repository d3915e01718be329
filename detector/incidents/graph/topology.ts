import type { Store } from '#store/store.js';
import { INSIDE } from './addresses.js';
import { carriersOf, suspectsBelow } from './carriers.js';
import { edgesOf, type Calls, type CallSums, type Edge } from './edges.js';
import { finderOf } from './groups.js';

/** Calls over which trouble is followed. */
export const HOPS = 5;

/** Who calls whom, and what runs where. Nodes without spans of their own (databases, queues) are nodes too, so a silent one does not split a chain. */
export interface Topology {
  /** Calls: what takes from a queue is not called by it, nor by who puts into it. */
  readonly edges: readonly Edge[];
  callees(service: string): readonly string[];
  callers(service: string): readonly string[];
  /** Everything `service` calls, directly or not, within `hops`, and the hosts that all of it runs on. */
  below(service: string, hops: number): ReadonlySet<string>;
  /** `service` and everything within `hops` calls of it, direction ignored, with its own hosts; of a host, what runs on it. */
  around(service: string, hops: number): ReadonlySet<string>;
  /** Whether trouble can have come from one to the other within `hops` calls. */
  carries(one: string, other: string, hops: number): boolean;
  /** What it calls that sends no spans of its own, and whose calls from it degraded. */
  suspects(service: string): ReadonlySet<string>;
  /** Whether somebody calls both, or both take from a queue. */
  shareCaller(one: string, other: string): boolean;
  isHost(name: string): boolean;
  /** Whether any call that it makes or takes is known; of a host, what runs on it. */
  isPlaced(name: string): boolean;
  /** Whether it sends spans of its own. */
  isSpeaking(name: string): boolean;
  /** The service that sends spans and that a group of consumers is called as, where that is one. */
  named(group: string): string | undefined;
  /** Services that take from a queue or topic. */
  takersFrom(queue: string): readonly string[];
}

/** By queue or topic, the services that take from it. */
export type Takers = ReadonlyMap<string, readonly string[]>;

const NONE: ReadonlySet<string> = new Set();

export function createTopology(all: readonly Edge[], takers: Takers = new Map()): Topology {
  const near = all.filter(({ host }) => !host);
  const edges = near.filter(({ taken }) => !taken);
  const placed = all.filter(({ host }) => host);
  const hostsOf = byName(placed.map(({ client, server }) => [client, server]));
  const guestsOf = byName(placed.map(({ client, server }) => [server, client]));
  const names = [...new Set(near.flatMap(({ client, server }) => [client, server]))];
  const numbers = new Map(names.map((name, at) => [name, at]));
  const [down, up] = nextOf(edges, numbers);
  const [givesTo, getsFrom] = nextOf(near, numbers);
  const either = names.map((_, at) => [...new Set([...(givesTo[at] ?? []), ...(getsFrom[at] ?? [])])]);
  const suspects = suspectsBelow(all);
  const speaking = new Set(near.flatMap(({ client, server, taken, silent }) => [...(taken ? [] : [client]), ...(silent ? [] : [server])]));
  let find: ReturnType<typeof finderOf> | undefined;
  const named = (next: readonly number[] | undefined): readonly string[] => (next ?? []).map((at) => names[at] ?? '');
  const below = remembered((service, hops) => {
    const called = [...walk(numbers.get(service), hops, down).keys()].slice(1).map((at) => names[at] ?? '');
    return new Set([...called, ...[service, ...called].flatMap((one) => hostsOf.get(one) ?? [])]);
  });
  return {
    edges,
    callees: remembered((service) => named(down[numbers.get(service) ?? -1])),
    callers: remembered((service) => named(up[numbers.get(service) ?? -1])),
    below,
    around: remembered((service, hops) => new Set([service, ...named([...walk(numbers.get(service), hops, either).keys()]), ...(hostsOf.get(service) ?? []), ...(guestsOf.get(service) ?? [])])),
    carries: carriersOf(all, suspects),
    suspects: (service) => suspects.get(service) ?? NONE,
    shareCaller(one, other) {
      const others = new Set(getsFrom[numbers.get(other) ?? -1]);
      return (getsFrom[numbers.get(one) ?? -1] ?? []).some((caller) => others.has(caller));
    },
    isHost: (name) => guestsOf.has(name),
    isPlaced: (name) => numbers.has(name) || guestsOf.has(name),
    isSpeaking: (name) => speaking.has(name),
    named: (group) => (find ??= finderOf(speaking))(group),
    takersFrom: (queue) => takers.get(queue) ?? [],
  };
}

/** By number, what each service is known to call, and to be called by. */
function nextOf(edges: readonly Edge[], numbers: ReadonlyMap<string, number>): readonly [down: readonly number[][], up: readonly number[][]] {
  const down: number[][] = Array.from(numbers, () => []);
  const up: number[][] = Array.from(numbers, () => []);
  for (const key of new Set(edges.map(({ client, server }) => `${numbers.get(client)} ${numbers.get(server)}`))) {
    const [from = 0, to = 0] = key.split(' ').map(Number);
    if (from === to) continue;
    down[from]?.push(to);
    up[to]?.push(from);
  }
  return [down, up];
}

function byName(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, other] of pairs) {
    const known = found.get(name);
    if (known) known.push(other);
    else found.set(name, [other]);
  }
  return found;
}

/** A topology does not change, and an anomaly storm asks the same of it thousands of times. */
function remembered<T>(compute: (service: string, hops: number) => T): (service: string, hops?: number) => T {
  const byHops = new Map<number, Map<string, T>>();
  return (service, hops = 0) => {
    const known = byHops.get(hops) ?? new Map<string, T>();
    byHops.set(hops, known);
    const found = known.get(service) ?? compute(service, hops);
    known.set(service, found);
    return found;
  };
}

/** Hops to everything within `limit` of `start`, which comes first. */
function walk(start: number | undefined, limit: number, next: readonly (readonly number[])[]): Map<number, number> {
  if (start === undefined) return new Map();
  const seen = new Uint8Array(next.length);
  seen[start] = 1;
  const depth = new Map([[start, 0]]);
  let frontier = [start];
  for (let hop = 1; hop <= limit && frontier.length > 0 && depth.size < next.length; hop += 1) {
    const reached: number[] = [];
    for (const at of frontier) {
      if (depth.size === next.length) break;
      for (const to of next[at] ?? []) {
        if (seen[to] === 1) continue;
        seen[to] = 1;
        depth.set(to, hop);
        reached.push(to);
      }
    }
    frontier = reached;
  }
  return depth;
}

interface EdgeRow {
  client: string;
  server: string;
  silent: number;
  taken: number;
  /** Count, errors and milliseconds. */
  recent: [string, string, number];
  before: [string, string, number];
  /** How many recently, as far as they are known. */
  made: string;
  /** Requests of the client, as recently and before. */
  asked: [string, string];
}

/** Seconds after a request arrived in which its calls are joined. */
const JOINED_S = 20;
const NO_CALLS: CallSums = { count: 0, errors: 0, durationMs: 0 };

/** Edges of the last 30 minutes before `at`, and `hosts`; health compares the last minute with the time up to 2 minutes ago. Requests and the calls that they lead to are compared as far as those are known: their halves are joined later, and some services send late; what is taken out of a queue, many at a time or few, is none. An address that names a service is that service. */
export async function loadTopology(store: Store, at: number, hosts: readonly Edge[] = [], takers: Takers = new Map()): Promise<Topology> {
  const rows = await store.query<EdgeRow>(
    `WITH (SELECT max(time) FROM edges WHERE time >= toDateTime({since:UInt32}) AND time <= toDateTime({now:UInt32})) AS known,
     requests AS (
       SELECT service, least(known, maxIf(time, kind = 'Server') - ${JOINED_S}) AS until, sumIf(count, kind = 'Server' AND time < {before:UInt32}) AS before,
         arraySum(arrayMap(one -> if(one.1 <= until, one.2, 0), groupArrayIf((time, toUInt64(count)), kind = 'Server' AND time >= {recent:UInt32}))) AS recent
       FROM red_5s WHERE time >= toDateTime({since:UInt32}) AND time <= toDateTime({now:UInt32}) GROUP BY service)
     SELECT client, server, server NOT IN (SELECT service FROM requests) AS silent, any(kind) = 'messaging' AND client NOT IN (SELECT service FROM requests) AS taken,
       (sumIf(count, time >= {recent:UInt32}), sumIf(errors, time >= {recent:UInt32}), sumIf(duration_sum, time >= {recent:UInt32})) AS recent,
       (sumIf(count, time < {before:UInt32}), sumIf(errors, time < {before:UInt32}), sumIf(duration_sum, time < {before:UInt32})) AS before,
       sumIf(count, time >= {recent:UInt32} AND time <= r.until) AS made, (any(r.recent), any(r.before)) AS asked
     FROM edges AS e LEFT JOIN requests AS r ON r.service = e.client
     WHERE e.time >= toDateTime({since:UInt32}) AND e.time <= toDateTime({now:UInt32}) AND client != '' AND server != '' GROUP BY client, server`,
    { params: { now: Math.floor(at / 1000), since: Math.floor(at / 1000) - 1800, recent: Math.floor(at / 1000) - 60, before: Math.floor(at / 1000) - 120 } },
  );
  const sums = ([count, errors, durationMs]: EdgeRow['recent'], known = NO_CALLS): CallSums => ({ count: known.count + Number(count), errors: known.errors + Number(errors), durationMs: known.durationMs + durationMs });
  const meant = await meantBy(store, rows.flatMap((row) => (row.silent ? row.server : [])), at);
  const calls = new Map<string, Calls>();
  for (const row of rows) {
    const { client, asked: [recent, before] } = row;
    const server = meant.get(row.server)?.service ?? row.server;
    const known = calls.get(`${client}\0${server}`);
    const [now, then] = [sums(row.recent, known?.recent), sums(row.before, known?.before)];
    calls.set(`${client}\0${server}`, { client, server, recent: now, before: then, made: { recent: Number(row.made) + (known?.made.recent ?? 0), before: then.count }, asked: { recent: Number(recent), before: Number(before) } });
  }
  const silent = new Set(rows.flatMap((row) => {
    const { service, isSilent } = meant.get(row.server) ?? { service: row.server, isSilent: row.silent };
    return isSilent ? service : [];
  }));
  const queues = new Set(rows.flatMap(({ client, taken }) => (taken ? client : [])));
  return createTopology([...edgesOf([...calls.values()]).map((edge) => ({ ...edge, ...(silent.has(edge.server) && { silent: true }), ...(queues.has(edge.client) && { taken: true }) })), ...hosts], takers);
}

/** By address, the known service that its first label names, and whether that sends no spans. */
async function meantBy(store: Store, addresses: readonly string[], at: number): Promise<ReadonlyMap<string, { readonly service: string; readonly isSilent: boolean }>> {
  const named = addresses.flatMap((address) => {
    const name = INSIDE.exec(address)?.[1];
    return name === undefined ? [] : [[address, name] as const];
  });
  if (named.length === 0) return new Map();
  const known = await store.query<{ service: string; spans: number }>(
    `SELECT service, max(spans) AS spans FROM (
       SELECT service, 1 AS spans FROM red_5s WHERE time >= toDateTime({since:UInt32}) AND time <= toDateTime({now:UInt32})
       UNION ALL SELECT service, 0 AS spans FROM metric_series WHERE last_seen >= toDateTime({since:UInt32}))
     WHERE service IN {names:Array(String)} GROUP BY service`,
    { params: { names: named.map(([, name]) => name), now: Math.floor(at / 1000), since: Math.floor(at / 1000) - 1800 } },
  );
  const spans = new Map(known.map((one) => [one.service, one.spans > 0]));
  return new Map(named.flatMap(([address, service]) => (spans.has(service) ? [[address, { service, isSilent: !spans.get(service) }] as const] : [])));
}
