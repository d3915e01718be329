import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { AlertHook } from '#core/alert-hook.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { testIncident } from '#core/testing.js';
import type { Component, Incident, IncidentEvent, Labels } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { incidentsConfig } from '../detector/incidents/config.js';
import { createIncidents } from '../detector/incidents/incidents.js';
import { createTopology } from '../detector/incidents/topology.js';
import { createIncoming } from './alertmanager/incoming.js';
import { createAlerts, type Alerts } from './alerts.js';
import { alertsConfig } from './config.js';
import { rulesConfig } from './rules/config.js';
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

interface Product {
  readonly alerts: Alerts;
  readonly hook: AlertHook & Component;
  readonly incidents: Map<string, Incident>;
  stop(): Promise<void>;
}

async function start(): Promise<Product> {
  const common = { store, registry: new Registry(), logger: silentLogger, clock: Date.now };
  const incidents = new Map<string, Incident>();
  const listen = async (event: IncidentEvent): Promise<void> => {
    incidents.set(event.incident.id, event.incident);
    await alerts.consume(event);
  };
  const correlation = createIncidents({ ...common, config: incidentsConfig.parse({ update_every: '1ms', resolve_after: '1s' }), events: { consume: listen }, topologyAt: async () => createTopology([]) });
  const config = alertsConfig.parse({ alertmanager_config: join(folder, 'alertmanager.yml') });
  const hook = createIncoming({ ...common, config: config.incoming, publicUrl: 'https://f.example', anomalies: correlation.others });
  const alerts = createAlerts({ ...common, config, rules: rulesConfig.parse({}), promql: { instant: () => Promise.reject(new Error('no rules here')) }, normalise: (expr) => expr, dataDir: store.dataDir, evidence: hook, publicUrl: 'https://f.example' });
  for (const one of [correlation, alerts, hook]) await one.start();
  return { alerts, hook, incidents, stop: async () => { for (const one of [hook, correlation, alerts]) await one.stop(); } };
}

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
