import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Labels } from '#core/types.js';
import type { KnownAlert } from './alert-book.js';
import { parseAlertmanagerFile } from './alertmanager-file.js';
import { routesOf } from './route.js';
import { suppressionAt } from './suppression.js';

const NOW = Date.UTC(2026, 0, 7, 12);
const INCIDENT = { alertname: 'FaultlineIncident', incident: 'i1', severity: 'critical' };
const TO_PAGER = '{ matchers: [alertname="FaultlineIncident"], receiver: pager }';
const NEVER = 'time_intervals: [{ name: never, time_intervals: [{ years: ["1999"] }] }]';

/** The receivers that are told of an incident which consists of one alert, the alert's own, and whether the incident looks held back as a whole. */
function told(routes: string, { more = '', over = false, silenced = false }: { more?: string; over?: boolean; silenced?: boolean } = {}): { incident: string[]; alert: string[]; held: boolean } {
  const { plan, faults } = parseAlertmanagerFile(`route:\n  receiver: team\n  routes: [${routes}]\nreceivers: [{ name: team }, { name: pager }, { name: 'null' }]\n${more}`, 'am.yml');
  if (!plan) throw new Error(faults.join('\n'));
  const alert: KnownAlert = { fingerprint: 'a', labels: { alertname: 'Down', severity: 'critical' }, annotations: {}, startsAt: NOW - 1000, endsAt: over ? NOW - 1 : NOW + 1000, timesOut: false, updatedAt: NOW, generatorURL: '' };
  const isIncident = (labels: Labels): boolean => labels['alertname'] === 'FaultlineIncident';
  const all = [alert, { ...alert, fingerprint: 'i', labels: INCIDENT, endsAt: NOW + 1000 }];
  const held = suppressionAt(
    plan, { all: () => all, get: (fingerprint) => all.find((one) => one.fingerprint === fingerprint) }, { matching: (labels) => (silenced && !isIncident(labels) ? ['s'] : []) },
    { labelled: (labels) => ({ incident: 'i1', ...labels }), madeOf: (labels) => (isIncident(labels) ? { all: ['a'], lasting: over ? [] : ['a'], over: false } : undefined) }, NOW,
  );
  const receiversOf = (labels: Labels): string[] => routesOf(plan.route, labels).filter((route) => held.mutedBy(route).length + held.inhibitedBy(labels, route).length + held.silencedBy(labels).length === 0).map(({ receiver }) => receiver);
  return { incident: receiversOf(INCIDENT), alert: receiversOf(alert.labels), held: held.inhibitedBy(INCIDENT).length > 0 };
}

describe('an incident that consists of an alert', () => {
  it.each<[string, ReturnType<typeof told>, { incident: string[]; alert: string[]; held: boolean }]>([
    ['is not told beside it', told(''), { incident: [], alert: ['team'], held: true }],
    ['is told to a receiver that the alert does not go to', told(TO_PAGER), { incident: ['pager'], alert: ['team'], held: false }],
    ['is told where it goes to both, but for the one that has the alert', told(`${TO_PAGER.replace(' }', ', continue: true }')}, { receiver: team }`), { incident: ['pager'], alert: ['team'], held: false }],
    ['is told where the alert goes to nobody', told(`${TO_PAGER}, { receiver: 'null' }`), { incident: ['pager'], alert: ['null'], held: false }],
    ['is as quiet as the alert while a time interval mutes that', told('{ matchers: [alertname="Down"], active_time_intervals: [never] }', { more: NEVER }), { incident: [], alert: [], held: true }],
    ['is told meanwhile to a receiver that the alert does not go to', told(`${TO_PAGER}, { matchers: [alertname="Down"], active_time_intervals: [never] }`, { more: NEVER }), { incident: ['pager'], alert: [], held: false }],
    ['begins nothing once the alert is over, muted or not', told('{ matchers: [alertname="Down"], active_time_intervals: [never] }', { more: NEVER, over: true }), { incident: [], alert: [], held: true }],
    ['is told where it holds back the alert', told('', { more: 'inhibit_rules: [{ source_matchers: [alertname="FaultlineIncident"], target_matchers: [alertname!="FaultlineIncident"], equal: [incident] }]' }), { incident: ['team'], alert: [], held: false }],
    ['is as silent as the alert, wherever it goes', told(TO_PAGER, { silenced: true }), { incident: [], alert: [], held: true }],
  ])('%s', (_, found, expected) => expect(found).toEqual(expected));
});

it('with the file that the docs begin with, an incident holds back the lesser alerts of its service alone', () => {
  const text = readFileSync(new URL('../../docs/routing.md', import.meta.url), 'utf8');
  const { plan, faults } = parseAlertmanagerFile(/```yaml\n(route:.*?)```/s.exec(text)?.[1] ?? '', 'am.yml');
  if (!plan) throw new Error(faults.join('\n'));
  const heldBy = (incident: Labels, alert: Labels): boolean => {
    const known = { fingerprint: 'i', labels: { alertname: 'FaultlineIncident', severity: 'critical', ...incident }, annotations: {}, startsAt: NOW, endsAt: NOW + 1000, timesOut: false, updatedAt: NOW, generatorURL: '' };
    const held = suppressionAt(plan, { all: () => [known], get: () => undefined }, { matching: () => [] }, { labelled: (labels) => labels, madeOf: () => undefined }, NOW);
    return held.inhibitedBy({ alertname: 'Slow', severity: 'warning', ...alert }).length > 0;
  };
  expect([heldBy({ service: 'a' }, { service: 'a' }), heldBy({ service: 'a' }, { service: 'a', severity: 'critical' }), heldBy({ service: 'a' }, { service: 'b' }), heldBy({ service: 'a' }, {}), heldBy({}, {})]).toEqual([true, false, false, false, false]);
});
