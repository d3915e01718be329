import { z } from 'zod';
import type { ApiChanges, ChangeKind } from '#core/api/services.js';
import type { ServerContext } from '../context.js';
import { feedOf } from '../changes/feed.js';
import { loadIncidents, loadPatterns, loadReleases } from '../changes/happenings.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const KINDS = ['deploy', 'rollback', 'configuration', 'scaling', 'restart', 'incident-opened', 'incident-resolved', 'log-pattern'] as const satisfies readonly ChangeKind[];
/** Which kinds each question answers. */
const LOADS = [
  [loadReleases, ['deploy', 'rollback', 'configuration', 'scaling', 'restart']],
  [loadIncidents, ['incident-opened', 'incident-resolved']],
  [loadPatterns, ['log-pattern']],
] as const satisfies readonly (readonly [unknown, readonly ChangeKind[]])[];

export const changeQuery = rangeQuery.extend({
  service: z.string().default('').describe('Of this service alone'),
  kinds: z.string().default('').transform((text) => (text === '' ? KINDS : text.split(','))).pipe(z.array(z.enum(KINDS))).describe(`Of these kinds, separated by commas; all when left out: ${KINDS.join(', ')}`),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('The newest so many'),
});

export function changeRoute({ store, clock }: ServerContext): Route {
  return defineRoute({
    method: 'get', path: '/api/changes', summary: 'What changed, newest first: new versions and versions taken back, restarts, scaling, other resource attributes, incidents, new log patterns; what came to many services at once is one', query: changeQuery,
    async handle({ query: { service, kinds, limit, ...times } }): Promise<ApiChanges> {
      const range = rangeOf(times, clock);
      const asked = (kind: ChangeKind): boolean => kinds.includes(kind);
      const happenings = await Promise.all(LOADS.filter(([, answers]) => answers.some(asked)).map(([load]) => load(store, range, service)));
      const changes = feedOf(happenings.flat().filter(({ kind }) => asked(kind)));
      return { changes: changes.slice(0, limit), matching: changes.length };
    },
  });
}
