import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { listening } from '#core/testing.js';
import { openTestStore } from '#store/testing.js';
import { createAlerts } from '../alerts/alerts.js';
import { alertsConfig } from '../alerts/config.js';
import { rulesConfig } from '../alerts/rules/config.js';
import { noEvidence, openTestReceiver, type TestReceiver } from '../alerts/testing.js';
import { alertmanagerApi } from '../server/alertmanager/api.js';
import { hasAlertmanager, startAlertmanager, type RunningAlertmanager } from './alertmanager.js';

/** The same file and the same alerts, at the same time, to a real Alertmanager: the same messages. */
const configFor = (url: string): string => `
route:
  receiver: team
  group_by: [alertname, cluster]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 1h
  routes:
  - { matchers: [team=db], receiver: dba, continue: true, group_by: ['...'] }
  - { match_re: { service: 'cart|checkout' }, receiver: shop, group_by: [service] }
  - { matchers: [team=never], receiver: dba, mute_time_intervals: [always] }
receivers:
- { name: team, webhook_configs: [{ url: '${url}/team' }] }
- { name: dba, webhook_configs: [{ url: '${url}/dba', send_resolved: false }] }
- { name: shop, webhook_configs: [{ url: '${url}/shop', max_alerts: 5 }] }
inhibit_rules:
- { source_matchers: [severity=critical], target_matchers: ['severity=~"warning|info"'], equal: [cluster] }
time_intervals:
- { name: always, time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }] }
`;

let store: Awaited<ReturnType<typeof openTestStore>>;
let alerts: ReturnType<typeof createAlerts>;
let server: Server;
let real: RunningAlertmanager;
let ours: TestReceiver;
let theirs: TestReceiver;
let url = '';
const folder = mkdtempSync(join(tmpdir(), 'faultline-twin-'));

beforeAll(async () => {
  if (!hasAlertmanager) return;
  [store, ours, theirs] = await Promise.all([openTestStore(), openTestReceiver(), openTestReceiver()]);
  real = await startAlertmanager(configFor(theirs.url));
  writeFileSync(join(folder, 'alertmanager.yml'), configFor(ours.url));
  alerts = createAlerts({
    store, registry: new Registry(), logger: silentLogger, clock: systemClock, publicUrl: 'https://f.example', dataDir: store.dataDir, evidence: noEvidence, promql: { instant: () => Promise.reject(new Error('no rules here')) }, normalise: (expr) => expr,
    config: alertsConfig.parse({ alertmanager_config: join(folder, 'alertmanager.yml') }), rules: rulesConfig.parse({}),
  });
  await alerts.start();
  server = createServer(express().use('/api/v2', alertmanagerApi({ routing: alerts.routing, version: '1' })));
  url = await listening(server);
});
afterAll(async () => {
  server?.close();
  await alerts?.stop();
  await real?.stop();
  await Promise.all([ours?.close(), theirs?.close()]);
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

const both = async (path: string, body: unknown): Promise<any[]> =>
  Promise.all([url, real.url].map(async (base) => {
    const response = await fetch(`${base}/api/v2${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text === '' ? undefined : JSON.parse(text);
  }));
let startsAt = '';
const alert = (labels: Record<string, string>, endsAt?: Date): object => ({ labels, annotations: { summary: `about ${labels['alertname']}`, ...(labels['cluster'] && { cluster: labels['cluster'] }) }, startsAt, generatorURL: 'http://p/g', ...(endsAt && { endsAt: endsAt.toISOString() }) });
/** What a receiver was told, but for the address of the sender and times of its own. */
const told = ({ requests }: TestReceiver): string[] =>
  requests.map(({ path, body }) => {
    const { externalURL: _, ...message } = JSON.parse(body);
    return `${path} ${JSON.stringify(message, Object.keys(flat(message)).toSorted())}`;
  }).toSorted();
function flat(value: unknown, keys: Record<string, true> = {}): Record<string, true> {
  if (Array.isArray(value)) for (const one of value) flat(one, keys);
  else if (typeof value === 'object' && value !== null) for (const [key, one] of Object.entries(value)) flat(one, Object.assign(keys, { [key]: true }));
  return keys;
}
async function same(count: number): Promise<string[]> {
  await vi.waitFor(() => expect([ours.requests.length, theirs.requests.length]).toEqual([count, count]), { timeout: 15_000, interval: 50 });
  expect(told(ours)).toEqual(told(theirs));
  return told(ours);
}

describe.skipIf(!hasAlertmanager)('beside a real Alertmanager', () => {
  it('tells the same receivers the same, word for word', async () => {
    startsAt = new Date().toISOString();
    // What holds others back first: a real Alertmanager takes it up a moment later.
    await both('/alerts', [alert({ alertname: 'Crash', team: 'db', cluster: 'eu', severity: 'critical' })]);
    const firing = [
      alert({ alertname: 'Slow', service: 'cart', cluster: 'eu', severity: 'warning', instance: 'b' }), alert({ alertname: 'Slow', service: 'cart', cluster: 'us', severity: 'warning', instance: 'a', job: 'web' }),
      alert({ alertname: 'Known', cluster: 'us', severity: 'warning' }), alert({ alertname: 'Night', team: 'never' }), alert({ alertname: 'Größe "x"\n', cluster: 'ä', empty: '' }),
    ];
    await both('/silences', { matchers: [{ name: 'alertname', value: 'Kno.n', isRegex: true, isEqual: true }], startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 60_000).toISOString(), createdBy: 'ada', comment: '' });
    await both('/alerts', firing);
    // Crash to dba and, going on, nowhere else; Slow of `us` to shop; the odd one to team.
    const first = await same(3);
    expect(first.map((line) => line.split(' ')[0])).toEqual(['/dba', '/shop', '/team']);
    await both('/alerts', [alert({ alertname: 'Crash', team: 'db', cluster: 'eu', severity: 'critical' }, new Date()), alert({ alertname: 'Größe "x"\n', cluster: 'ä' }, new Date())]);
    // Nothing holds back Slow of `eu` any more; dba wants no ends.
    const then = await same(5);
    expect(then.map((line) => line.split(' ')[0])).toEqual(['/dba', '/shop', '/shop', '/team', '/team']);
    const [mine, reals] = await Promise.all([url, real.url].map(async (base) => (await fetch(`${base}/api/v2/alerts/groups`)).json()));
    const shape = (groups: any): unknown => groups.map(({ labels, receiver, alerts: inside }: any) => [labels, receiver, inside.map(({ fingerprint, labels: own, annotations, startsAt: since, receivers, generatorURL, status: { state, inhibitedBy } }: any) => ({ fingerprint, own, annotations, since: Date.parse(since), receivers, generatorURL, state, inhibitedBy })).toSorted((a: any, b: any) => a.fingerprint.localeCompare(b.fingerprint))]);
    expect(shape(mine)).toEqual(shape(reals));
  }, 60_000);
});
