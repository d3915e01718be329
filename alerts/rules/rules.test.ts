import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { systemClock } from '#core/clock.js';
import { fingerprint } from '#core/fingerprint.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { PromEngine } from '#core/promql.js';
import type { AlertingRuleState } from '#core/rules.js';
import { seriesId } from '#core/series-id.js';
import { openTestStore } from '#store/testing.js';
import { promqlConfig } from '../../promql/config.js';
import { createPromEngine } from '../../promql/engine.js';
import { parsePromql } from '../../promql/parse.js';
import { printLine } from '../../promql/print.js';
import type { AlertState } from './alerting.js';
import { rulesConfig } from './config.js';
import { createGroupRun, type GroupRun } from './group.js';
import { startOf } from './progress.js';
import { NO_OTHERS, othersIn } from './others.js';
import { restoreAlerts } from './restore.js';
import { parseRuleFile } from './rule-file.js';
import { createRules, queryOf } from './rules.js';
import { createSeriesWriter, type RuleSeries, type SeriesWriter } from './series-writer.js';
import { sloRuleFile, sloSchema } from './slo.js';

const MINUTE = 60_000;
/** A whole day long enough ago that every time below is in the past. */
const START = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000;
const CONTEXT = { externalLabels: { cluster: 'eu' }, externalUrl: 'https://f.example/' };
const normalise = (expr: string): string => printLine(parsePromql(expr));

let store: Awaited<ReturnType<typeof openTestStore>>;
let engine: PromEngine;
let writer: RuleSeries;
const folder = mkdtempSync(join(tmpdir(), 'faultline-rules-'));

beforeAll(async () => {
  store = await openTestStore();
  engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
  writer = createSeriesWriter({ store, clock: systemClock, folder: join(store.dataDir, 'rules') });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store.close();
});

/** What one sender reports, one value a minute from START; undefined is silence. */
async function received(name: string, labels: Readonly<Record<string, string>>, values: readonly (number | undefined)[]): Promise<void> {
  for (const [minute, value] of values.entries()) if (value !== undefined) await writer.write({ samples: [{ labels: { ...labels, __name__: name }, value }], ended: [] }, START + minute * MINUTE);
}

const handed: { name: string; alerts: readonly AlertState[] }[] = [];
function groupOf(yaml: string, to: SeriesWriter = writer, others = NO_OTHERS): GroupRun {
  const { groups, faults } = parseRuleFile(yaml, { file: 'test.yml', evaluationIntervalMs: MINUTE, normalise });
  expect(faults).toEqual([]);
  const [group] = groups;
  if (!group) throw new Error('no group');
  return createGroupRun(group, group.rules.map(startOf), {
    query: queryOf(engine), writer: to, ...CONTEXT, others, onFailure: () => undefined,
    alerts: async ({ rule: { name }, alerts }) => void handed.push({ name, alerts }),
  });
}

async function ask(query: string, minute: number): Promise<Record<string, number>> {
  const { result } = await engine.instant(query, START + minute * MINUTE);
  if (!('series' in result)) throw new Error(`expected series, got a ${result.type}`);
  return Object.fromEntries(result.series.map(({ metric, values }) => [Object.entries(metric).map((pair) => pair.join('=')).join(' '), values[0] ?? Number.NaN]));
}
const statesOf = (run: GroupRun, rule = 0): string[] => (run.state().rules[rule] as AlertingRuleState).alerts.map(({ state }) => state);

