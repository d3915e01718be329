import { z } from 'zod';
import type { ApiMap, ApiNode } from '#core/api/services.js';
import { OWN_SERVICE } from '#core/words.js';
import type { ServerContext } from '../context.js';
import type { Fleet } from '../fleet.js';
import { mapPart } from '../map-part.js';
import { ownQuery, rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const MOST_PARTS = 10_000;

const mapQuery = z.object({
  around: z.string().max(4_000).default('').describe('Of a map of more than `most` parts: those of this name, or of these with commas between, or with this in their names; what is in trouble when left out'),
  hops: z.coerce.number().int().min(0).max(3).default(1).describe('How many calls away from these'),
  most: z.coerce.number().int().min(1).max(MOST_PARTS).default(MOST_PARTS).describe('A larger map is answered in part: so many'),
});

export function mapRoutes({ clock }: ServerContext, fleet: Fleet): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/map', shared: true, summary: 'Service map: who calls whom; a large one in part', query: rangeQuery.extend(ownQuery.shape).extend(mapQuery.shape),
      async handle({ query }): Promise<ApiMap> {
        const range = rangeOf(query, clock);
        const [services, all] = await Promise.all([fleet.traced(range), fleet.calls(range)]);
        const shown = (...names: string[]): boolean => query.own === 'show' || !names.includes(OWN_SERVICE);
        const calls = all.filter(({ client, server }) => shown(client, server));
        const nodes = new Map<string, Omit<ApiNode, 'hidden'>>(services.filter(({ service }) => shown(service)).map(({ service, state, cause, requestsPerSecond, errorRatio, p95Ms }) => [service, { name: service, kind: 'service', state, cause, requestsPerSecond, errorRatio, p95Ms }]));
        // What sends no spans is known by the calls that it takes.
        for (const { client, server, kind, requestsPerSecond, errorRatio, p95Ms } of calls) {
          for (const name of [client, server]) if (!nodes.has(name)) nodes.set(name, { name, kind: kind === 'http' ? 'external' : kind, state: 'ok', cause: false, requestsPerSecond: 0, errorRatio: 0, p95Ms: 0 });
          const node = nodes.get(server);
          if (!node || node.kind === 'service') continue;
          const requests = node.requestsPerSecond + requestsPerSecond;
          nodes.set(server, { ...node, requestsPerSecond: requests, errorRatio: requests > 0 ? (node.errorRatio * node.requestsPerSecond + errorRatio * requestsPerSecond) / requests : 0, p95Ms: Math.max(node.p95Ms, p95Ms) });
        }
        return mapPart([...nodes.values()], calls, query);
      },
    }),
  ];
}
