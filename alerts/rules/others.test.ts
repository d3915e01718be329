import { expect, it } from 'vitest';
import { createGroupRun, type GroupRun } from './group.js';
import { startOf, type RuleProgress } from './progress.js';
import { NO_OTHERS, othersIn } from './others.js';
import { parseRuleFile } from './rule-file.js';

function running(yaml: string, walked: () => void = () => undefined): { run: GroupRun; restored: boolean } {
  const [group] = parseRuleFile(`groups: [{ name: g, rules: [${yaml}] }]`, { file: 'r.yml', evaluationIntervalMs: 60_000, normalise: (expr) => expr }).groups;
  if (!group) throw new Error('no group');
  const own = group.rules.map(startOf);
  const run = createGroupRun(group, own, { query: async () => [], writer: { write: async () => undefined }, externalLabels: {}, externalUrl: '', others: NO_OTHERS, alerts: async () => undefined, onFailure: () => undefined });
  return { restored: true, run: { ...run, get progress() { walked(); return own; } } };
}
const first = ({ run }: { run: GroupRun }): RuleProgress => run.progress[0] ?? startOf({ type: 'recording', name: '', expr: '', query: '', labels: {} });

it('walks through all rules once, until they change, however many alerts are asked for', () => {
  let walks = 0;
  const [down, same, recorded] = [running('{ alert: Down, expr: up }', () => (walks += 1)), running('{ alert: Down, expr: other }'), running('{ record: Down, expr: up }')];
  const own = first(down);
  let groups = [down, recorded];
  const others = othersIn(() => groups);
  walks = 0;
  for (let asked = 0; asked < 10; asked += 1) expect([others.have(own, 'key', { alertname: 'Down' }), others.make(own, 'key')]).toEqual([false, false]);
  expect(walks).toBe(1);
  Object.assign(first(same), { alerts: new Map([['key', {}]]), series: new Map([['key', {}]]) });
  groups = [down, same];
  expect([others.have(own, 'key', { alertname: 'Down' }), others.have(own, 'other', { alertname: 'Down' }), others.make(own, 'key')]).toEqual([true, false, true]);
  same.restored = false;
  expect(others.have(own, 'other', { alertname: 'Down' })).toBe(null);
});