describe('rules', () => {
  it('remove the rows on their way that a killed process left', async () => {
    const rows = join(store.dataDir, 'rows');
    mkdirSync(rows);
    writeFileSync(join(rows, 'aa80fbdfe9d8-74-metric_samples.native'), 'half of it');
    await createSeriesWriter({ store, clock: systemClock, folder: rows }).write({ samples: [{ labels: { __name__: 'swept' }, value: 1 }], ended: [] }, START);
    expect(readdirSync(rows)).toEqual([]);
  });

  it('record series that queries and later rules of the group see, and end them when their expression does', async () => {
    await received('orders', { job: 'shop' }, [1, 2, 3, 4, 5, 6]);
    const run = groupOf(`
groups:
  - name: orders
    labels: { team: core }
    rules:
      - { record: "job:orders:max", expr: "max by (job) (orders)", labels: { severity: 1 } }
      - { record: "job:orders:twice", expr: "job:orders:max * 2" }
      - { record: broken, expr: "label_replace(orders, \\"a\\", \\"b\\", \\"c\\", \\"(\\")" }
`);
    await run.evaluate(START + 5 * MINUTE);
    expect(await ask('{__name__=~"job:orders:.*"}', 5)).toEqual({ '__name__=job:orders:max job=shop severity=1 team=core': 6, '__name__=job:orders:twice job=shop severity=1 team=core': 12 });
    expect(run.state().rules.map(({ health }) => health)).toEqual(['ok', 'ok', 'err']);
    expect(run.state().rules[2]?.lastError).toContain('regular expression');
    // Six minutes later nothing was received for longer than the lookback.
    await run.evaluate(START + 11 * MINUTE);
    expect(await ask('{__name__=~"job:orders:.*"}', 11)).toEqual({});
    expect(await ask('job:orders:max', 9)).toMatchObject({ '__name__=job:orders:max job=shop severity=1 team=core': 6 });
  });

  it('alert once `for` is over, hold on for `keep_firing_for`, and show it all as series', async () => {
    await received('load', { job: 'a', instance: 'i1' }, [1, 9, 9, 9, 1, 1, 1, 1]);
    const run = groupOf(`
groups:
  - name: load
    rules:
      - alert: HighLoad
        expr: load > 5
        for: 2m
        keep_firing_for: 2m
        labels: { severity: page, who: "{{ $labels.job | toUpper }}" }
        annotations: { summary: "{{ $labels.instance }} is at {{ $value | humanize }} in {{ $externalLabels.cluster }}" }
`);
    const seen: string[][] = [];
    for (let minute = 0; minute <= 7; minute += 1) {
      await run.evaluate(START + minute * MINUTE);
      seen.push(statesOf(run));
    }
    expect(seen).toEqual([[], ['pending'], ['pending'], ['firing'], ['firing'], ['firing'], [], []]);
    const alert = 'alertname=HighLoad';
    const labels = 'instance=i1 job=a severity=page who=A';
    expect(await ask('ALERTS', 2)).toEqual({ [`__name__=ALERTS ${alert} alertstate=pending ${labels}`]: 1 });
    expect(await ask('ALERTS', 4)).toEqual({ [`__name__=ALERTS ${alert} alertstate=firing ${labels}`]: 1 });
    expect(await ask('ALERTS_FOR_STATE', 4)).toEqual({ [`__name__=ALERTS_FOR_STATE ${alert} ${labels}`]: (START + MINUTE) / 1000 });
    expect(await ask('{__name__=~"ALERTS.*"}', 7)).toEqual({});
    const last = handed.at(-1)?.alerts[0];
    expect(last).toMatchObject({ state: 'inactive', activeAt: START + MINUTE, firedAt: START + 3 * MINUTE, resolvedAt: START + 6 * MINUTE, annotations: { summary: 'i1 is at 9 in eu' } });
  });

  it('go on after a restart where they were', async () => {
    const yaml = 'groups: [{ name: g, rules: [{ alert: Slow, expr: "slow > 0", for: 5m, labels: { severity: page } }, { alert: Slow, expr: "slow > 1", labels: { severity: info } }] }]';
    await received('slow', { job: 'a' }, [2, 2, 2, 2, undefined, undefined, undefined, 2, 2, 2, 1]);
    const before = groupOf(yaml);
    for (const minute of [0, 1, 2, 3]) await before.evaluate(START + minute * MINUTE);
    expect(statesOf(before)).toEqual(['pending']);
    expect(statesOf(before, 1)).toEqual(['firing']);
    const after = groupOf(yaml);
    for (const one of after.progress) if (one.rule.type === 'alerting') one.alerts = await restoreAlerts(one.rule, queryOf(engine), writer, START + 7 * MINUTE, CONTEXT);
    for (const minute of [7, 8]) await after.evaluate(START + minute * MINUTE);
    // Three minutes before the outage and one after it; the four between do not count.
    expect(statesOf(after)).toEqual(['pending']);
    await after.evaluate(START + 9 * MINUTE);
    expect(statesOf(after)).toEqual(['firing']);
    // Fired before: the same alert still, and its end is told.
    expect(handed.findLast(({ alerts }) => alerts[0]?.labels['severity'] === 'info')?.alerts[0]).toMatchObject({ state: 'firing', activeAt: START });
    await after.evaluate(START + 10 * MINUTE);
    expect(handed.at(-1)?.alerts[0]).toMatchObject({ state: 'inactive', activeAt: START, resolvedAt: START + 10 * MINUTE, labels: { severity: 'info' } });
    // One that was over before the restart stays over.
    const [rule] = groupOf('groups: [{ name: g, rules: [{ alert: HighLoad, expr: "load > 5" }] }]').group.rules;
    if (rule?.type === 'alerting') expect([...(await restoreAlerts(rule, queryOf(engine), writer, START + 8 * MINUTE, CONTEXT)).values()]).toEqual([]);
  });

  it('hand on after a restart what they hold on, with annotations, until that is over', async () => {
    const yaml = 'groups: [{ name: g, rules: [{ alert: Held, expr: "held > 0", keep_firing_for: 4m, annotations: { summary: "{{ $labels.job }} in {{ $externalLabels.cluster }}" } }] }]';
    await received('held', { job: 'a' }, [1, 1, 0]);
    const before = groupOf(yaml);
    for (const minute of [0, 1, 2]) await before.evaluate(START + minute * MINUTE);
    const after = groupOf(yaml);
    for (const one of after.progress) if (one.rule.type === 'alerting') one.alerts = await restoreAlerts(one.rule, queryOf(engine), writer, START + 5 * MINUTE, CONTEXT);
    const seen: unknown[] = [];
    for (const minute of [5, 6, 7, 8, 10, 11]) {
      await after.evaluate(START + minute * MINUTE);
      seen.push(handed.at(-1)?.alerts.map(({ state, annotations }) => [state, annotations['summary']]));
    }
    // Two minutes of grace, four of holding on, and the end.
    expect(seen).toEqual([[], [], [['firing', 'a in eu']], [['firing', 'a in eu']], [['firing', 'a in eu']], [['inactive', 'a in eu']]]);
  });

  it('leave to another rule after a restart what is its own', async () => {
    const yaml = (name: string, expr: string): string => `groups: [{ name: ${name}, rules: [{ alert: DiskFull, expr: "${expr} > 0", labels: { severity: page } }] }]`;
    await received('datafull', {}, [1, 1, 1, 1, 1, 1, 1, 0]);
    const before = groupOf(yaml('data', 'max(datafull)'));
    for (const minute of [0, 1, 2]) await before.evaluate(START + minute * MINUTE);
    const scheduled: { run: GroupRun; restored: boolean }[] = [];
    const others = othersIn(() => scheduled);
    const root = { run: groupOf(yaml('root', 'max(rootfull)'), writer, others), restored: false };
    const data = { run: groupOf(yaml('data', 'max(datafull)'), writer, others), restored: false };
    scheduled.push(root, data);
    const evaluate = async (one: typeof root, minute: number): Promise<void> => {
      const [progress] = one.run.progress;
      if (!one.restored && progress?.rule.type === 'alerting') progress.alerts = await restoreAlerts(progress.rule, queryOf(engine), writer, START + minute * MINUTE, CONTEXT);
      one.restored = true;
      await one.run.evaluate(START + minute * MINUTE);
    };
    handed.length = 0;
    // Its grace ends before the other was asked: it may be the other's.
    for (const minute of [3, 4, 5]) await evaluate(root, minute);
    expect(statesOf(root.run)).toEqual(['firing']);
    await evaluate(data, 6);
    await evaluate(root, 6);
    expect([statesOf(root.run), statesOf(data.run)]).toEqual([[], ['firing']]);
    expect(await ask('ALERTS{alertname="DiskFull"}', 6)).toEqual({ '__name__=ALERTS alertname=DiskFull alertstate=firing severity=page': 1 });
    for (const one of [data, root]) await evaluate(one, 7);
    expect(handed.flatMap(({ alerts }) => alerts)).toMatchObject([{ state: 'firing', activeAt: START }, { state: 'inactive', activeAt: START, resolvedAt: START + 7 * MINUTE }]);
    expect(await ask('ALERTS{alertname="DiskFull"}', 7)).toEqual({});
  });

  it('end after a restart no alert of a Prometheus that sends its own, and go on where theirs are the same', async () => {
    const yaml = 'groups: [{ name: g, rules: [{ alert: Shared, expr: "shared > 0", for: 5m }] }]';
    await received('shared', { job: 'own' }, [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    const before = groupOf(yaml);
    for (const minute of [0, 1, 2, 3, 4, 5]) await before.evaluate(START + minute * MINUTE);
    await received('shared', { job: 'same' }, [undefined, undefined, undefined, undefined, undefined, undefined, 1]);
    await received('shared', { job: 'late' }, [undefined, undefined, undefined, undefined, undefined, undefined, undefined, 1]);
    for (const labels of [{ alertname: 'Shared', job: 'same' }, { alertname: 'Shared', job: 'late' }, { alertname: 'Shared', job: 'own', replica: 'a' }]) {
      for (const [name, own, value] of [['ALERTS_FOR_STATE', labels, START / 1000], ['ALERTS', { ...labels, alertstate: 'firing' }, 1]] as const) {
        const id = String(seriesId(name, own));
        await store.insert('metric_series', [{ id, name, labels: own, metric: name, type: 'gauge', service: 'prometheus', last_seen: Math.floor(Date.now() / 1000) }]);
        await store.insert('metric_samples', [{ series: id, time: new Date(START + 5 * MINUTE).toISOString(), value }]);
      }
    }
    const after = groupOf(yaml);
    for (const one of after.progress) if (one.rule.type === 'alerting') one.alerts = await restoreAlerts(one.rule, queryOf(engine), writer, START + 6 * MINUTE, CONTEXT);
    handed.length = 0;
    for (const minute of [6, 7, 8]) await after.evaluate(START + minute * MINUTE);
    expect(handed.map(({ alerts }) => alerts.map(({ state, labels }) => `${labels['job']} ${labels['replica'] ?? 'here'} ${state}`))).toEqual([
      ['own here firing', 'same here firing'], ['same here firing', 'late here firing', 'own here inactive'], ['same here firing', 'late here firing', 'own here inactive'],
    ].map((alerts) => expect.arrayContaining(alerts) as string[]));
    expect(handed.map(({ alerts }) => alerts.length)).toEqual([2, 3, 3]);
    expect(handed[1]?.alerts.filter(({ labels }) => labels['job'] !== 'own')).toMatchObject([{ activeAt: START }, { activeAt: START }]);
    expect(await ask('count by (replica, alertstate) (ALERTS{alertname="Shared", replica!=""})', 7)).toEqual({ 'alertstate=firing replica=a': 1 });
  });

  it('let templates ask for what the ones before them recorded', async () => {
    const run = groupOf(`groups: [{ name: g, rules: [{ record: "asked:now", expr: "vector(7)" }, { alert: Asks, expr: "vector(1)", labels: { seen: '{{ with query "asked:now" }}{{ . | first | value }}{{ end }}' } }, { record: "asked:now:again", expr: "vector(8)" }, { alert: AsksToo, expr: "vector(1)", annotations: { seen: '{{ range query "asked:now:again" }}{{ .Value }}{{ end }}' } }] }]`);
    await run.evaluate(START);
    expect(handed.slice(-2)).toMatchObject([{ alerts: [{ labels: { seen: '7' } }] }, { alerts: [{ annotations: { seen: '8' } }] }]);
  });

  it('wait for what the ones before them recorded where a template asks, not where its text says query', async () => {
    const samples: number[] = [];
    const counted: SeriesWriter = { write: async (rows) => void samples.push(rows.samples.length) };
    for (const text of ['the {{ $labels.queue }} query of {{ $value }}', '{{ range query "one" }}{{ end }}']) {
      await groupOf(`groups: [{ name: g, rules: [{ record: one, expr: "vector(1)" }, { alert: Says, expr: "vector(1)", annotations: { text: '${text}' } }] }]`, counted).evaluate(START);
    }
    expect(samples).toEqual([3, 1, 2]);
  });

  it('alert also while nothing can be stored', async () => {
    const full: SeriesWriter = { write: () => Promise.reject(new Error('the disk is full')) };
    const run = groupOf('groups: [{ name: g, rules: [{ record: one, expr: "vector(1)" }, { record: two, expr: one }, { alert: Still, expr: "vector(1)" }] }]', full);
    await expect(run.evaluate(START)).rejects.toThrow('the disk is full');
    expect(handed.at(-1)).toMatchObject({ name: 'Still', alerts: [{ state: 'firing' }] });
  });

  it('stop at their limit', async () => {
    await received('many', { n: '1' }, [1]);
    await received('many', { n: '2' }, [1]);
    const run = groupOf('groups: [{ name: g, limit: 1, rules: [{ record: few, expr: many }, { alert: Few, expr: many }] }]');
    await run.evaluate(START);
    expect(run.state().rules.map(({ lastError }) => lastError)).toEqual(['exceeded limit of 1 with 2 series', 'exceeded limit of 1 with 2 alerts']);
    expect(await ask('few or ALERTS{alertname="Few"}', 0)).toEqual({});
  });

  it('end what fired before they came to their limit', async () => {
    await received('growing', { n: '1' }, [1, 1, 1]);
    await received('growing', { n: '2' }, [undefined, 1, 1]);
    const run = groupOf('groups: [{ name: g, limit: 1, rules: [{ alert: Growing, expr: growing }] }]');
    handed.length = 0;
    for (const minute of [0, 1, 2]) await run.evaluate(START + minute * MINUTE);
    expect(handed.flatMap(({ alerts }) => alerts)).toMatchObject([{ state: 'firing', labels: { n: '1' } }, { state: 'inactive', labels: { n: '1' }, resolvedAt: START + MINUTE }]);
  });
});

describe('rule files', () => {
  it('are read again when they change; a bad one keeps the last good one and says why', async () => {
    const path = join(folder, 'a.yml');
    writeFileSync(path, 'groups: [{ name: g, interval: 1s, rules: [{ alert: Always, expr: "vector(1)" }] }]');
    const registry = new Registry();
    const rules = createRules({ registry, logger: silentLogger, clock: systemClock, config: rulesConfig.parse({ files: [join(folder, '*.yml')] }), externalUrl: 'https://f.example/', engine, normalise, writer, alerts: async ({ rule: { name }, alerts }) => void handed.push({ name, alerts }) });
    const has = (alertname: string): boolean | null => rules.has(fingerprint({ alertname }), { alertname });
    await rules.start();
    try {
      await vi.waitFor(() => expect(rules.groups()[0]?.rules[0]).toMatchObject({ name: 'Always', health: 'ok', alerts: [{ state: 'firing' }] }), { timeout: 20_000 });
      writeFileSync(path, 'groups: [{ name: g, rules: [{ alert: Always, expr: "vector(" }] }]\n');
      await rules.reload();
      expect(rules.groups()[0]?.rules[0]).toMatchObject({ name: 'Always', query: 'vector(1)' });
      expect(rules.faults()).toEqual([expect.stringMatching(/a\.yml:1: group "g", rule 1, "Always": could not parse expression: .*unexpected end of input/)]);
      expect(await registry.metrics()).toContain('faultline_alerts_rule_file_faults 1');
      // What is in a file that is not used is not known.
      expect([has('Always'), has('Other')]).toEqual([true, null]);
      writeFileSync(path, 'groups: [{ name: g, rules: [{ record: never, expr: "vector(2) > 3" }] }]');
      await rules.reload();
      expect([rules.faults(), rules.groups()[0]?.rules.map(({ name }) => name)]).toEqual([[], ['never']]);
      // The rule is gone, so its alert is over.
      expect(handed.at(-1)).toMatchObject({ name: 'Always', alerts: [{ state: 'inactive' }] });
      expect([has('Always'), has('Other')]).toEqual([false, false]);
      writeFileSync(path, 'groups: [{ name: g, interval: 1h, rules: [{ alert: Late, expr: "vector(1)" }] }]\n');
      await rules.reload();
      expect([has('Late'), has('Other')]).toEqual([null, false]);
      // What is pending may yet fire.
      writeFileSync(path, 'groups: [{ name: g, interval: 1s, rules: [{ alert: Waits, expr: "vector(1)", for: 1h }] }]\n');
      await rules.reload();
      await vi.waitFor(() => expect(rules.groups()[0]?.rules[0]).toMatchObject({ health: 'ok', alerts: [{ state: 'pending' }] }), { timeout: 20_000 });
      expect([has('Waits'), has('Other')]).toEqual([null, false]);
    } finally {
      await rules.stop();
    }
  });

  it('that are added and taken away again end no alert of another rule', async () => {
    const path = join(folder, 'b.yml');
    const group = (name: string, expr: string): string => `{ name: ${name}, interval: 1s, rules: [{ alert: Twice, expr: "${expr}" }] }`;
    writeFileSync(path, `groups: [${group('g', 'vector(1)')}]`);
    const told: AlertState[] = [];
    const rules = createRules({ registry: new Registry(), logger: silentLogger, clock: systemClock, config: rulesConfig.parse({ files: [path] }), externalUrl: '', engine, normalise, writer, alerts: async ({ alerts }) => void told.push(...alerts) });
    const states = (): string[] => rules.groups().flatMap((one) => one.rules.flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map(({ state }) => state) : [])));
    await rules.start();
    try {
      await vi.waitFor(() => expect(states()).toEqual(['firing']), { timeout: 20_000 });
      writeFileSync(path, `groups: [${group('g', 'vector(1)')}, ${group('h', 'vector(1) > 2')}]`);
      await rules.reload();
      await vi.waitFor(() => expect(states()).toEqual(['firing', 'firing']), { timeout: 20_000 });
      writeFileSync(path, `groups: [${group('g', 'vector(1)')}]\n`);
      await rules.reload();
      expect([states(), told.filter(({ state }) => state !== 'firing')]).toEqual([['firing'], []]);
    } finally {
      await rules.stop();
    }
  });

  it('name every fault with its line', () => {
    const { groups, faults } = parseRuleFile(
      ['groups:', '- name: a', '  rules:', '  - alert: A', '    record: B', '    expr: up ==', '  - record: c', '    expr: up', '    for: 1m', '- name: a', '  interval: 5 minutes', '  rules:', '  - alert: D', '    expr: up', '    annotations:', '      text: "{{ $labels.x | nonsense }}"'].join('\n'),
      { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise },
    );
    expect(groups).toEqual([]);
    expect(faults).toEqual(['r.yml:11: group "a": interval: not a valid duration string: "5 minutes"', expect.stringMatching(/^r\.yml:6: group "a", rule 1: could not parse expression: /)]);
    const more = parseRuleFile('groups:\n- name: a\n  rules:\n  - alert: A\n    record: B\n    expr: up ==\n  - record: c\n    expr: up\n    for: 1m\n- name: a\n  rules:\n  - alert: D\n    expr: up\n    annotations:\n      text: "{{ $labels.x | nonsense }}"\n', { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise });
    expect(more.faults.map((fault) => fault.replace(/(expression: ).*/, '$1…'))).toEqual([
      'r.yml:4: group "a", rule 1, "B": only one of "record" and "alert" must be set',
      'r.yml:6: group "a", rule 1, "B": could not parse expression: …',
      'r.yml:9: group "a", rule 2, "c": invalid field "for" in recording rule',
      'r.yml:10: groupname: "a" is repeated in the same file',
      'r.yml:14: group "a", rule 1, "D": annotation "text": function "nonsense" not defined',
    ]);
    expect(parseRuleFile('groups:\n- name: a\n  rulez: []\n', { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise }).faults).toEqual(['r.yml:3: group "a": rulez: no such key, did you mean rules?']);
    expect(parseRuleFile('rule_files: [a.yml]\ntests: []\n', { file: 'a.test.yml', evaluationIntervalMs: MINUTE, normalise }).faults).toEqual(['a.test.yml:2: this is a file of unit tests, for `faultline test-rules`: keep it where rules.files does not find it']);
    expect(parseRuleFile('groups: [', { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise }).faults[0]).toMatch(/^r\.yml:1: /);
    expect(parseRuleFile('', { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise })).toEqual({ groups: [], faults: [] });
  });
});

