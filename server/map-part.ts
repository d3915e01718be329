import type { ApiEdge, ApiMap, ApiNode } from '#core/api/services.js';
import { FAILING } from './fleet.js';

export interface MapQuestion {
  /** Parts called exactly so, or so with commas between, else those with it in their names; '' for none. */
  readonly around: string;
  /** Calls away from these. */
  readonly hops: number;
  /** A larger map is shown in part. */
  readonly most: number;
}

type Node = Omit<ApiNode, 'hidden'>;

/**
 * The part of a map that is worth a look, at most `most` nodes: all of a small one, else what was asked for with its
 * neighbours, else what is in trouble with its neighbours, else what has the most traffic. Near before far, and among
 * equally near ones those whose calls fail first, then those with the most calls.
 */
export function mapPart(nodes: readonly Node[], edges: readonly ApiEdge[], { around, hops, most }: MapQuestion): ApiMap {
  const wanted = around.trim().toLowerCase();
  const starts = nodes.length <= most ? [] : startsOf(nodes, edges, wanted);
  const shown: ApiMap['shown'] = nodes.length <= most ? 'all' : wanted !== '' ? 'around' : starts.length > 0 ? 'trouble' : 'busiest';
  const kept = shown === 'all' ? new Set(nodes.map(({ name }) => name)) : shown === 'busiest' ? new Set(byTraffic(nodes).slice(0, most).map(({ name }) => name)) : reach(starts, edges, hops, most);
  return {
    nodes: nodes.filter(({ name }) => kept.has(name)).map((node) => ({ ...node, hidden: shown === 'all' ? 0 : hiddenAround(node.name, edges, kept) })),
    edges: edges.filter(({ client, server }) => kept.has(client) && kept.has(server)),
    shown, all: nodes.length, found: shown === 'all' || shown === 'busiest' ? nodes.length : starts.length,
  };
}

function startsOf(nodes: readonly Node[], edges: readonly ApiEdge[], wanted: string): readonly string[] {
  const called = (names: readonly string[]): readonly string[] => names.flatMap((one) => nodes.filter(({ name }) => name.toLowerCase() === one.trim()).map(({ name }) => name));
  const exact = called([wanted]);
  const each = exact.length > 0 ? exact : called(wanted.split(','));
  if (each.length > 0) return each;
  if (wanted !== '') return byTraffic(nodes.filter(({ name }) => name.toLowerCase().includes(wanted))).map(({ name }) => name);
  const rank = ({ cause, state }: Node): number => (cause ? 0 : state === 'critical' ? 1 : 2);
  const ill = byTraffic(nodes.filter(({ state }) => state === 'critical' || state === 'warning')).toSorted((a, b) => rank(a) - rank(b));
  if (ill.length > 0) return ill.map(({ name }) => name);
  // A large fleet always has something that fails a little: only where there is no incident is it news.
  const failing = new Set(edges.filter(({ errorRatio }) => errorRatio >= FAILING).map(({ server }) => server));
  return byTraffic(nodes.filter(({ name }) => failing.has(name))).map(({ name }) => name);
}

const byTraffic = (nodes: readonly Node[]): readonly Node[] => nodes.toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond);

/** What is at most `hops` calls away from `starts`, these first. */
function reach(starts: readonly string[], edges: readonly ApiEdge[], hops: number, most: number): ReadonlySet<string> {
  const touching = new Map<string, ApiEdge[]>();
  for (const edge of edges.toSorted((a, b) => Number(b.errorRatio >= FAILING) - Number(a.errorRatio >= FAILING) || b.requestsPerSecond - a.requestsPerSecond)) {
    for (const name of [edge.client, edge.server]) touching.set(name, [...(touching.get(name) ?? []), edge]);
  }
  const kept = new Set(starts.slice(0, most));
  let front = [...kept];
  for (let hop = 0; hop < hops; hop += 1) {
    // In turns, so that one hub does not take all the room.
    const queues = front.map((name) => (touching.get(name) ?? []).map(({ client, server }) => (client === name ? server : client)).filter((other) => !kept.has(other)));
    const next: string[] = [];
    for (let turn = 0; queues.some((queue) => turn < queue.length); turn += 1) {
      for (const queue of queues) {
        const name = queue[turn];
        if (name === undefined || kept.has(name)) continue;
        if (kept.size >= most) return kept;
        kept.add(name);
        next.push(name);
      }
    }
    front = next;
  }
  return kept;
}

/** Neighbours that are left out. */
function hiddenAround(name: string, edges: readonly ApiEdge[], kept: ReadonlySet<string>): number {
  const others = new Set<string>();
  for (const { client, server } of edges) {
    if (client === name && !kept.has(server)) others.add(server);
    if (server === name && !kept.has(client)) others.add(client);
  }
  return others.size;
}
