import { expect, it } from 'vitest';
import { parseAlertmanagerFile } from './routing/alertmanager-file.js';
import { parseRuleFile } from './rules/rule-file.js';
import { parseUnitFile } from './rules/unit/unit-file.js';

it('a second document is refused by its line', () => {
  expect(parseRuleFile('groups: []\n---\ngroups: []\n', { file: 'r.yml', evaluationIntervalMs: 1, normalise: (expr) => expr }).faults).toEqual(['r.yml:2: another document begins here: a file has one, so what follows `---` belongs into a file of its own']);
});

it('a limit below 0 is none, as in Prometheus', () => {
  expect(parseRuleFile('groups: [{ name: g, limit: -1 }]', { file: 'r.yml', evaluationIntervalMs: 1, normalise: (expr) => expr })).toMatchObject({ faults: [], groups: [{ limit: -1 }] });
});

it.each(['~', 'null', 'Null', 'NULL', ''])('a value of %j is an absent one', (none) => {
  const rules = parseRuleFile(`groups:
- name: g
  interval: ${none}
  labels: ${none}
  rules:
  - { alert: A, expr: up, for: ${none}, annotations: ${none}, labels: { a: ${none}, b: "${none}", c: 1 } }
- { name: h, rules: ${none} }
`, { file: 'r.yml', evaluationIntervalMs: 7000, normalise: (expr) => expr });
  expect(rules).toMatchObject({ faults: [], groups: [{ intervalMs: 7000, rules: [{ forMs: 0, annotations: {}, labels: { a: '', b: none, c: '1' } }] }, { rules: [] }] });
  const { plan, faults } = parseAlertmanagerFile(`global: ${none}
route: { receiver: a, group_by: ${none}, group_wait: ${none}, routes: [{ receiver: ${none}, continue: ${none}, matchers: [a=b], routes: ${none} }] }
receivers: [{ name: a }]
inhibit_rules: ${none}
`, 'am.yml');
  expect([faults, plan?.route.routes]).toMatchObject([[], [{ receiver: 'a', continues: false, routes: [] }]]);
  expect(parseUnitFile(`rule_files: ${none}\ntests: [{ interval: ${none}, input_series: ${none}, external_labels: ${none}, alert_rule_test: [{ eval_time: 1m, alertname: A, exp_alerts: [{ exp_labels: ${none} }] }] }]\n`, 't.yml')).toMatchObject({ tests: [{ alert_rule_test: [{ exp_alerts: [{}] }] }] });
});