it('objectives hold on to ratios that come as rarely as queries look back', async () => {
  const { groups } = parse(sloRuleFile([sloSchema.parse({ service: 'late', objective: 99.9 })])) as { groups: object[] };
  const run = groupOf(stringify({ groups: groups.slice(2) }));
  for (const range of ['1d', '2h']) await received(`slo:error_ratio:rate${range}`, { slo: 'late', service: 'late' }, range === '1d' ? [0.01] : Array<number>(8).fill(0.01));
  for (const minute of [4, 6, 7]) {
    await run.evaluate(START + minute * MINUTE);
    expect(run.state().rules.flatMap((_, rule) => statesOf(run, rule))).toEqual(['firing']);
  }
});

it.each([
  { what: 'what never failed', errors: 'sum(rate(never_total[$window]))', total: 'sum(rate(asked_total[$window]))', ratios: { '': 0 } },
  { what: 'what failed', errors: 'sum(rate(lost_total[$window]))', total: 'sum(rate(asked_total[$window]))', ratios: { '': 0.05 } },
  { what: 'what failed in a part', errors: 'sum by (route) (rate(lost_total[$window]))', total: 'sum by (route) (rate(asked_total[$window]))', ratios: { 'route=a': 0.1, 'route=b': 0 } },
  { what: 'nothing where labels do not match', errors: 'sum by (route) (rate(lost_total[$window]))', total: 'sum(rate(asked_total[$window]))', ratios: {} },
])('objectives count $what', async ({ errors, total, ratios }) => {
  const counted = (each: number): number[] => [0, 1, 2, 3, 4, 5].map((minute) => minute * each);
  for (const route of ['a', 'b']) await received('asked_total', { route }, counted(60));
  await received('lost_total', { route: 'a' }, counted(6));
  const { groups } = parse(sloRuleFile([sloSchema.parse({ service: 'shop', objective: 99, errors, total })])) as { groups: { rules: { expr: string }[] }[] };
  const found = await ask(groups[0]?.rules[0]?.expr ?? '', 5);
  expect(Object.fromEntries(Object.entries(found).map(([labels, ratio]) => [labels, Number(ratio.toFixed(9))]))).toEqual(ratios);
});

it('objectives are rules that need no file', async () => {
  const config = rulesConfig.parse({ slos: [{ service: 'checkout', objective: 99.9 }] });
  const rules = createRules({ registry: new Registry(), logger: silentLogger, clock: systemClock, config: { ...config, slos: config.slos.map((slo) => ({ ...slo, note: 'shorter' })) }, externalUrl: 'https://f.example/', engine, normalise, writer, alerts: async () => undefined });
  await rules.start();
  expect(rules.groups().map(({ name }) => name)).toEqual(['slo-checkout', 'slo-checkout-budget', 'slo-checkout-alerts']);
  expect([rules.noteOf('checkout', 'checkout'), rules.noteOf('checkout', 'cart')]).toEqual(['shorter', '']);
  await rules.stop();
  const wrong = rulesConfig.parse({ slos: [{ service: 'checkout', objective: 99.9, errors: 'rate((lost[$window]', total: 'rate(all[$window])' }] });
  expect(() => createRules({ registry: new Registry(), logger: silentLogger, clock: systemClock, config: wrong, externalUrl: '', engine, normalise, writer, alerts: async () => undefined })).toThrow(/rules\.slos: .*could not parse expression/);
});
