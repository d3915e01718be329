import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiIncidents } from '#core/api/incidents.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { ServerContext } from '../context.js';
import type { Route } from '../route.js';
import { incidentRoutes } from './incidents.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
let store: Store;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

it('lists the newest incidents and says how many there are', async () => {
  const [route] = incidentRoutes({ store, clock: () => NOW } as ServerContext) as [Route];
  const ask = async (state: string): Promise<[string | undefined, number, number]> => {
    const { incidents, matching } = (await route.handle({ query: route.query?.parse({ state }) ?? {}, params: {}, body: {} })) as ApiIncidents;
    return [incidents[0]?.id, incidents.length, matching];
  };
  const incident = (at: number, status: string): object => ({ id: `${status}-${at}`, status, severity: 'info', title: '', starts_at: new Date(NOW - at * 1_000).toISOString(), ends_at: status === 'open' ? null : new Date(NOW).toISOString(), updated_at: new Date(NOW).toISOString(), version: 1, document: JSON.stringify({ id: `${status}-${at}` }) });
  await store.insert('incidents', Array.from({ length: 3 }, (_, at) => incident(at + 1, 'open')));
  expect(await ask('open')).toEqual(['open-1', 3, 3]);
  await store.insert('incidents', Array.from({ length: 600 }, (_, at) => incident(at + 10, 'resolved')));
  expect([await ask('open'), await ask('all')]).toEqual([['open-1', 3, 3], ['open-1', 500, 603]]);
});
