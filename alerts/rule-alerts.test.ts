import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { PromEngine } from '#core/promql.js';
import { testIncident } from '#core/testing.js';
import type { Labels } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { promqlConfig } from '../promql/config.js';
import { createPromEngine } from '../promql/engine.js';
import { parsePromql } from '../promql/parse.js';
import { printLine } from '../promql/print.js';
import { hasAlertmanager, startAlertmanager, type RunningAlertmanager } from '../test/alertmanager.js';
import type { OutgoingAlert } from './alertmanager/alertmanagers.js';
import { createOutgoing } from './alertmanager/outgoing.js';
import { createAlerts } from './alerts.js';
import { alertsConfig } from './config.js';
import type { AlertState } from './rules/alerting.js';
import { rulesConfig } from './rules/config.js';
import { parseRuleFile } from './rules/rule-file.js';
import { noEvidence, openTestReceiver, type TestReceiver } from './testing.js';

let store: Awaited<ReturnType<typeof openTestStore>>;
let engine: PromEngine;
let receiver: TestReceiver;
const folder = mkdtempSync(join(tmpdir(), 'faultline-rule-alerts-'));
const file = join(folder, 'rules.yml');
const rooms: ReturnType<typeof createAlerts>[] = [];

beforeAll(async () => {
  store = await openTestStore();
  engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store.close();
});
beforeEach(async () => {
  receiver = await openTestReceiver();
});
afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.stop()));
  await receiver.close();
});

/** The rule's expression decides whether its alert fires. */
const write = (name: string, expr: string, more = ''): void => writeFileSync(file, `groups: [{ name: g, interval: 1s, rules: [{ alert: ${name}, expr: '${expr}', labels: { severity: page }, annotations: { summary: "{{ $value }} is too much" }${more} }] }]`);
async function openRoom(alerts: object): Promise<ReturnType<typeof createAlerts>> {
  const room = createAlerts({
    store, registry: new Registry(), logger: silentLogger, clock: systemClock, publicUrl: 'https://f.example', dataDir: store.dataDir, evidence: noEvidence, promql: engine, normalise: (expr) => printLine(parsePromql(expr)),
    config: alertsConfig.parse({ delivery: { initial_backoff: '5ms', max_backoff: '20ms', timeout: '2s' }, ...alerts }), rules: rulesConfig.parse({ files: [file], external_labels: { cluster: 'eu' } }),
  });
  rooms.push(room);
  await room.start();
  return room;
}
const bodies = (): any[] => receiver.requests.map(({ body }) => JSON.parse(body));
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 50 });

describe('an alert of a rule', () => {
  it('is told once when it fires and once when it is over, also over a restart', async () => {
    write('TooMuch', 'vector(7) > 5');
    const hook = { webhooks: [{ name: 'hook', url: receiver.url }, { name: 'no-rules', url: receiver.url, rules: false }], slack: [{ name: 'slack', url: `${receiver.url}/slack`, min_severity: 'critical' }] };
    const before = await openRoom(hook);
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    expect(bodies().find(({ type }) => type)).toMatchObject({
      type: 'alert.firing',
      alert: { name: 'TooMuch', status: 'firing', severity: 'critical', labels: { alertname: 'TooMuch', severity: 'page' }, annotations: { summary: '7 is too much' }, value: 7, query: 'vector(7) > 5', endsAt: null, url: 'https://f.example/graph?g0.expr=vector%287%29+%3E+5&g0.tab=1' },
    });
    expect(bodies().find(({ text }) => text)).toMatchObject({ text: 'Firing: TooMuch: 7 is too much', attachments: [{ color: '#c92a2a' }] });
    await before.stop();
    const after = await openRoom(hook);
    await eventually(() => expect(after.rules.groups()[0]?.rules[0]).toMatchObject({ alerts: [{ state: 'firing', value: 7 }] }));
    // Goes with its rule.
    write('Other', 'vector(1) > 5');
    await eventually(() => expect(receiver.requests).toHaveLength(4));
    expect(new Set(bodies().slice(2).map(({ type, text }) => type ?? text))).toEqual(new Set(['Resolved: TooMuch: 7 is too much', 'alert.resolved']));
    await eventually(async () => {
      const rows = await store.query('SELECT receiver, event, status FROM notifications FINAL ORDER BY receiver, created_at');
      expect(rows).toEqual(['hook', 'slack'].flatMap((name) => ['opened', 'resolved'].map((event) => ({ receiver: name, event, status: 'delivered' }))));
    });
  });

  it('goes to Alertmanagers, and an incident beside it, with labels that stay the same', async () => {
    write('TooMuch', 'vector(9) > 5');
    receiver.answer((response) => void response.writeHead(receiver.requests.length === 1 ? 503 : 200).end());
    const room = await openRoom({ alertmanagers: [`${receiver.url}/am/`, { url: `${receiver.url}/rules-only`, headers: { Authorization: 'Bearer x' }, incidents: false }] });
    const incident = testIncident({ severity: 'warning', startsAt: Date.now() - 60_000 });
    await room.consume({ type: 'opened', incident });
    await room.consume({ type: 'updated', incident: { ...incident, severity: 'critical', causes: [], title: 'worse' } });
    await room.consume({ type: 'resolved', incident: { ...incident, severity: 'critical', status: 'resolved', endsAt: Date.now() } });
    const sent = (path: string): any[] => receiver.requests.filter((request) => request.path === path).flatMap(({ body }) => JSON.parse(body) as object[]);
    const own = (): any[] => sent('/am/api/v2/alerts').filter(({ labels }) => labels.alertname === 'FaultlineIncident');
    const ended = (alert: any): boolean => Date.parse(alert.endsAt) <= Date.now();
    await eventually(() => {
      expect(sent('/am/api/v2/alerts').map(({ labels }) => labels.alertname)).toEqual(expect.arrayContaining(['TooMuch', 'FaultlineIncident']));
      expect(sent('/rules-only/api/v2/alerts')).toHaveLength(1);
      expect(['warning', 'critical'].map((severity) => ended(own().findLast(({ labels }) => labels.severity === severity)))).toEqual([true, true]);
    });
    const rule = sent('/rules-only/api/v2/alerts')[0];
    expect(rule).toMatchObject({ labels: { alertname: 'TooMuch', severity: 'page', cluster: 'eu' }, annotations: { summary: '9 is too much' } });
    expect(Date.parse(rule.endsAt) - Date.now()).toBeGreaterThan(180_000);
    expect(receiver.requests.find(({ path }) => path.startsWith('/rules-only'))?.headers['authorization']).toBe('Bearer x');
    const labels = { alertname: 'FaultlineIncident', cluster: 'eu', incident: 'inc-1', service: 'payment', source: 'faultline' };
    expect(own().map((alert) => alert.labels)).toEqual(expect.arrayContaining([{ ...labels, severity: 'critical' }, { ...labels, severity: 'warning' }]));
    expect(own()[0]).toMatchObject({ annotations: { link: 'https://f.example/incidents/inc-1', summary: incident.summary } });
  });
});

