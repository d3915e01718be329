import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiScaling } from '#core/api/slos.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { ServerContext } from '../context.js';
import { scalingRoutes } from './scaling.js';

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
let store: Store;
let ask: (from: string) => Promise<readonly ApiScaling[]>;
beforeAll(async () => {
  store = await openTestStore();
  const [route] = scalingRoutes({ store, clock: () => NOW } as unknown as ServerContext);
  ask = async (from) => {
    const answer = (await route?.handle({ params: {}, query: { from, to: 'now' }, body: {} })) as { policies: readonly ApiScaling[] } | undefined;
    return answer?.policies ?? [];
  };
});
afterAll(() => store.close());

it('lays what was expected over what came, one horizon ahead, with every decision', async () => {
  expect(await ask('now-1h')).toEqual([]);
  const forecasts = Array.from({ length: 40 }, (_, index) => ({ time: NOW - (40 - index) * 15_000, policy: 'cart', service: 'cart-service', horizon: 300, load: 10 + index, forecast: 30 + index, lower: index - 20, upper: 60 + index }));
  await store.insert('load_forecasts', forecasts);
  const decision = { policy: 'cart', service: 'cart-service', value: 40, forecast: 60, current: 2, reason: 'more is coming' };
  for (const [age, desired, applied] of [[120_000, 4, false], [110_000, 3, true], [400, 3, false]]) await store.insert('scaling_decisions', [{ ...decision, time: NOW - Number(age), desired, applied }]);

  const [only] = await ask('now-10m');
  expect(only).toMatchObject({ policy: 'cart', service: 'cart-service', horizonMs: 300_000, replicas: 3 });
  expect(only?.decisions.map(({ at, desired, applied }) => [at, desired, applied])).toEqual([[NOW - 400, 3, false], [NOW - 110_000, 3, true], [NOW - 120_000, 4, false]]);
  const { times = [], values = [], expected = [], lower = [] } = only?.chart ?? {};
  expect(times.at(-1)).toBe(NOW + 285_000);
  const at = times.indexOf(NOW - 15_000);
  // The load of now, and what was expected of it five minutes, twenty steps, before.
  expect([values[at], expected[at], lower[at]]).toEqual([49, 30 + 19, 0]);
  expect(values.slice(at + 1)).toEqual(Array.from({ length: 20 }, () => null));
  expect(expected.at(-1)).toBe(69);
});
