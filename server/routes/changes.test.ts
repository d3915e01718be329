import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiChanges } from '#core/api/services.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import type { ServerContext } from '../context.js';
import { changeQuery, changeRoute } from './changes.js';

/** What is older than its retention is not kept. */
const T = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
const MINUTE = 60_000;
const iso = (minute: number): string => new Date(T + minute * MINUTE).toISOString();
let store: Store;
let ids = 0;

/** From minute to minute; without an end it still runs. */
const process = (service: string, from: number, to = 60, attributes: Readonly<Record<string, string>> = {}): object => ({ service, process: `${(ids += 1)}`, first: iso(from), last: iso(to), attributes });
const version = (service: string, name: string, from: number, to: number): object => ({ service, version: name, first: Math.floor((T + from * MINUTE) / 1000), last: Math.floor((T + to * MINUTE) / 1000) });
const runs = (name: string): Readonly<Record<string, string>> => ({ 'service.version': name, 'config.hash': 'a1' });
const incident = (id: string, opened: number, ended: number | null): object => ({
  id, status: ended === null ? 'open' : 'resolved', severity: 'critical', title: `${id} fails`, starts_at: iso(opened - 1), ends_at: ended === null ? null : iso(ended), updated_at: iso(opened), version: 1, document: JSON.stringify({ openedAt: T + opened * MINUTE, services: ['payment', 'checkout'] }),
});

beforeAll(async () => {
  store = await openTestStore();
  await store.insert('service_versions', [
    version('payment', '1', -600, 60), version('rolled', '1', -600, 30), version('rolled', '2', 30, 60), version('back', '1', -600, 60), version('back', '2', 5, 40),
  ]);
  await store.insert('service_processes', [
    ...[0, 1, 2].flatMap((pod) => [process('payment', -30, 20 + pod / 2, runs('1')), process('payment', 20.1 + pod / 2, 60, runs('1'))]),
    process('rolled', -30, 30, runs('1')), process('rolled', 30.1, 60, runs('2')), process('rolled', -30, 36, runs('1')), process('rolled', 36.1, 60, runs('2')),
    process('back', -30, 5, runs('1')), process('back', 5.1, 40, runs('2')), process('back', 40.2, 60, runs('1')),
    process('metrics-only', -30, 41, runs('1')), process('metrics-only', 41.2, 60, runs('2')),
    process('flagged', -30, 42, runs('1')), process('flagged', 42.2, 60, { ...runs('1'), 'config.hash': 'b2' }),
    process('busy', -30), process('busy', 45), process('busy', 46),
    process('calm', -30), process('calm', -30),
  ]);
  await store.insert('incidents', [incident('first', 21, 50), incident('second', 55, null), incident('old', -500, -400)]);
  await store.insert('log_patterns', [['1', 'payment', 'paid <*>', -600], ['2', 'payment', 'no gateway at <*>', 22], ['3', 'new-here', 'hello', 22], ['4', 'new-here', 'hello again', 25]].map(([id, service, template, minute]) => ({ id, service, template, first_seen: iso(Number(minute)), updated_at: iso(60) })));
});
afterAll(() => store.close());

async function ask(query: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const route = changeRoute({ store, clock: () => T + 60 * MINUTE } as ServerContext);
  const { changes } = (await route.handle({ query: changeQuery.parse({ from: `${T}`, to: 'now', ...query }), params: {}, body: {} })) as ApiChanges;
  return changes.map(({ at, kind, services, text }) => `${Math.floor((at - T) / MINUTE)} ${kind} ${services.join('+')}: ${text}`);
}

it('tells what changed, newest first, each thing once', async () => {
  expect(await ask()).toEqual([
    '55 incident-opened payment+checkout: second fails',
    '50 incident-resolved payment+checkout: first fails',
    '45 scaling busy: scaled out from 1 to 3 processes',
    '42 configuration flagged: restarted, config.hash a1 → b2',
    '41 deploy metrics-only: version 1 → 2',
    '40 rollback back: version 2 → 1',
    '30 deploy rolled: version 1 → 2',
    '22 log-pattern payment: no gateway at <*>',
    '21 incident-opened payment+checkout: first fails',
    '20 restart payment: 3 of 3 processes restarted',
    '5 deploy back: version 1 → 2',
  ]);
});

it('answers about one service, some kinds, and a part of the time', async () => {
  expect(await ask({ service: 'payment', kinds: 'restart,log-pattern,deploy' })).toEqual(['22 log-pattern payment: no gateway at <*>', '20 restart payment: 3 of 3 processes restarted']);
  expect(await ask({ from: `${T + 35 * MINUTE}`, to: `${T + 41 * MINUTE}` })).toEqual(['40 rollback back: version 2 → 1']);
  expect(await ask({ limit: '2', kinds: 'scaling,configuration,rollback' })).toHaveLength(2);
  expect(await ask({ service: 'x'.repeat(300) })).toEqual([]);
  expect(changeQuery.safeParse({ kinds: 'restarts' }).error?.message).toContain('log-pattern');
});
