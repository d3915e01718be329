import { isBurden, isLeft } from '#core/metric-words.js';
import { isConvention, isFailures, servedOf } from '#core/served.js';
import { isState } from '#core/states.js';
import type { Anomaly, Series } from '#core/types.js';
import { isCached, isCertificate, limitOf } from '../levels.js';
import { ARRIVAL_METRIC, COMES_AND_GOES, HABIT, RUN_METRIC } from '../words.js';

export type Symptom = 'errors' | 'latency' | 'drop' | 'surge' | 'resource' | 'none';

const RESOURCE = /cpu|memory|heap|rss|event_?loop|gc[._]|thread|disk|pool|filesystem|volume(?=[._](?:stats|available|capacity|inodes))/i;

/** What an anomaly means to a person; `none` for improvements such as fewer errors, and for the silence of what is used now and then. */
export function symptomOf(anomaly: Anomaly): Symptom {
  const { series, direction } = anomaly;
  // Whatever it is called.
  if (isAlert(series)) return 'resource';
  if (series.kind === 'errors') return direction === 'up' ? 'errors' : 'none';
  if (series.kind === 'latency') return direction === 'up' ? 'latency' : 'none';
  if (series.kind === 'rate') return direction === 'up' ? 'surge' : comesAndGoes(anomaly) ? 'none' : 'drop';
  if (series.metric === ARRIVAL_METRIC || series.metric === RUN_METRIC) return 'drop';
  if (isState(series) && direction === 'up') return 'none';
  if (isFailures(series)) return direction === 'up' ? 'errors' : 'none';
  // How long failures take is no latency that anybody feels: the failures are counted elsewhere.
  if (servedOf(series.metric) === 'mean') return direction === 'up' && !series.labels['error_type'] ? 'latency' : 'none';
  if (isCached(series)) return 'none';
  if (isLeft(series) || isCertificate(series)) return direction === 'up' ? 'none' : 'resource';
  return direction !== 'up' && (isResource(series) || isBurden(series)) ? 'none' : 'resource';
}

/** Whether a series measures what a process uses up, or what is left of it. */
export function isResource({ kind, metric }: Series): boolean {
  return kind === 'metric' && RESOURCE.test(metric);
}

/** Whether a series stands for an alert of others rather than for something measured. */
export function isAlert({ labels }: Pick<Series, 'labels'>): boolean {
  return labels['alertname'] !== undefined;
}

/** Alerts that ask somebody to do something are stronger. */
const LEAST_TELLING = 2;

/** Whether it is an alert that only informs, and may fire for ever. */
export const informs = ({ series, score }: Anomaly): boolean => isAlert(series) && score < LEAST_TELLING;

/** What a metric measures the use of, such as `cpu`; its name where that says nothing. */
export function resourceOf({ metric }: Series): string {
  return RESOURCE.exec(metric)?.[0].toLowerCase() ?? metric;
}

/** Share of its limit that is used of a resource; undefined where it is not measured as one. */
export function usedUp({ series, value }: Anomaly): number | undefined {
  const limit = isResource(series) ? limitOf(series) : undefined;
  return limit && (isLeft(series) ? 1 - value / limit : value / limit);
}

/** Whoever has used up so much is short of it soon. */
export const SHORT = 0.8;
/** Of a resource whose share is not known, an anomaly this strong says that there is too little of it. */
const FAR = 2;

/** Whether what it measures the use of is nearly used up. */
export function isShort(anomaly: Anomaly): boolean {
  if (!isResource(anomaly.series) || symptomOf(anomaly) !== 'resource') return false;
  const share = usedUp(anomaly);
  return share === undefined ? anomaly.score >= FAR : share >= SHORT;
}

/** Whether its like came three times in the last day. */
export const isHabit = ({ contributions }: Anomaly): boolean => contributions.some(({ detector }) => detector === HABIT);

/** Whether a service that is used now and then is not used now. */
export const comesAndGoes = ({ contributions }: Anomaly): boolean => contributions.some(({ detector }) => detector === COMES_AND_GOES);

/** All but the silences of services that are used now and then, and of their operations. */
export function telling(anomalies: readonly Anomaly[]): readonly Anomaly[] {
  const unused = new Set(anomalies.filter(comesAndGoes).map(({ series }) => series.service));
  return unused.size === 0 ? anomalies : anomalies.filter(({ series, direction }) => series.kind !== 'rate' || direction !== 'absent' || !unused.has(series.service));
}

/** Whether it says that a service is not heard of at all any more, or of its requests. */
export const isSilence = (anomaly: Anomaly): boolean => isLoss(anomaly) && anomaly.direction === 'absent' && anomaly.series.operation === '';

/** Whether something no longer answers, such as a target of Prometheus. */
export const isDown = ({ series, direction }: Anomaly): boolean => isState(series) && direction !== 'up';

/** Whether it is of some of the requests of a service, as Prometheus knows them: by instance, path and status, one series each. */
export const isPart = ({ series }: Anomaly): boolean => isFailures(series) || (series.kind === 'metric' && !isConvention(series.metric) && servedOf(series.metric) === 'mean');

export function userVisible(anomaly: Anomaly): boolean {
  return ['errors', 'latency', 'drop'].includes(symptomOf(anomaly));
}

/** Traffic that stays away: whoever no longer sends it is not in trouble itself. */
export const isLoss = (anomaly: Anomaly): boolean => symptomOf(anomaly) === 'drop';
