import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { testIncident } from '#core/testing.js';
import type { Incident, Labels } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { incidentsConfig } from '../detector/incidents/config.js';
import { joined, type Joined } from '../test/joined.js';
import { openTestReceiver, type TestReceiver } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-incident-alerts-'));
const WAIT = { timeout: 20_000, interval: 20 };
let store: Awaited<ReturnType<typeof openTestStore>>;
let receiver: TestReceiver;

beforeAll(async () => {
  [store, receiver] = await Promise.all([openTestStore(), openTestReceiver()]);
  writeFileSync(join(folder, 'alertmanager.yml'), `
route: { receiver: team, group_by: ['...'], group_wait: 0s, group_interval: 1s }
receivers: [{ name: team, webhook_configs: [{ url: '${receiver.url}/team' }] }]
inhibit_rules: [{ source_matchers: [alertname="FaultlineIncident"], target_matchers: [alertname!="FaultlineIncident", incident!=""], equal: [incident] }]
`);
});
/** Requests of the tests before. */
let earlier = 0;
beforeEach(() => void (earlier = receiver.requests.length));
afterAll(async () => {
  await receiver.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (): Promise<Joined> => joined(store, folder, { config: incidentsConfig.parse({ update_every: '1ms', resolve_after: '1s' }) });

interface Body {
  readonly alerts: readonly { readonly status: string; readonly labels: Labels }[];
}
const told = (): string[] => receiver.requests.slice(earlier).flatMap(({ body }) => (JSON.parse(body) as Body).alerts.map(({ status, labels }) => `${labels['service'] ?? labels['alertname'] ?? ''} ${status}`));
const PAYMENT_FAILS = { alertname: 'PaymentFails', service_name: 'payment', severity: 'critical' };

it('tells that an incident of alerts alone is over, where it was told that it began', async () => {
  const product = await start();
  const { alerts, incidents } = product;
  const posted = (endsAt: number) => ({ labels: PAYMENT_FAILS, annotations: {}, startsAt: Date.now() - 60_000, endsAt, generatorURL: 'http://prometheus/graph' });
  await alerts.routing.post([posted(Date.now() + 240_000)]);
  await vi.waitFor(() => expect(told()).toEqual(['payment firing']), WAIT);
  await alerts.routing.post([posted(Date.now())]);
  await vi.waitFor(() => expect(told()).toEqual(['payment firing', 'payment resolved']), WAIT);
  expect([...incidents.values()].map(({ status }) => status)).toEqual(['resolved']);
  await product.stop();
});

it('an incident that was told before a restart stays one alert, and its end is told, whatever its cause is by now', async () => {
  const save = (incident: Incident, version: number): Promise<void> =>
    store.insert('incidents', [{ id: incident.id, status: incident.status, severity: incident.severity, title: incident.title, starts_at: incident.startsAt, ends_at: incident.endsAt, updated_at: incident.updatedAt, version, due: '', document: JSON.stringify(incident), lasts: 0, verdict: '', traits: [] }]);
  const first = await start();
  const one = testIncident({ startsAt: Date.now() - 60_000, openedAt: Date.now() - 30_000, updatedAt: Date.now() });
  await first.alerts.consume({ type: 'opened', incident: one });
  const renamed = { ...one, updatedAt: Date.now(), causes: [{ service: 'ledger', confidence: 0.9, reason: 'it fails', onsetAt: one.startsAt }] };
  await save(renamed, 1);
  const forgotten = testIncident({ id: 'forgotten', startsAt: Date.now() - 60_000, openedAt: Date.now() - 30_000, updatedAt: Date.now(), causes: [{ service: 'mail', confidence: 0.9, reason: 'it fails', onsetAt: one.startsAt }] });
  await first.alerts.consume({ type: 'opened', incident: forgotten });
  await vi.waitFor(() => expect(told().toSorted()).toEqual(['mail firing', 'payment firing']), WAIT);
  await first.stop();
  const second = await start();
  // Of what is no longer known anywhere nobody else would say that it is over.
  await vi.waitFor(() => expect(told().toSorted()).toEqual(['mail firing', 'mail resolved', 'payment firing']), WAIT);
  const over = { ...renamed, status: 'resolved' as const, updatedAt: Date.now(), endsAt: Date.now() };
  await save(over, 2);
  await second.alerts.consume({ type: 'resolved', incident: over });
  await vi.waitFor(() => expect(told().toSorted()).toEqual(['mail firing', 'mail resolved', 'payment firing', 'payment resolved']), WAIT);
  expect(second.alerts.routing.alerts({ active: true }).filter(({ labels, endsAt }) => labels['alertname'] === 'FaultlineIncident' && endsAt > Date.now())).toEqual([]);
  await second.stop();
});
