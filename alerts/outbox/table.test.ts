import { expect, it, vi } from 'vitest';
import type { Store } from '#store/store.js';
import { saveNotifications } from './table.js';

it('writes times as text, which every version of ClickHouse takes for the same', async () => {
  const insert = vi.fn<Store['insert']>(async () => undefined);
  const row = { id: 'msg_1', receiver: 'slack', event: 'opened', incident: 'inc_1', status: 'pending', attempts: 1, version: 1, body: '{}', error: '', log: '' } as const;
  await saveNotifications({ insert } as unknown as Store, [{ ...row, nextAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6) + 0.7, createdAt: Date.UTC(2026, 0, 2) }]);
  expect(insert).toHaveBeenCalledWith('notifications', [{ ...row, next_at: '2026-01-02T03:04:05.006Z', created_at: '2026-01-02T00:00:00.000Z' }]);
});
