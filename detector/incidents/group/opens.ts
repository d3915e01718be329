import type { Anomaly } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import { isSign } from '../../signs.js';
import { isAlert, isDown, isHabit, isLoss, isPart, isResource, resourceOf, SHORT, symptomOf, telling, usedUp, userVisible } from '../symptom.js';

const SERVICES_OF_LOSS = 3;
/** Points that are further apart than this in the mean, or than a step and a little, are events of their own, not one trouble that lasts… */
const APART_MS = 30_000;
const APART_STEPS = 1.25;
/** …until there are so many of them. */
const MANY_POINTS = 5;
/** Times `metric_score` that a metric must reach which measures no resource. */
const FAR_OUT = 5;
/** So many series of requests that are no measure of their whole service must be in trouble at once: it may have thousands of them. */
const SERIES_OF_REQUESTS = 3;
/** A collected heap grows until its next major collection: by this factor and this many bytes as a matter of course. */
const HEAP_GROWTH = 3;
const HEAP_BYTES = 32 * 1024 * 1024;
/** …unless its last points rose and fell by this share of what was expected or more: then garbage is known, and twice as far beyond all of them is none. */
const KNOWN_GARBAGE = 0.5;
/** Points of a metric that reports rarely may be far apart: so many must be outside before it is lasting. */
export const POINTS_OF_METRIC = 3;
/** Nobody is short of what is less than half used up. */
const SCARCE = 0.5;

/** Whether a group is enough evidence for an incident. */
export function opens(anomalies: readonly Anomaly[], config: IncidentsConfig): boolean {
  // Whoever wrote the rule of an alert has said that it matters, and for how long it must last.
  if (anomalies.some((anomaly) => isAlert(anomaly.series) && anomaly.score >= config.metric_score)) return true;
  const news = telling(anomalies).filter(isNews);
  return openByRequests(news.filter(userVisible), config) || openByMetrics(news, plentyOf(anomalies), config);
}

/** What came three times in the last day is none, unless requests fail or are lost, or something does not answer. */
const isNews = (anomaly: Anomaly): boolean => !isHabit(anomaly) || symptomOf(anomaly) === 'errors' || isLoss(anomaly) || isDown(anomaly);

const lasted = (anomaly: Anomaly): number => anomaly.updatedAt - anomaly.startsAt;

/** Whether what users notice is strong or lasts. */
function openByRequests(visible: readonly Anomaly[], config: IncidentsConfig): boolean {
  const apart = Math.max(APART_MS, APART_STEPS * (config.step ?? 0));
  const goesOn = (anomaly: Anomaly): boolean => anomaly.points >= MANY_POINTS || lasted(anomaly) <= apart * (anomaly.points - 1);
  const lasts = (anomaly: Anomaly): boolean => lasted(anomaly) >= config.open_after && (anomaly.points > 2 || lasted(anomaly) <= APART_MS) && goesOn(anomaly);
  // A minute with a slow request, a good one, and another slow one are not a slow service.
  const isStrong = (anomaly: Anomaly): boolean => (symptomOf(anomaly) === 'latency' || isPart(anomaly) ? anomaly.score >= config.strong_latency_score && goesOn(anomaly) : anomaly.score >= config.strong_score);
  if (visible.some((anomaly) => isStrong(anomaly) || (lasts(anomaly) && !isPart(anomaly)))) return true;
  const parts = new Map<string, number>();
  for (const anomaly of visible) if (isPart(anomaly) && lasts(anomaly)) parts.set(anomaly.series.service, (parts.get(anomaly.series.service) ?? 0) + 1);
  if ([...parts.values()].some((count) => count >= SERIES_OF_REQUESTS)) return true;
  // Chance does not take the traffic of several services at once.
  return new Set(visible.filter(isLoss).map(({ series }) => series.service)).size >= SERVICES_OF_LOSS;
}

/** Whether something is down or gives a sign for long enough, or what lasts uses up a resource, is far out, or shows in several metrics of a service. */
function openByMetrics(anomalies: readonly Anomaly[], plenty: ReadonlySet<string>, config: IncidentsConfig): boolean {
  const isLasting = (anomaly: Anomaly): boolean => anomaly.points >= POINTS_OF_METRIC && lasted(anomaly) >= config.metric_open_after;
  if (anomalies.some((anomaly) => (isDown(anomaly) || (isSign(anomaly) && symptomOf(anomaly) === 'resource')) && isLasting(anomaly))) return true;
  const lasting = anomalies.filter((anomaly) => ['resource', 'surge'].includes(symptomOf(anomaly)) && !mayBeGarbage(anomaly) && !plenty.has(useOf(anomaly)) && isLasting(anomaly));
  // What uses up resources matters by itself, and whenever little is left; any other metric alone must be far out.
  if (lasting.some((anomaly) => (usedUp(anomaly) ?? 0) >= SHORT || anomaly.score >= config.metric_score * (isResource(anomaly.series) ? 1 : FAR_OUT))) return true;
  const metricsOf = new Map<string, Set<string>>();
  for (const { series } of lasting) metricsOf.set(series.service, (metricsOf.get(series.service) ?? new Set()).add(series.metric));
  return [...metricsOf.values()].some((metrics) => metrics.size > 2);
}

const useOf = ({ series }: Anomaly): string => `${series.service} ${resourceOf(series)}`;

/** Uses of which there is plenty, whether or not that is news. */
const plentyOf = (anomalies: readonly Anomaly[]): Set<string> => new Set(anomalies.filter((anomaly) => (usedUp(anomaly) ?? 1) < SCARCE).map(useOf));

/** Whether garbage that waits for its collection explains what a heap holds more of. */
function mayBeGarbage({ series: { metric, unit, labels }, value, expected, upper, contributions }: Anomaly): boolean {
  if (unit !== 'By' || !(/heap/i.test(metric) || labels['jvm_memory_type'] === 'heap')) return false;
  const grown = value - expected;
  const isKnown = contributions.some(({ guard }) => guard === 'reach') && upper - expected >= expected * KNOWN_GARBAGE;
  return grown < HEAP_BYTES || (value < expected * HEAP_GROWTH && !(isKnown && grown >= 2 * (upper - expected)));
}
