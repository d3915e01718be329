import { fingerprint } from '#core/fingerprint.js';
import { messageOf } from '#core/errors.js';
import type { PromSeries } from '#core/promql.js';
import type { RuleGroupState, RuleState } from '#core/rules.js';
import type { Labels, UnixMs } from '#core/types.js';
import { advance, alertSamples, dropped, instancesOf } from './alerting.js';
import type { Others } from './others.js';
import type { RuleProgress } from './progress.js';
import type { RuleAlerts } from './rule-alert.js';
import { labelsOf, type RecordingRule, type Rule, type RuleGroup, type RuleQuery, type RuleSample } from './rule.js';
import type { SeriesWriter } from './series-writer.js';

export interface GroupOptions {
  readonly query: RuleQuery;
  readonly writer: SeriesWriter;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  readonly others: Others;
  /** After each evaluation of an alerting rule. Failures are its own. */
  readonly alerts: (evaluated: RuleAlerts) => Promise<void>;
  /** `isNew`: it did not fail for this reason the last time. */
  readonly onFailure: (rule: Rule, message: string, isNew: boolean) => void;
}

/** One group of rules on its way through time. */
export interface GroupRun {
  readonly group: RuleGroup;
  readonly progress: readonly RuleProgress[];
  /** Evaluates every rule in order, until `isStopped`; one that fails stops no other. Rejects, with every rule evaluated, when what they made could not be stored. */
  evaluate(at: UnixMs, isStopped?: () => boolean): Promise<void>;
  state(): RuleGroupState;
}

export function createGroupRun(group: RuleGroup, progress: readonly RuleProgress[], { query, writer, externalLabels, externalUrl, others, alerts, onFailure }: GroupOptions): GroupRun {
  let evaluationMs = 0;
  let lastEvaluationAt: UnixMs | null = null;

  async function evaluate(at: UnixMs, isStopped: () => boolean = () => false): Promise<void> {
    const began = performance.now();
    const time = at - group.queryOffsetMs;
    let waiting: { samples: RuleSample[]; ended: Labels[] } = { samples: [], ended: [] };
    let writeFailure: unknown;
    const flush = async (): Promise<void> => {
      const rows = waiting;
      waiting = { samples: [], ended: [] };
      // Alerts must go out also while nothing can be stored.
      await writer.write(rows, time).catch((error: unknown) => (writeFailure ??= error));
    };
    for (const one of progress) {
      if (isStopped()) break;
      const ruleBegan = performance.now();
      // A rule sees what the rules before it made; one that reads none of it does not wait for it.
      if (mayRead(one.rule, waiting.samples)) await flush();
      try {
        const samples = await samplesOf(one, at, time);
        const series = new Map(samples.map(({ labels }) => [fingerprint(labels), labels]));
        waiting.samples.push(...samples);
        for (const [key, labels] of one.series) if (!series.has(key) && !others.make(one, key)) waiting.ended.push(labels);
        one.series = series;
        Object.assign(one, { health: 'ok', lastError: '' });
      } catch (error) {
        const message = messageOf(error);
        onFailure(one.rule, message, message !== one.lastError);
        Object.assign(one, { health: 'err', lastError: message });
      }
      one.evaluationMs = performance.now() - ruleBegan;
      one.lastEvaluationAt = at;
    }
    evaluationMs = performance.now() - began;
    lastEvaluationAt = at;
    await flush();
    if (writeFailure !== undefined) throw writeFailure;
  }

  async function samplesOf(one: RuleProgress, at: UnixMs, time: UnixMs): Promise<RuleSample[]> {
    const { rule } = one;
    const answer = await query(rule.expr, time);
    if (rule.type === 'recording') return recorded(rule, answer, group.limit);
    const found = await instancesOf(rule, answer, { externalLabels, externalUrl, query: (expr) => query(expr, time) });
    const before = one.alerts;
    one.alerts = advance(rule, one.alerts, found, at, (key, { labels }) => others.have(one, key, labels));
    const active = [...one.alerts.values()].filter(({ state }) => state !== 'inactive').length;
    if (group.limit > 0 && active > group.limit) {
      one.alerts = new Map();
      // Told before, and known no more.
      const over = dropped([...before].flatMap(([key, alert]) => (others.have(one, key, alert.labels) === true ? [] : [alert])), at);
      if (over.length > 0) await alerts({ rule, group, at, alerts: over });
      throw new Error(`exceeded limit of ${group.limit} with ${active} alerts`);
    }
    // What was restored and neither seen nor held on since is neither known to fire nor to be over.
    await alerts({ rule, group, at, alerts: [...one.alerts.values()].filter(({ state, restoredAt }) => state !== 'pending' && restoredAt === null) });
    return alertSamples(one.alerts.values());
  }

  return {
    group,
    progress,
    evaluate,
    state: () => ({ name: group.name, file: group.file, intervalMs: group.intervalMs, limit: group.limit, evaluationMs, lastEvaluationAt, rules: progress.map(stateOf) }),
  };
}

function recorded(rule: RecordingRule, answer: readonly PromSeries[], limit: number): RuleSample[] {
  if (answer.some(({ histograms }) => histograms.length > 0)) throw new Error('native histograms cannot be recorded; record a figure of them, such as histogram_quantile');
  const samples = answer.map(({ metric, values }) => ({ labels: labelsOf([...Object.entries(metric), ...Object.entries(rule.labels), ['__name__', rule.name]]), value: values[0] ?? Number.NaN }));
  if (new Set(samples.map(({ labels }) => fingerprint(labels))).size < samples.length) throw new Error('vector contains metrics with the same labelset after applying rule labels');
  if (limit > 0 && samples.length > limit) throw new Error(`exceeded limit of ${limit} with ${samples.length} series`);
  return samples;
}

/** Whether a rule could read one of these samples: its expression holds the name, or selects without one, or a template of it asks by itself. */
function mayRead(rule: Rule, samples: readonly RuleSample[]): boolean {
  if (samples.length === 0) return false;
  const { expr } = rule;
  if (rule.type === 'alerting' && [...Object.values(rule.labels), ...Object.values(rule.annotations)].some((text) => /\{\{(?:(?!\}\}).)*\bquery\b/s.test(text))) return true;
  if (/__name__|(^|[^\w:])\{/.test(expr)) return true;
  const words = new Set(expr.match(/[\w:]+/g));
  return samples.some(({ labels }) => words.has(labels['__name__'] ?? '') || !/^[\w:]+$/.test(labels['__name__'] ?? ''));
}

function stateOf({ rule, alerts, health, lastError, evaluationMs, lastEvaluationAt }: RuleProgress): RuleState {
  const common = { name: rule.name, query: rule.query, labels: rule.labels, health, lastError, evaluationMs, lastEvaluationAt };
  if (rule.type === 'recording') return { type: 'recording', ...common };
  const active = [...alerts.values()].flatMap(({ state, labels, annotations, activeAt, keepFiringSince, value }) => (state === 'inactive' ? [] : [{ state, labels, annotations, activeAt, keepFiringSince, value }]));
  return { type: 'alerting', ...common, forMs: rule.forMs, keepFiringForMs: rule.keepFiringForMs, annotations: rule.annotations, alerts: active };
}
