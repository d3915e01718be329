import { isMultiplied } from '../calls-per-request.js';
import { failing } from '../../graph/edges.js';
import type { Suspect } from '../suspects.js';
import type { Topology } from '../../graph/topology.js';

/** One alone may ask again and again by itself. */
const LEAST_CALLERS = 2;

/** By what several callers ask more often for each request, the cache that holds less than before and that all of these ask too: what it misses is asked there. */
export function emptiedCaches(all: readonly Suspect[], topology: Topology): ReadonlyMap<string, Suspect> {
  const caches = all.filter(({ holdsLess }) => holdsLess);
  if (caches.length === 0) return new Map();
  const callers = new Map<string, string[]>();
  for (const edge of topology.edges.filter((one) => isMultiplied(one) && !failing(one))) callers.set(edge.server, [...(callers.get(edge.server) ?? []), edge.client]);
  return new Map([...callers].flatMap(([server, clients]) => {
    const cache = clients.length < LEAST_CALLERS ? undefined : caches.find(({ service }) => service !== server && clients.every((client) => topology.callees(client).includes(service)));
    return cache ? [[server, cache] as const] : [];
  }));
}
