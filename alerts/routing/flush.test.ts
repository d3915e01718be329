import { expect, it } from 'vitest';
import { notificationsOf } from './flush.js';
import type { Group } from './groups.js';
import type { Integration } from './notification.js';
import { plainReceivers } from './testing.js';

it('says of its messages whether they are how the group stands, as the integration does', async () => {
  const { integrations: [plain] } = await plainReceivers({ global: undefined, templates: undefined, receivers: [{ name: 'team', webhook_configs: [{ url: 'http://127.0.0.1/' }] }] }, '/');
  const alert = { fingerprint: 'a', labels: { alertname: 'Down' }, annotations: {}, startsAt: 0, endsAt: 60_000, timesOut: true, updatedAt: 0, generatorURL: '' };
  const group = { key: 'g', route: { receiver: 'team', repeatIntervalMs: 60_000 }, labels: {}, alerts: new Map([['a', alert]]), triedAt: 0 } as unknown as Group;
  const integrations = [plain, { ...plain, isState: true }] as readonly Integration[];
  const told = notificationsOf(group, [alert], { integrations, log: { last: () => undefined }, externalURL: '', now: 1000 });
  expect(told.map(({ draft }) => draft)).toMatchObject([{ event: 'firing', isState: false }, { event: 'firing', isState: true }]);
});
