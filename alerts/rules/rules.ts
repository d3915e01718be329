import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import { QueryError, type PromEngine } from '#core/promql.js';
import { createRepeat } from '#core/repeat.js';
import type { RulesReader } from '#core/rules.js';
import { createSerial } from '#core/serial.js';
import type { Component, Labels } from '#core/types.js';
import { dropped } from './alerting.js';
import type { RulesConfig } from './config.js';
import { createGroupRun, type GroupOptions } from './group.js';
import { othersIn } from './others.js';
import { startOf, type RuleProgress } from './progress.js';
import { mayHave } from './restore.js';
import type { Rule, RuleGroup, RuleQuery } from './rule.js';
import { parseRuleFile } from './rule-file.js';
import { createRuleFiles } from './rule-files.js';
import { rulesMetrics } from './rules-metrics.js';
import { createSchedule, scheduledOf, type Scheduled } from './schedule.js';
import type { RuleSeries } from './series-writer.js';
import { sloRuleFile } from './slo.js';

/** How often files are looked at for changes. */
const WATCH_MS = 5_000;
/** How long `stop` lets evaluations under way finish. */
const GRACE_MS = 3_000;

export interface RulesOptions {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: RulesConfig;
  readonly externalUrl: string;
  readonly engine: Pick<PromEngine, 'instant'>;
  /** The expression on one line. Throws QueryError. */
  readonly normalise: (expr: string) => string;
  readonly writer: RuleSeries;
  /** After each evaluation of an alerting rule; what it rejects comes again. */
  readonly alerts: GroupOptions['alerts'];
}

export interface Rules extends Component, RulesReader {
  /** Looks for changed files now. */
  reload(): Promise<void>;
  /** Whether a rule has the alert of this fingerprint and labels, firing or lately over; null while one has it pending, one that may have it was not evaluated well, or a file is not used as it is. */
  has(fingerprint: string, labels: Labels): boolean | null;
}

/** Throws CONFIG_INVALID when an expression of an objective cannot be read. */
function sloGroups(slos: RulesConfig['slos'], evaluationIntervalMs: number, normalise: (expr: string) => string): readonly RuleGroup[] {
  if (slos.length === 0) return [];
  const { groups, faults } = parseRuleFile(sloRuleFile(slos), { file: 'rules.slos', evaluationIntervalMs, normalise });
  if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', `rules.slos: ${faults.join('; ')}`);
  return groups;
}

