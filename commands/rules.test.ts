import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { sloRuleFile, sloSchema } from '../alerts/rules/slo.js';
import { checkRules, runUnitFile, testRules } from './rules.js';

const example = (name: string): string => fileURLToPath(new URL(`../alerts/rules/unit/examples/${name}`, import.meta.url));
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool) console.log('promtool is not installed: the comparison with it is left out');

const folder = mkdtempSync(join(tmpdir(), 'faultline-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

/** The shop's tests with one thing in them changed. */
function changed(from: string | RegExp, to: string): string {
  const path = join(folder, 'changed.test.yml');
  writeFileSync(path, readFileSync(example('shop.test.yml'), 'utf8').replace('[shop.rules.yml]', `['${example('shop.rules.yml')}']`).replace(from, to));
  return path;
}

describe('unit tests of rules', () => {
  it.each(['shop.test.yml', 'held.test.yml'])('%s holds', async (name) => expect(await runUnitFile(example(name))).toEqual([]));

  it('the example in the documentation holds', async () => {
    const blocks = [...readFileSync(new URL('../docs/rules.md', import.meta.url), 'utf8').matchAll(/```yaml\n([^]*?)\n```/g)].map(([, text = '']) => text);
    writeFileSync(join(folder, 'checkout.yml'), blocks.find((text) => text.startsWith('# rules/checkout.yml')) ?? '');
    writeFileSync(join(folder, 'checkout.test.yml'), blocks.find((text) => text.startsWith('rule_files')) ?? '');
    expect(await runUnitFile(join(folder, 'checkout.test.yml'))).toEqual([]);
  });

  it.skipIf(!hasPromtool)('agree with promtool', () => {
    expect(spawnSync('promtool', ['test', 'rules', example('shop.test.yml')], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: expect.stringContaining('SUCCESS') });
    expect(spawnSync('promtool', ['test', 'rules', changed('50% of orders', '51% of orders')]).status).toBe(1);
  });

  it('say what was expected and what there was', async () => {
    await testRules([changed('50% of orders', '51% of orders')]);
    expect(process.exitCode).toBe(1);
    expect(printed.join('\n')).toMatch(/FAILED:[^]*test 1: alertname: OrdersFail, time: 12m0s,\s+exp:\[\s+Labels:\{alertname="OrdersFail", job="shop", severity="warning"\}\s+Annotations:\{[^}]*51% of orders[^]*got:\[[^]*50% of orders/);
    expect(await runUnitFile(changed(/value: 0\.5/, 'value: 0.25'))).toEqual([expect.stringMatching(/expr: "job:orders_failed:ratio_rate5m", time: 12m0s,\s+exp:\[\{[^}]*\} 0\.25\],\s+got:\[\{[^}]*\} 0\.5\]/)]);
    await expect(runUnitFile(changed('exp_samples', 'samples'))).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/^\S+changed\.test\.yml:\d+: tests\.0\.promql_expr_test\.\d+\.samples: no such key$/m) });
    await expect(runUnitFile(changed('evaluation_interval', 'evalution_interval'))).rejects.toThrow(/:\d+: evalution_interval: no such key, did you mean evaluation_interval\?$/);
  });

  it('name the file, and say what it is where it has rules instead', async () => {
    const path = join(folder, 'rules.yml');
    writeFileSync(path, '# ours\ngroups:\n- name: g\n');
    await testRules([path, join(folder, 'none.yml')]);
    expect(printed.filter((line) => line.includes('FAILED'))).toEqual([
      `  FAILED:\n    ${path}:2: this is a rule file, for \`faultline check-rules\`: a file of unit tests names it under rule_files`,
      `  FAILED:\n    ${join(folder, 'none.yml')}: there is no such file`,
    ]);
    writeFileSync(path, 'tests:\n- interval: 1m\n  name: [\n');
    await expect(runUnitFile(path)).rejects.toThrow(/rules\.yml:\d: /);
  });
});

describe('check-rules', () => {
  it('counts the rules of good files and names the faults of others', async () => {
    const bad = join(folder, 'bad.rules.yml');
    writeFileSync(bad, 'groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n');
    await checkRules([example('*.rules.yml'), bad, join(folder, 'none.yml')]);
    expect(process.exitCode).toBe(1);
    expect(printed.filter((line) => line.includes('SUCCESS'))).toEqual(['  SUCCESS: 1 rule found', '  SUCCESS: 5 rules found']);
    expect(printed.join('\n')).toMatch(/bad\.rules\.yml:5: group "g", rule 1, "A": could not parse expression: .*\n[^]*none\.yml: there is no such file/);
  });
});

