import type { ApiSource, ApiSources, ApiStatus } from '#core/api/status.js';
import type { ServerContext } from '../context.js';
import { defineRoute, type Route } from '../route.js';
import { listQuery, named } from './list.js';

const MOST_SOURCES = 5_000;

export function sourceRoutes({ sources }: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/sources', summary: 'Who sends what, and what senders should fix: those with something to fix first', query: listQuery(MOST_SOURCES),
      handle({ query: { q, limit } }): Promise<ApiSources> {
        const found = named(sources(), q).toSorted((a, b) => faultsOf(b) - faultsOf(a) || a.service.localeCompare(b.service));
        return Promise.resolve({ sources: found.slice(0, limit), matching: found.length });
      },
    }),
  ];
}

/** What arrives in all. */
export function arriving(sources: readonly ApiSource[]): ApiStatus['arriving'] {
  const perSecond = { traces: 0, metrics: 0, logs: 0 };
  for (const { signals } of sources) for (const { signal, perSecond: rate } of signals) perSecond[signal] += rate;
  return { sources: sources.length, faulty: sources.filter((source) => faultsOf(source) > 0).length, perSecond };
}

const faultsOf = ({ problems, refused, signals }: ApiSource): number => problems.length + Number(refused !== null) + signals.filter(({ stopped }) => stopped).length;