/** Evaluates rule files in the background, each group at its own pace. */
export function createRules({ registry, logger, clock, config, externalUrl, engine, normalise, writer, alerts }: RulesOptions): Rules {
  const metrics = rulesMetrics(registry);
  const files = createRuleFiles(config.files, { evaluationIntervalMs: config.evaluation_interval, normalise }, sloGroups(config.slos, config.evaluation_interval, normalise));
  const query = queryOf(engine);
  let scheduled: readonly Scheduled[] = [];
  let faults: readonly string[] = [];

  const others = othersIn(() => scheduled);

  const options: GroupOptions = {
    query,
    writer,
    externalLabels: config.external_labels,
    externalUrl,
    others,
    async alerts(evaluated) {
      await alerts(evaluated).catch((error: unknown) => logger.warn({ alertname: evaluated.rule.name, error: messageOf(error) }, 'alerts were not handed on; they are with the next evaluation'));
    },
    onFailure(rule, message, isNew) {
      metrics.faultline_alerts_rule_evaluation_failures_total.inc();
      if (isNew) logger.warn({ rule: rule.name, error: message }, 'a rule could not be evaluated');
    },
  };

  function observe(): void {
    const states = scheduled.flatMap(({ run }) => run.progress.flatMap((progress) => [...progress.alerts.values()].map(({ state }) => state)));
    for (const state of ['pending', 'firing'] as const) metrics.faultline_alerts_rule_alerts.set({ state }, states.filter((one) => one === state).length);
  }

  const { begin, halt } = createSchedule({ metrics, logger, clock, query, written: writer, context: { externalLabels: config.external_labels, externalUrl }, evaluated: observe });

  /** A group that is as it was goes on; another takes over what is known of rules that it also has. */
  async function replace(groups: readonly RuleGroup[]): Promise<void> {
    const before = new Map(scheduled.map((one) => [groupKey(one.run.group), one]));
    const kept = new Set<Scheduled>();
    const next: Scheduled[] = [];
    for (const group of groups) {
      const known = before.get(groupKey(group));
      if (known && sameGroup(known.run.group, group)) {
        kept.add(known);
        next.push(known);
        continue;
      }
      if (known) await halt(known);
      const old = [...(known?.run.progress ?? [])];
      const progress = group.rules.map((rule) => {
        const at = old.findIndex((one) => ruleKey(one.rule) === ruleKey(rule));
        const [found] = at < 0 ? [] : old.splice(at, 1);
        return found ? { ...found, rule } : startOf(rule);
      });
      if (known) await leave(group, old);
      if (known) kept.add(known);
      next.push(scheduledOf(createGroupRun(group, progress, options), known?.restored ?? false));
    }
    for (const one of scheduled) {
      if (kept.has(one)) continue;
      await halt(one);
      await leave(one.run.group, one.run.progress);
    }
    scheduled = next;
    for (const one of next) if (one.timer === undefined) begin(one);
  }

  /** Rules that are gone: their series end, their alerts are over, but for those that another rule has too. */
  async function leave(group: RuleGroup, gone: readonly RuleProgress[]): Promise<void> {
    const now = clock();
    const ended: Labels[] = [];
    for (const one of gone) {
      const { rule } = one;
      const over = dropped([...one.alerts].flatMap(([key, alert]) => (others.have(one, key, alert.labels) === true ? [] : [alert])), now);
      ended.push(...[...one.series].filter(([key]) => !others.make(one, key)).map(([, labels]) => labels));
      // To the rest it is none of the others any more.
      one.alerts = new Map();
      one.series = new Map();
      if (rule.type === 'alerting' && over.length > 0) await options.alerts({ rule, group, at: now, alerts: over });
    }
    if (ended.length > 0) await writer.write({ samples: [], ended }, now).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'series of removed rules were not ended'));
  }

  async function load(): Promise<void> {
    const loaded = await files.load();
    if (!loaded) return;
    faults = loaded.faults;
    for (const fault of faults) logger.error({ fault }, 'a rule file is not used as it is on disk');
    metrics.faultline_alerts_rule_reloads_total.inc({ outcome: faults.length > 0 ? 'faulty' : 'taken' });
    metrics.faultline_alerts_rule_file_faults.set(faults.length);
    await replace(loaded.groups);
    const all = loaded.groups.flatMap(({ rules }) => rules);
    metrics.faultline_alerts_rule_groups.set(loaded.groups.length);
    for (const type of ['recording', 'alerting'] as const) metrics.faultline_alerts_rules.set({ type }, all.filter((rule) => rule.type === type).length);
    logger.info({ groups: loaded.groups.length, rules: all.length, faults: faults.length }, 'rule files read');
    observe();
  }

  const serial = createSerial();
  const report = (error: unknown): void => logger.error({ error: messageOf(error) }, 'rule files could not be read');
  const reload = (): Promise<void> => serial(load).catch(report);
  const watching = createRepeat(WATCH_MS, () => serial(load), report);

  return {
    name: 'rules',
    reload,
    groups: () => scheduled.map(({ run }) => run.state()).toSorted((a, b) => (a.file === b.file ? 0 : a.file < b.file ? -1 : 1)),
    faults: () => faults,
    noteOf: (name, service) => config.slos.find((slo) => (slo.name ?? slo.service) === name && slo.service === service)?.note ?? '',
    has(key, labels) {
      const all = scheduled.flatMap(({ run }) => run.progress);
      const states = all.flatMap((one) => one.alerts.get(key)?.state ?? []);
      if (states.some((state) => state !== 'pending')) return true;
      return states.length > 0 || faults.length > 0 || all.some(({ rule, health }) => health !== 'ok' && mayHave(rule, labels)) ? null : false;
    },
    async start() {
      if (config.files.length === 0 && config.slos.length === 0) return;
      for (const { name, service, note } of config.slos) if (note !== '') logger.warn({ slo: name ?? service, note }, 'an objective is not as it was set');
      await reload();
      watching.start();
    },
    async stop() {
      await watching.stop();
      await serial(() => Promise.resolve());
      // A query that is under way cannot be called back, and the store closes after this.
      await Promise.race([Promise.all(scheduled.map(halt)), new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
      scheduled = [];
    },
  };
}

const groupKey = ({ file, name }: RuleGroup): string => JSON.stringify([file, name]);
const ruleKey = ({ type, name, labels }: Rule): string => JSON.stringify([type, name, labels]);
/** Templates are made from the texts beside them. */
const sameGroup = (a: RuleGroup, b: RuleGroup): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The engine as rules ask it. */
export function queryOf(engine: Pick<PromEngine, 'instant'>): RuleQuery {
  return async (expr, time, lookbackMs) => {
    const { result } = await engine.instant(expr, time, { lookbackMs });
    if (result.type === 'vector') return result.series;
    if (result.type === 'scalar') return [{ metric: {}, times: Float64Array.of(time), values: Float64Array.of(result.value), histograms: [] }];
    throw new QueryError('execution', 'rule result is not a vector or scalar');
  };
}
