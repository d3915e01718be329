import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PostedAlert } from '#core/alert-routing.js';
import { testAnomaly } from '#core/testing.js';
import type { Incident, Labels } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { joined, type Joined } from '../test/joined.js';
import { openTestReceiver, type TestReceiver } from './testing.js';

/** Alerts of others, the detector and the routing, joined as main.ts joins them. */
const folder = mkdtempSync(join(tmpdir(), 'faultline-fusion-'));
const now = Date.now();
let store: Awaited<ReturnType<typeof openTestStore>>;
let receiver: TestReceiver;
let product: Joined;
let alerts: Joined['alerts'];
let hook: Joined['hook'];
let correlation: Joined['correlation'];
let incidents: Joined['incidents'];

beforeAll(async () => {
  [store, receiver] = await Promise.all([openTestStore(), openTestReceiver()]);
  writeFileSync(join(folder, 'alertmanager.yml'), `
route:
  receiver: team
  group_by: ['...']
  group_wait: 0s
  routes:
    - { matchers: [team="loud"], receiver: team, group_by: ['...'], group_wait: 0s }
    - { matchers: [alertname="FaultlineIncident", service="vault"], receiver: pager }
receivers: [{ name: team, webhook_configs: [{ url: '${receiver.url}/team' }] }, { name: pager, webhook_configs: [{ url: '${receiver.url}/pager' }] }]
inhibit_rules: [{ source_matchers: [alertname="FaultlineIncident"], target_matchers: [alertname!="FaultlineIncident", team!="loud"], equal: [incident] }]
`);
  product = await joined(store, folder, { edges: [{ client: 'web', server: 'payment', errorRise: 0, slowdown: 1 }] });
  ({ alerts, hook, correlation, incidents } = product);
});
afterAll(async () => {
  await product.stop();
  await receiver.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const posted = (labels: Labels, over: Partial<PostedAlert> = {}): PostedAlert => ({ labels, annotations: { summary: 'text' }, startsAt: now - 60_000, endsAt: Date.now() + 240_000, generatorURL: 'http://prometheus/graph', ...over });
interface Told {
  readonly alerts: readonly { readonly labels: Labels; readonly annotations: Labels }[];
}
const told = () => receiver.requests.flatMap(({ body }) => (JSON.parse(body) as Told).alerts);
const open = (): Incident[] => [...incidents.values()].filter(({ status }) => status !== 'resolved');
const failing = { alertname: 'PaymentFails', service_name: 'payment', severity: 'critical' };

it('alerts posted by a Prometheus join what the detector finds, once by whichever way they come, and say which incident they belong to', async () => {
  await correlation.consume([testAnomaly({ series: { ...testAnomaly().series, service: 'web' }, startsAt: now - 50_000, peakAt: now, updatedAt: now })]);
  const id = open()[0]?.id ?? '';
  await alerts.routing.post([posted(failing), posted({ ...failing, alertname: 'PaymentSlow', team: 'loud' })]);
  await hook.take([{ status: 'firing', labels: failing, annotations: {}, startsAt: now - 60_000, endsAt: null, until: null, generatorURL: 'http://prometheus/graph' }]);
  expect(open().map(({ id }) => id)).toEqual([id]);
  const evidence = open()[0]?.evidence.map(({ series }) => `${series.service} ${series.metric}`).toSorted();
  expect(evidence).toEqual(['payment PaymentFails', 'payment PaymentSlow', 'web error_ratio']);
  // The incident is told, and what it explains is held back, but for what the rule lets through.
  await vi.waitFor(() => expect(told().map(({ labels }) => labels['alertname'] ?? '').toSorted()).toEqual(['FaultlineIncident', 'PaymentSlow']), { timeout: 20_000, interval: 20 });
  const link = `https://f.example/incidents/${id}`;
  expect(told().find(({ labels }) => labels['team'] === 'loud')?.annotations).toEqual({ summary: 'text', incident: id, incident_link: link });
  expect(told().find(({ labels }) => labels['alertname'] === 'FaultlineIncident')?.annotations['incident']).toBeUndefined();
  const shown = alerts.routing.alerts({ matchers: ['alertname="PaymentFails"'] })[0];
  expect(shown).toMatchObject({ state: 'suppressed', labels: failing, annotations: { incident: id, incident_link: link } });
});

it('a silence for an incident holds for its alerts', async () => {
  const matchers = [{ name: 'incident', value: open()[0]?.id ?? '', isRegex: false, isEqual: true }];
  const id = await alerts.routing.setSilence({ id: '', matchers, startsAt: Date.now(), endsAt: Date.now() + 60_000, createdBy: 'ada', comment: 'on it' });
  expect(alerts.routing.alerts({ matchers: ['team="loud"'] })[0]?.silencedBy).toEqual([id]);
  await alerts.routing.expireSilence(id);
});

it('its own alerts open nothing when they come back', async () => {
  const before = incidents.size;
  const own = open().map(({ id }) => posted({ alertname: 'FaultlineIncident', incident: id, service: 'mail', severity: 'critical', source: 'faultline' }));
  await alerts.routing.post([...own, posted({ alertname: 'MailFails', service: 'mail', severity: 'critical' }, { generatorURL: 'https://f.example/graph?g0.expr=up' })]);
  expect(incidents.size).toBe(before);
});

it('an end that is posted ends the evidence', async () => {
  const ends = Date.now();
  await alerts.routing.post([posted(failing, { endsAt: ends }), posted({ ...failing, alertname: 'PaymentSlow', team: 'loud' }, { endsAt: ends })]);
  await vi.waitFor(() => expect(open()[0]?.evidence.filter(({ series }) => series.service === 'payment').map(({ endsAt }) => endsAt)).toEqual([ends, ends]), { timeout: 20_000, interval: 20 });
});

it('an incident that consists of posted alerts is not told beside them', async () => {
  const loud = { alertname: 'DiskFills', service: 'archive', severity: 'critical', team: 'loud' };
  const before = receiver.requests.length;
  await alerts.routing.post([posted(loud)]);
  // Behind it, where it took its time to become evidence.
  await hook.take([]);
  const own = open().find(({ services }) => services.includes('archive'));
  expect(own?.evidence.map(({ series }) => series.metric)).toEqual(['DiskFills']);
  await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(before), { timeout: 20_000, interval: 20 });
  const shown = (): unknown => alerts.routing.alerts({ matchers: [`incident="${own?.id ?? ''}"`, 'alertname="FaultlineIncident"'] })[0];
  const fingerprint = alerts.routing.alerts({ matchers: ['alertname="DiskFills"'] })[0]?.fingerprint;
  expect(shown()).toMatchObject({ state: 'suppressed', inhibitedBy: [fingerprint] });
  // The detector finds more: now it says what the alert does not.
  await correlation.consume([testAnomaly({ id: 'more', series: { ...testAnomaly().series, id: 'more', service: 'archive' }, startsAt: now - 50_000, peakAt: now, updatedAt: Date.now() })]);
  expect(shown()).toMatchObject({ state: 'active', inhibitedBy: [] });
});

it('but is told to a receiver that none of them goes to', async () => {
  const loud = { alertname: 'VaultSealed', service: 'vault', severity: 'critical', team: 'loud' };
  const before = receiver.requests.length;
  await alerts.routing.post([posted(loud)]);
  const since = (): string[] => receiver.requests.slice(before).flatMap(({ path, body }) => (JSON.parse(body) as Told).alerts.filter(({ labels }) => labels['service'] === 'vault').map(({ labels }) => `${path} ${labels['alertname'] ?? ''}`));
  await vi.waitFor(() => expect(since().toSorted()).toEqual(['/pager FaultlineIncident', '/team VaultSealed']), { timeout: 20_000, interval: 20 });
});
