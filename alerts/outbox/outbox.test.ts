import { beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { alertsMetrics } from '../alerts-metrics.js';
import { alertsConfig } from '../config.js';
import { createOutbox, type Draft, type Outbox } from './outbox.js';
import { createPost } from './post.js';
import type { Notification } from './table.js';

let rows: Map<string, Notification>;
let told: string[];
let isUp: boolean;
let outbox: Outbox;
let made = 0;
let now = Date.now();

beforeEach(async () => {
  rows = new Map();
  told = [];
  isUp = false;
  const insert: Store['insert'] = async (_table, saved) => {
    for (const row of saved as unknown as Notification[]) rows.set(row.id, row);
  };
  const store = { insert, query: async () => [] } as unknown as Store;
  const { delivery } = alertsConfig.parse({});
  const channel = {
    name: 'pager',
    check: async () => undefined,
    deliver: async ({ body }: Pick<Notification, 'body'>) => {
      if (!isUp) return { outcome: 'again', reason: 'down', retryAfterMs: 60_000 } as const;
      told.push(body);
      return { outcome: 'delivered' } as const;
    },
  };
  outbox = createOutbox({ store, logger: silentLogger, clock: () => now, metrics: alertsMetrics(new Registry()), config: delivery, channelOf: () => channel, post: createPost(delivery), random: () => 0 });
  await outbox.start();
  // From here on it is paused.
  await outbox.add([draft('first', 'firing')]);
  await vi.waitFor(() => expect([...rows.values()]).toMatchObject([{ attempts: 1 }]));
  return () => outbox.stop();
});

const draft = (incident: string, event: string, more: Partial<Draft> = {}): Draft => ({ id: `m${(made += 1)}`, receiver: 'pager', event, incident, body: `${incident} ${event} ${made}`, ...more });
const fates = (incident: string): string[] => [...rows.values()].filter((row) => row.incident === incident).map(({ event, status }) => `${event} ${status}`);
const back = async (count: number): Promise<void> => {
  isUp = true;
  now += 120_000;
  await outbox.add([]);
  await vi.waitFor(() => expect(told).toHaveLength(count), { timeout: 20_000, interval: 20 });
};
/** As many as may wait, with the first. */
const fill = (): Promise<void> => outbox.add(Array.from({ length: 9_999 }, (_, index) => draft(`g${index}`, 'firing')));

describe('a receiver that was away', () => {
  it('is told only how a group stands, where that is what its messages say', async () => {
    const state = { isState: true };
    for (const event of ['firing', 'firing', 'repeat']) await outbox.add([draft('on', event, state)]);
    for (const event of ['firing', 'resolved', 'firing', 'firing']) await outbox.add([draft('again', event, state)]);
    await outbox.add([draft('unsaid', 'firing', state)]);
    await outbox.add([draft('unsaid', 'resolved', { ...state, unsent: true })]);
    for (const event of ['firing', 'firing', 'resolved']) await outbox.add([draft('said', event)]);
    expect(fates('on')).toEqual(['firing superseded', 'firing superseded', 'repeat pending']);
    expect(fates('again')).toEqual(['firing superseded', 'resolved pending', 'firing superseded', 'firing pending']);
    expect(fates('unsaid')).toEqual(['firing pending', 'resolved unsent']);
    expect(fates('said')).toEqual(['firing pending', 'firing pending', 'resolved pending']);
    await back(8);
    expect(told.filter((one) => one.startsWith('again')).map((one) => one.split(' ')[1])).toEqual(['resolved', 'firing']);
  });

  it('is told that what it knows of is over, however much waits for it', async () => {
    await fill();
    await outbox.add([draft('g1', 'firing'), draft('g1', 'resolved'), draft('told', 'resolved'), draft('new', 'firing')]);
    await outbox.add([draft('g1', 'resolved')]);
    expect(fates('g1')).toEqual(['firing pending', 'firing dead', 'resolved pending', 'resolved dead']);
    expect([...fates('told'), ...fates('new')]).toEqual(['resolved pending', 'firing dead']);
  });

  it('keeps what waits of a group until the newer message has a place', async () => {
    await fill();
    await outbox.add([draft('g1', 'firing', { isState: true })]);
    expect(fates('g1')).toEqual(['firing superseded', 'firing pending']);
    await outbox.add([draft('told', 'repeat')]);
    expect(fates('told')).toEqual(['repeat dead']);
  });
});
