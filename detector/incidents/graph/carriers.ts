import { domainOf } from './addresses.js';
import { degraded, failing, isSlow, type Edge } from './edges.js';

/** So many things at once do not fail for one caller alone unless it is that; nor do so many that are known to serve others well. */
const CUT_OFF = 3;
const CONTRASTS = 2;
/** Of a server that is gone more calls than these fail, a second after it went. */
const MOST_RISE = 0.01;

/** Whether calls are known to go as they did before. */
const isWell = (edge: Edge): boolean => edge.isKnown === true && !degraded(edge);

/** Whether it is called at an address of the internet, through a way out that can fail by itself. */
const isOutside = ({ silent, server }: Edge): boolean => silent === true && domainOf(server) !== undefined;

/** Services whose calls by somebody are well. */
export const spared = (edges: readonly Edge[]): ReadonlySet<string> => new Set(edges.flatMap((edge) => (isWell(edge) ? edge.server : [])));

/** By service, those whose calls to it are so. */
function callersOf(edges: readonly Edge[], are: (edge: Edge) => boolean): ReadonlyMap<string, ReadonlySet<string>> {
  const callers = new Map<string, Set<string>>();
  for (const edge of edges) if (are(edge)) put(callers, edge.server, new Set<string>(), (known) => known.add(edge.client));
  return callers;
}

/** By caller, what fails for nobody else and says nothing itself or serves others well, where that is so much, and no call of the caller known to be well, that it reaches nothing: name resolution, a proxy, its network. Of what it calls one after the other, most is not called any more. What is within its network it may still reach, and no more what is outside, where that is of so many domains. */
export function unreached(edges: readonly Edge[]): ReadonlyMap<string, readonly string[]> {
  const callers = callersOf(edges, degraded);
  const well = spared(edges);
  const reaching = new Set(edges.flatMap((edge) => (isWell(edge) ? edge.client : [])));
  const outside = new Set(edges.flatMap((edge) => (isWell(edge) && isOutside(edge) ? edge.client : [])));
  const found = new Map<string, string[]>();
  for (const edge of edges) if ((edge.silent || well.has(edge.server)) && failing(edge) && callers.get(edge.server)?.size === 1 && !(isOutside(edge) ? outside : reaching).has(edge.client)) put(found, edge.client, [], (known) => known.push(edge.server));
  const isSoMuch = (client: string, servers: readonly string[]): boolean => (reaching.has(client) ? new Set(servers.map(domainOf)) : new Set(servers)).size >= CUT_OFF;
  return new Map([...found].filter(([client, servers]) => isSoMuch(client, servers) || servers.filter((server) => well.has(server)).length >= CONTRASTS));
}

/** By service that serves others well, the only caller whose calls to it fail. */
export function failingAlone(edges: readonly Edge[]): ReadonlyMap<string, string> {
  const well = spared(edges);
  return new Map([...callersOf(edges, failing)].flatMap(([server, [client = '', ...others]]) => (others.length === 0 && well.has(server) ? [[server, client] as const] : [])));
}

/** Services whose calls by two callers or more fail, and by none go as before: whatever they say of those that they serve, others they turn away. */
export function turningAway(edges: readonly Edge[]): ReadonlySet<string> {
  const well = spared(edges);
  return new Set([...callersOf(edges, failing)].flatMap(([server, clients]) => (clients.size > 1 && !well.has(server) ? server : [])));
}

/** Services whose calls by two callers or more are slow, and by none go as before, while what they call themselves is well. */
export function dragging(edges: readonly Edge[]): ReadonlySet<string> {
  const well = spared(edges);
  const waiting = new Set(edges.flatMap((edge) => (degraded(edge) ? edge.client : [])));
  return new Set([...callersOf(edges, isSlow)].flatMap(([server, clients]) => (clients.size > 1 && !well.has(server) && !waiting.has(server) ? server : [])));
}

/** Services that are called lately and answer as they did before. */
export function answering(edges: readonly Edge[]): ReadonlySet<string> {
  const found = new Set(edges.flatMap(({ server, isKnown }) => (isKnown ? server : [])));
  for (const { server, errorRise } of edges) if (errorRise > MOST_RISE) found.delete(server);
  return found;
}

/** By service, silent ones whose calls from it degraded. */
export function suspectsBelow(edges: readonly Edge[]): ReadonlyMap<string, ReadonlySet<string>> {
  const suspects = new Map<string, Set<string>>();
  for (const edge of edges) if (edge.silent && degraded(edge)) put(suspects, edge.client, new Set<string>(), (known) => known.add(edge.server));
  return suspects;
}

/**
 * Answers whether trouble can have come from one service to the other within some calls: up or down a chain, past silent
 * services, queues whose calls degraded, and those whose calls degraded on both sides; or to both from a silent one whose calls degraded for both.
 * A healthy service carries nothing, wherever it stands between the two.
 */
export function carriersOf(edges: readonly Edge[], suspects: ReadonlyMap<string, ReadonlySet<string>>): (one: string, other: string, hops: number) => boolean {
  const calls = new Map<string, Edge[]>();
  for (const edge of edges) put(calls, edge.client, [], (known) => known.push(edge));

  function below(service: string, hops: number): ReadonlySet<string> {
    const reached = new Set<string>();
    let frontier = new Set(calls.get(service));
    for (let hop = 1; hop <= hops && frontier.size > 0; hop += 1) {
      const next = new Set<Edge>();
      for (const edge of frontier) {
        reached.add(edge.server);
        if (hop === hops) continue;
        for (const further of calls.get(edge.server) ?? []) if (further.taken ? degraded(edge) : edge.silent || (degraded(edge) && degraded(further))) next.add(further);
      }
      frontier = next;
    }
    return reached;
  }

  const known = new Map<number, Map<string, ReadonlySet<string>>>();
  function reach(service: string, hops: number): ReadonlySet<string> {
    const byService = known.get(hops) ?? new Map<string, ReadonlySet<string>>();
    known.set(hops, byService);
    const found = byService.get(service) ?? below(service, hops);
    byService.set(service, found);
    return found;
  }

  function shareSuspect(one: string, other: string): boolean {
    const others = suspects.get(other);
    return others !== undefined && [...(suspects.get(one) ?? [])].some((name) => others.has(name));
  }

  return (one, other, hops) => hops > 0 && (reach(one, hops).has(other) || reach(other, hops).has(one) || (hops > 1 && shareSuspect(one, other)));
}

function put<V>(map: Map<string, V>, key: string, empty: V, change: (value: V) => void): void {
  const value = map.get(key) ?? empty;
  map.set(key, value);
  change(value);
}