it('alerts that external labels make one last as long as either', async () => {
  const [group] = parseRuleFile('groups: [{ name: g, rules: [{ alert: Both, expr: up }] }]', { file: 'r.yml', evaluationIntervalMs: 60_000, normalise: (expr) => expr }).groups;
  const [rule] = group?.rules ?? [];
  if (!group || rule?.type !== 'alerting') throw new Error('no rule');
  const told: (readonly OutgoingAlert[])[] = [];
  const outgoing = createOutgoing({ store, clock: systemClock, alertmanagers: { put: (alert) => void told.push([alert]) }, routing: { take: async (alerts) => void told.push(alerts), lasting: () => [] }, externalLabels: { cluster: 'eu' }, publicUrl: '' });
  const alert = (labels: Labels, resolvedAt: number | null): AlertState => ({ labels: { alertname: 'Both', ...labels }, annotations: {}, value: 1, state: resolvedAt === null ? 'firing' : 'inactive', activeAt: 1, firedAt: 1, resolvedAt, keepFiringSince: null, restoredAt: null });
  await outgoing.rules({ rule, group, at: 9, alerts: [alert({}, null), alert({ cluster: 'eu' }, 9), alert({ cluster: 'us' }, 9)] });
  const seen = [{ labels: { cluster: 'eu' }, endsAt: null }, { labels: { cluster: 'us' }, endsAt: 9 }];
  expect(told).toMatchObject([[seen[0]], [seen[1]], seen]);
});

describe.skipIf(!hasAlertmanager)('a real Alertmanager', () => {
  let alertmanager: RunningAlertmanager;
  beforeAll(async () => {
    alertmanager = await startAlertmanager('route: { receiver: none }\nreceivers: [{ name: none }]\n');
  });
  afterAll(() => alertmanager.stop());

  it('shows an alert while it fires and drops it when it is over', async () => {
    write('RealOne', 'vector(3) > 1');
    const room = await openRoom({ alertmanagers: [alertmanager.url] });
    const shown = async (): Promise<any[]> => (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as any[];
    const incident = testIncident({ id: 'inc-am' });
    await room.consume({ type: 'opened', incident });
    const alerts = await eventually(async () => {
      const found = await shown();
      expect(found).toHaveLength(2);
      return found;
    });
    expect(alerts.find(({ labels }) => labels.alertname === 'RealOne')).toMatchObject({ status: { state: expect.any(String) }, labels: { cluster: 'eu', severity: 'page' }, annotations: { summary: '3 is too much' }, generatorURL: expect.stringContaining('/graph?g0.expr=') });
    expect(alerts.find(({ labels }) => labels.alertname === 'FaultlineIncident')).toMatchObject({ labels: { incident: 'inc-am', service: 'payment' } });
    write('RealOne', 'vector(0) > 1');
    await room.consume({ type: 'resolved', incident: { ...incident, status: 'resolved', endsAt: Date.now() } });
    await eventually(async () => expect(await shown()).toEqual([]));
  });
});
