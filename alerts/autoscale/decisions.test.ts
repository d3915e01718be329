import { expect, it, vi } from 'vitest';
import type { Store } from '#store/store.js';
import { saveDecision, saveForecasts } from './decisions.js';

it('writes times as text, which every version of ClickHouse takes for the same', async () => {
  const insert = vi.fn<Store['insert']>(async () => undefined);
  const store = { insert } as unknown as Store;
  const shop = { time: Date.UTC(2026, 0, 2, 3, 4, 5, 6), policy: 'shop', service: 'cart', forecast: 14 };
  await saveDecision(store, { ...shop, value: 10, current: 1, desired: 2, applied: true, reason: '' });
  await saveForecasts(store, [{ ...shop, horizon: 300, load: 10, lower: 12, upper: 16 }]);
  const time = '2026-01-02T03:04:05.006Z';
  expect(insert.mock.calls).toMatchObject([['scaling_decisions', [{ time }]], ['load_forecasts', [{ time }]]]);
});
