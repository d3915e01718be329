import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import { fingerprint, fnv1a64 } from '#core/fingerprint.js';
import type { Logger } from '#core/log.js';
import type { UnixMs } from '#core/types.js';
import { alertSamples } from './alerting.js';
import type { GroupRun } from './group.js';
import type { RuleProgress } from './progress.js';
import { restoreAlerts } from './restore.js';
import type { RuleQuery } from './rule.js';
import type { RulesMetrics } from './rules-metrics.js';
import type { RuleSeries } from './series-writer.js';
import type { TemplateData } from './template.js';

/** A group that is evaluated at its own pace. */
export interface Scheduled {
  readonly run: GroupRun;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void>;
  /** Whether the past of its alerts was read. */
  restored: boolean;
  lastSlot: UnixMs;
  stopped: boolean;
}

export const scheduledOf = (run: GroupRun, restored: boolean): Scheduled => ({ run, timer: undefined, running: Promise.resolve(), restored, lastSlot: 0, stopped: false });

export interface ScheduleOptions {
  readonly metrics: RulesMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly query: RuleQuery;
  readonly written: Pick<RuleSeries, 'alertsOf'>;
  readonly context: Pick<TemplateData, 'externalLabels' | 'externalUrl'>;
  /** After each evaluation of a group. */
  readonly evaluated: () => void;
}

export interface Schedule {
  readonly begin: (one: Scheduled) => void;
  /** Resolves when what is under way is done. */
  readonly halt: (one: Scheduled) => Promise<void>;
}

/** Evaluates groups, each at the same places in its interval, once the past of its alerts was read. */
export function createSchedule({ metrics, logger, clock, query, written, context, evaluated }: ScheduleOptions): Schedule {
  /** Groups are spread over their interval, each always at the same place in it, at whole seconds. */
  function begin(one: Scheduled): void {
    const { intervalMs, file, name } = one.run.group;
    const spread = Math.floor((Number.parseInt(fnv1a64(`${file}\u0000${name}`).slice(8), 16) / 2 ** 32) * Math.floor(intervalMs / 1000)) * 1000;
    const now = clock();
    const slot = Math.floor((now - spread) / intervalMs) * intervalMs + spread;
    const missed = one.lastSlot === 0 ? 0 : Math.round((slot - one.lastSlot) / intervalMs);
    if (missed > 0) metrics.faultline_alerts_rule_missed_evaluations_total.inc(missed);
    const next = slot + intervalMs;
    one.timer = setTimeout(() => {
      if (one.stopped) return;
      one.lastSlot = next;
      one.running = evaluate(one, next).finally(() => {
        if (!one.stopped) begin(one);
      });
    }, Math.max(1, next - now));
  }

  async function evaluate(one: Scheduled, at: UnixMs): Promise<void> {
    const stop = metrics.faultline_alerts_rule_group_duration_seconds.startTimer();
    metrics.faultline_alerts_rule_evaluations_total.inc();
    try {
      // Evaluated without its past, an alert that fires would be a new one.
      if (!(await restored(one, at))) return;
      await one.run.evaluate(at, () => one.stopped);
    } catch (error) {
      metrics.faultline_alerts_rule_write_failures_total.inc();
      logger.warn({ group: one.run.group.name, error: messageOf(error) }, 'what a group of rules made could not be stored');
    } finally {
      stop();
      evaluated();
    }
  }

  async function restored(one: Scheduled, at: UnixMs): Promise<boolean> {
    try {
      if (!one.restored) await Promise.all(one.run.progress.map((progress) => restore(progress, at - one.run.group.queryOffsetMs)));
      one.restored = true;
    } catch (error) {
      metrics.faultline_alerts_rule_evaluation_failures_total.inc(one.run.progress.length);
      logger.warn({ group: one.run.group.name, error: messageOf(error) }, 'the state of alerts before the restart could not be read; trying again with the next evaluation');
    }
    return one.restored;
  }

  async function restore(progress: RuleProgress, at: UnixMs): Promise<void> {
    const { rule } = progress;
    if (rule.type !== 'alerting' || progress.alerts.size > 0) return;
    progress.alerts = await restoreAlerts(rule, query, written, at, context);
    // What is not written again ends with the next evaluation.
    progress.series = new Map(alertSamples(progress.alerts.values()).map(({ labels }) => [fingerprint(labels), labels]));
  }

  return {
    begin,
    async halt(one) {
      one.stopped = true;
      clearTimeout(one.timer);
      await one.running;
    },
  };
}
