import { fingerprint } from '#core/fingerprint.js';
import { messageOf } from '#core/errors.js';
import type { PromEngine, PromHistogram } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';
import { createGroupRun, type GroupRun } from '../group.js';
import { startOf } from '../progress.js';
import { NO_OTHERS } from '../others.js';
import { labelsOf, type RuleGroup } from '../rule.js';
import { queryOf } from '../rules.js';
import type { SeriesWriter } from '../series-writer.js';
import { formatG } from '../../template/go-format.js';
import type { UnitFile, UnitTest } from './unit-file.js';

/** An empty world in memory, in which time begins at 0. */
export interface RuleLab extends SeriesWriter, Pick<PromEngine, 'instant'> {
  /** Adds a series in the notation of tests, `stepMs` between its values. Throws SyntaxError. */
  load(series: string, values: string, stepMs: number): void;
  labels(text: string): Labels;
  histogram(text: string): PromHistogram;
}

const MINUTE_MS = 60_000;

/** Runs one test as the rules would have run. Resolves with what failed, one text each. */
export async function runUnitTest(test: UnitTest, groups: readonly RuleGroup[], lab: RuleLab, { evaluation_interval: intervalMs = MINUTE_MS, group_eval_order: order = [], fuzzy_compare: fuzzy = 'false' }: UnitFile): Promise<string[]> {
  const failures: string[] = [];
  for (const { series, values } of test.input_series ?? []) lab.load(series, values, test.interval ?? intervalMs);
  const runs = ordered(groups, order).map((group) => createGroupRun(group, group.rules.map(startOf), {
    query: queryOf(lab), writer: lab, externalLabels: test.external_labels ?? {}, externalUrl: test.external_url ?? '', others: NO_OTHERS,
    alerts: () => Promise.resolve(),
    onFailure: (rule, message) => void failures.push(`rule: ${rule.name}, expr: ${rule.query}: ${message}`),
  }));
  const alertTests = (test.alert_rule_test ?? []).toSorted((a, b) => a.eval_time - b.eval_time);
  const last = Math.max(0, ...alertTests.map(({ eval_time: time }) => time), ...(test.promql_expr_test ?? []).map(({ eval_time: time = 0 }) => time));
  let next = 0;
  for (let at = 0; at <= last; at += intervalMs) {
    for (const run of runs) await run.evaluate(at);
    for (let one = alertTests[next]; one && one.eval_time < at + intervalMs; one = alertTests[(next += 1)]) failures.push(...checkAlerts(one, runs));
  }
  for (const one of test.promql_expr_test ?? []) failures.push(...(await checkExpr(one, lab, fuzzy === 'true')));
  return failures;
}

function ordered(groups: readonly RuleGroup[], order: readonly string[]): RuleGroup[] {
  const place = ({ name }: RuleGroup): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return groups.toSorted((a, b) => place(a) - place(b));
}

interface Shown {
  readonly labels: Labels;
  readonly annotations: Labels;
}

function checkAlerts({ eval_time: time, alertname, exp_alerts: expected = [] }: NonNullable<UnitTest['alert_rule_test']>[number], runs: readonly GroupRun[]): string[] {
  const got = runs.flatMap(({ progress }) => progress.filter(({ rule }) => rule.type === 'alerting' && rule.name === alertname)).flatMap(({ alerts }) => [...alerts.values()].filter(({ state }) => state === 'firing'));
  const wanted = expected.map(({ exp_labels: labels = {}, exp_annotations: annotations = {} }): Shown => ({ labels: labelsOf([...Object.entries(labels), ['alertname', alertname]]), annotations: labelsOf(Object.entries(annotations)) }));
  const given = got.map(({ labels, annotations }): Shown => ({ labels, annotations }));
  if (identity(wanted) === identity(given)) return [];
  return [`alertname: ${alertname}, time: ${durationText(time)},\n    exp:${alertsText(wanted)},\n    got:${alertsText(given)}`];
}

const identity = (alerts: readonly Shown[]): string => alerts.map(({ labels, annotations }) => `${fingerprint(labels)} ${fingerprint(annotations)}`).toSorted().join();

async function checkExpr({ expr, eval_time: time = 0, exp_samples: expected = [] }: NonNullable<UnitTest['promql_expr_test']>[number], lab: RuleLab, fuzzy: boolean): Promise<string[]> {
  const place = `expr: ${JSON.stringify(expr)}, time: ${durationText(time)}`;
  try {
    const series = await queryOf(lab)(expr, time);
    const got = series.map(({ metric, values, histograms }) => ({ labels: labelsOf(Object.entries(metric)), value: values[0] ?? 0, histogram: histograms[0]?.histogram }));
    const wanted = expected.map(({ labels = '{}', value = 0, histogram }) => ({ labels: labelsOf(Object.entries(lab.labels(labels))), value, histogram: histogram === undefined ? undefined : lab.histogram(histogram) }));
    const left = [...got];
    for (const one of wanted) {
      const at = left.findIndex(({ labels, value, histogram }) => fingerprint(labels) === fingerprint(one.labels) && (one.histogram || histogram ? JSON.stringify(histogram) === JSON.stringify(one.histogram) : same(value, one.value, fuzzy)));
      if (at >= 0) left.splice(at, 1);
      else left.push(one);
    }
    if (left.length === 0 && got.length === wanted.length) return [];
    const text = (samples: typeof got): string => `[${samples.map(({ labels, value, histogram }) => `${labelsText(labels)} ${histogram ? JSON.stringify(histogram) : formatG(value)}`).join(', ')}]`;
    return [`${place},\n    exp:${text(wanted)},\n    got:${text(got)}`];
  } catch (error) {
    return [`${place}, err: ${messageOf(error)}`];
  }
}

function same(a: number, b: number, fuzzy: boolean): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  // As promtool has it: relative to the larger, within 2^-48.
  return a === b || (fuzzy && Math.abs(a - b) <= 2 ** -48 * Math.max(Math.abs(a), Math.abs(b)));
}

const labelsText = (labels: Labels): string => `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
const alertsText = (alerts: readonly Shown[]): string => (alerts.length === 0 ? '[]' : `[\n${alerts.map(({ labels, annotations }) => `        Labels:${labelsText(labels)}\n        Annotations:${labelsText(annotations)}`).toSorted().join('\n')}\n    ]`);

/** `1h30m0s`, without what is zero before it. */
function durationText(at: UnixMs): string {
  const seconds = at / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ''}${seconds >= 60 ? `${minutes}m` : ''}${seconds % 60}s`;
}
