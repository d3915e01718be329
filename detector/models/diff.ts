import type { ApiAlarmChange, ApiGate, ApiModelDiff } from '#core/models.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import type { DetectorConfig } from '../config.js';
import { isSign } from '../signs.js';
import type { ShadowCounts } from './shadow.js';

/** One episode, as far as a comparison needs it. */
export type Alarm = Pick<Anomaly, 'series' | 'startsAt' | 'endsAt' | 'contributions'>;

/** From and until when one stands. */
export type Span = readonly [from: UnixMs, until: UnixMs];

/** What both sides came to. `unseen`: when the shadow left out steps. */
export interface Comparison {
  readonly counts: ShadowCounts;
  readonly active: readonly Alarm[];
  readonly shadow: readonly Alarm[];
  readonly unseen: readonly Span[];
}

/** How a shadow compares with what judges, and whether it may take its place. */
export function diffOf(about: Pick<ApiModelDiff, 'name' | 'version' | 'from' | 'to'>, { counts, active, shadow, unseen }: Comparison, { step, shadow_for: shadowFor }: Pick<DetectorConfig, 'step' | 'shadow_for'>): ApiModelDiff {
  const per = (sum: number, count: number): number => (count > 0 ? sum / count : 0);
  const found = {
    ...about, points: counts.points, steps: counts.steps, skipped: counts.skipped, ...compareAlarms(active, shadow, unseen, step),
    outside: { active: per(counts.outsideActive, counts.points), shadow: per(counts.outsideShadow, counts.points) },
    error: { active: per(counts.errorActive, counts.points), shadow: per(counts.errorShadow, counts.points) },
    msPerStep: { active: per(counts.msActive, counts.steps), shadow: per(counts.msShadow, counts.steps) },
  };
  return { ...found, gates: gatesOf(found, shadowFor, step) };
}

/** What both alarmed for may begin so far apart, in steps. */
const NEAR_STEPS = 12;
const MAX_CHANGES = 200;

/** Pairs the alarms of the shadow with those of what judges: the same series, at the same time or nearly so. Where the other side could have none (signs, which are no model's, and steps that the shadow left out) those without a pair do not count. */
function compareAlarms(active: readonly Alarm[], shadow: readonly Alarm[], unseen: readonly Span[], stepMs: number): Pick<ApiModelDiff, 'alarms' | 'changes'> {
  const near = NEAR_STEPS * stepMs;
  const bySeries = new Map<string, Alarm[]>();
  for (const alarm of active.toSorted((a, b) => a.startsAt - b.startsAt)) bySeries.set(alarm.series.id, [...(bySeries.get(alarm.series.id) ?? []), alarm]);
  const taken = new Set<Alarm>();
  const isAlone = (alarm: Alarm): boolean => isSign(alarm) || unseen.some(([from, until]) => alarm.startsAt >= from && alarm.startsAt <= until);
  const changes: ApiAlarmChange[] = [];
  let both = 0;
  for (const own of shadow.toSorted((a, b) => a.startsAt - b.startsAt)) {
    const match = (bySeries.get(own.series.id) ?? []).find((other) => !taken.has(other) && own.startsAt <= (other.endsAt ?? Infinity) + near && other.startsAt <= (own.endsAt ?? Infinity) + near);
    if (!match) {
      if (!isAlone(own)) changes.push(changeOf('added', own, 0));
      continue;
    }
    taken.add(match);
    both += 1;
    const later = own.startsAt - match.startsAt;
    if (later !== 0) changes.push(changeOf(later > 0 ? 'delayed' : 'earlier', own, later));
  }
  for (const alarm of active) if (!taken.has(alarm) && !isAlone(alarm)) changes.push(changeOf('removed', alarm, 0));
  const count = (change: ApiAlarmChange['change']): number => changes.filter((one) => one.change === change).length;
  const [added, removed] = [count('added'), count('removed')];
  return {
    alarms: { active: both + removed, shadow: both + added, both, added, removed, delayed: count('delayed'), earlier: count('earlier') },
    changes: changes.toSorted((a, b) => b.startsAt - a.startsAt).slice(0, MAX_CHANGES),
  };
}

function changeOf(change: ApiAlarmChange['change'], { series: { id, service, operation, metric, labels }, startsAt }: Alarm, laterMs: number): ApiAlarmChange {
  return { change, series: { id, service, operation, metric, labels }, startsAt, laterMs };
}

const LEAST_POINTS = 1000;
/** With fewer alarms than this a ratio says nothing: so many more or fewer are let through. */
const FEW_ALARMS = 10;
const FEW_MORE = 3;
const ALARM_RATIO = [0.5, 1.5] as const;
const ERROR_RATIO = 1.05;
const OUTSIDE_RATIO = 1.5;
/** A band is never asked to hold more than this share of the points. */
const OUTSIDE_LEAST = 0.005;
/** Share of the step that a model may take. */
const COST_SHARE = 0.25;

/** What a promotion asks of a shadow that was compared for `shadowFor` milliseconds at least: of steps that it judged, not of time that passed. */
function gatesOf({ steps, points, alarms, outside, error, msPerStep }: Omit<ApiModelDiff, 'gates'>, shadowFor: number, stepMs: number): ApiGate[] {
  const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const seen = steps * stepMs;
  const few = alarms.active < FEW_ALARMS;
  const [least, most] = few ? [Math.max(0, alarms.active - FEW_MORE), alarms.active + FEW_MORE] : [Math.ceil(alarms.active * ALARM_RATIO[0]), Math.floor(alarms.active * ALARM_RATIO[1])];
  const outsideLimit = Math.max(OUTSIDE_LEAST, outside.active * OUTSIDE_RATIO);
  return [
    { gate: 'time', passed: seen >= shadowFor && points >= LEAST_POINTS, text: `compared for ${hours(seen)} and ${points} points; ${hours(shadowFor)} and ${LEAST_POINTS} are asked` },
    { gate: 'alarms', passed: alarms.shadow >= least && alarms.shadow <= most, text: `${alarms.shadow} alarms beside ${alarms.active}; ${least} to ${most} are allowed` },
    { gate: 'band', passed: outside.shadow <= outsideLimit, text: `${percent(outside.shadow)} of points outside its band beside ${percent(outside.active)}; ${percent(outsideLimit)} is allowed` },
    { gate: 'error', passed: points > 0 && error.shadow <= error.active * ERROR_RATIO, text: `forecast error ${error.shadow.toFixed(3)} beside ${error.active.toFixed(3)}; ${(error.active * ERROR_RATIO).toFixed(3)} is allowed` },
    { gate: 'cost', passed: msPerStep.shadow <= stepMs * COST_SHARE, text: `${msPerStep.shadow.toFixed(1)} ms a step; ${(stepMs * COST_SHARE).toFixed(0)} ms is allowed` },
  ];
}