describe('service level objectives', () => {
  const calls = (status: string): string => `traces_span_metrics_calls_total{service_name="checkout", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_${status}"}`;
  const series = (good: number, bad: number): object[] => [{ series: calls('UNSET'), values: `0+${good}x120` }, ...(bad > 0 ? [{ series: calls('ERROR'), values: `0+${bad}x120` }] : [])];
  const firing = (samples: object[]): object => ({ expr: 'count by (severity) (ALERTS{alertname="ErrorBudgetBurn", alertstate="firing"})', eval_time: '90m', exp_samples: samples });
  const ratio = (value: number): object => ({ expr: 'slo:error_ratio:rate1h', eval_time: '90m', exp_samples: [{ labels: 'slo:error_ratio:rate1h{service="checkout", slo="checkout"}', value }] });

  it.each([
    ['spends its budget twenty times too fast', series(980, 20), [firing([{ labels: '{severity="critical"}', value: 2 }, { labels: '{severity="warning"}', value: 2 }]), ratio(0.02)]],
    ['keeps half of its budget', series(1999, 1), [firing([]), ratio(0.0005)]],
    ['never fails', series(1000, 0), [firing([]), ratio(0), { expr: 'slo:error_budget_left:ratio', eval_time: '90m', exp_samples: [{ labels: 'slo:error_budget_left:ratio{service="checkout", slo="checkout"}', value: 1 }] }]],
  ])('judge a service that %s', async (_name, input, expected) => {
    writeFileSync(join(folder, 'slo.yml'), sloRuleFile([sloSchema.parse({ service: 'checkout', objective: 99.9 })]));
    const path = join(folder, 'slo.test.yml');
    writeFileSync(path, stringify({ rule_files: ['slo.yml'], evaluation_interval: '30s', fuzzy_compare: true, tests: [{ interval: '1m', input_series: input, promql_expr_test: expected }] }));
    expect(await runUnitFile(path)).toEqual([]);
  });

  it.each([
    ['30d', 99.9, ['14.4 * 0.001', '6 * 0.001', '3 * 0.001', '1 * 0.001'], ['2 % of the error budget of 30d is spent in 1h', '5 % of the error budget of 30d is spent in 6h', '10 % of the error budget of 30d is spent in 1d', '10 % of the error budget of 30d is spent in 3d']],
    ['7d', 99.5, ['14.4 * 0.005', '6 * 0.005', '3 * 0.005', '1 * 0.005'], ['8.57 % of the error budget of 7d is spent in 1h', '21.4 % of the error budget of 7d is spent in 6h', '42.9 % of the error budget of 7d is spent in 1d', '42.9 % of the error budget of 7d is spent in 3d']],
    ['30d', 90, ['5.5 * 0.1', '5.5 * 0.1', '3 * 0.1', '1 * 0.1'], ['0.764 % of the error budget of 30d is spent in 1h', '4.58 % of the error budget of 30d is spent in 6h', '10 % of the error budget of 30d is spent in 1d', '10 % of the error budget of 30d is spent in 3d']],
  ])('burn as fast whatever the window: %s at %s %%', (window, objective, rates, summaries) => {
    const rules = sloRuleFile([sloSchema.parse({ service: 'checkout', objective, window })]);
    expect([...rules.matchAll(/> (\S+ \* \S+)\s+and/g)].map(([, rate]) => rate)).toEqual(rates);
    expect([...rules.matchAll(/summary: .*?checkout: (.*)"?$/gm)].map(([, summary]) => summary?.replace(/["']$/, ''))).toEqual(summaries);
  });

  it('judge what never failed by expressions of their own', async () => {
    writeFileSync(join(folder, 'slo.yml'), sloRuleFile([sloSchema.parse({ service: 'shop', objective: 99, errors: 'sum(rate(lost_total[$window]))', total: 'sum(rate(orders_total[$window]))' })]));
    const path = join(folder, 'slo.test.yml');
    const left = { expr: 'slo:error_budget_left:ratio', eval_time: '90m', exp_samples: [{ labels: 'slo:error_budget_left:ratio{service="shop", slo="shop"}', value: 1 }] };
    writeFileSync(path, stringify({ rule_files: ['slo.yml'], evaluation_interval: '30s', tests: [{ interval: '1m', input_series: [{ series: 'orders_total', values: '0+60x120' }], promql_expr_test: [left] }] }));
    expect(await runUnitFile(path)).toEqual([]);
  });

  it('take expressions of their own, and say what is missing', () => {
    const own = sloSchema.parse({ name: 'orders', service: 'shop', objective: 99, errors: 'rate(lost_total[$window])', total: 'rate(orders_total[$window])' });
    expect(sloRuleFile([own]).replaceAll(/\s+/g, ' ')).toContain('((rate(lost_total[1h])) or ((rate(orders_total[1h])) * 0 unless on() ((rate(lost_total[1h])) unless (rate(orders_total[1h]))))) / (rate(orders_total[1h]))');
    expect(sloSchema.safeParse({ service: 'shop', objective: 99, errors: 'rate(lost_total[5m])', total: 'rate(orders_total[5m])' }).error?.issues[0]?.message).toContain('$window');
    expect(sloSchema.safeParse({ service: 'shop', objective: 100 }).success).toBe(false);
    expect(sloSchema.safeParse({ service: 'shop', objective: 99, window: '36h' }).error?.issues[0]?.message).toBe('expected whole days, 1d to 90d');
    expect(sloSchema.parse({ service: 'shop', objective: 99, window: '48h' }).window).toBe(2 * 86_400_000);
  });
});
