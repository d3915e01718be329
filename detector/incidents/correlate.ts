import { isLeft } from '#core/metric-words.js';
import { isByMetrics, isConvention, isFailures, servedOf } from '#core/served.js';
import { isState } from '#core/states.js';
import type { Anomaly, Incident, Series } from '#core/types.js';
import { ARRIVAL_METRIC } from '../words.js';
import { isBacking } from './backing.js';
import { limitOf } from '../levels.js';
import type { IncidentsConfig } from './config.js';
import type { Topology } from './topology.js';

export type Symptom = 'errors' | 'latency' | 'drop' | 'surge' | 'resource' | 'none';

const RESOURCE = /cpu|memory|heap|rss|event_?loop|gc[._]|thread|disk|pool|filesystem|volume(?=[._](?:stats|available|capacity|inodes))/i;
/** Memory of a host that nobody uses is taken by its caches as a matter of course, and given back. */
const CACHED = /^node_memory_(?:MemFree|Cached|Buffers)_bytes$/;
const CACHED_STATES: ReadonlySet<string> = new Set(['free', 'cached', 'buffered', 'slab_reclaimable']);

const SERVICES_OF_LOSS = 3;
/** Windows until it is known how trouble travels: what stands between two services shows later than they do, and calls are known to degrade half a minute after it. */
const SETTLING = 1.5;
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
const POINTS_OF_METRIC = 3;

/** What an anomaly means to a person; `none` for improvements such as fewer errors. */
export function symptomOf({ series, direction }: Anomaly): Symptom {
  if (series.kind === 'errors') return direction === 'up' ? 'errors' : 'none';
  if (series.kind === 'latency') return direction === 'up' ? 'latency' : 'none';
  if (series.kind === 'rate') return direction === 'up' ? 'surge' : 'drop';
  if (series.metric === ARRIVAL_METRIC) return 'drop';
  if (isState(series) && direction === 'up') return 'none';
  if (isFailures(series)) return direction === 'up' ? 'errors' : 'none';
  // How long failures take is no latency that anybody feels: the failures are counted elsewhere.
  if (servedOf(series.metric) === 'mean') return direction === 'up' && !series.labels['error_type'] ? 'latency' : 'none';
  if (isCached(series)) return 'none';
  if (isLeft(series)) return direction === 'up' ? 'none' : 'resource';
  return isResource(series) && direction !== 'up' ? 'none' : 'resource';
}

/** Whether it is memory that caches of the host fill and give back: neither more of it nor less says anything. */
const isCached = ({ metric, labels }: Series): boolean => CACHED.test(metric) || (/^system[._]memory[._]/.test(metric) && CACHED_STATES.has(labels['state'] ?? labels['system_memory_state'] ?? ''));

/** Whether a series measures what a process uses up, or what is left of it. */
export function isResource({ kind, metric }: Series): boolean {
  return kind === 'metric' && RESOURCE.test(metric);
}

/** Whether garbage that waits for its collection explains what a heap holds more of. */
function mayBeGarbage({ series: { metric, unit, labels }, value, expected, upper, contributions }: Anomaly): boolean {
  if (unit !== 'By' || !(/heap/i.test(metric) || labels['jvm_memory_type'] === 'heap')) return false;
  const grown = value - expected;
  const isKnown = contributions.some(({ guard }) => guard === 'reach') && upper - expected >= expected * KNOWN_GARBAGE;
  return grown < HEAP_BYTES || (value < expected * HEAP_GROWTH && !(isKnown && grown >= 2 * (upper - expected)));
}

/** Whether a series stands for an alert of others rather than for something measured. */
export function isAlert({ labels }: Pick<Series, 'labels'>): boolean {
  return labels['alertname'] !== undefined;
}

/** Nobody is short of what is less than half used up, and whoever has used up four fifths is soon. */
const SCARCE = 0.5;
const SHORT = 0.8;

/** What a metric measures the use of, such as `cpu`; its name where that says nothing. */
export function resourceOf({ metric }: Series): string {
  return RESOURCE.exec(metric)?.[0].toLowerCase() ?? metric;
}

/** Share of its limit that is used of a resource; undefined where it is not measured as one. */
function usedUp({ series, value }: Anomaly): number | undefined {
  const limit = isResource(series) ? limitOf(series) : undefined;
  return limit && (isLeft(series) ? 1 - value / limit : value / limit);
}

/** Of a resource whose share is not known, an anomaly this strong says that there is too little of it. */
const FAR = 2;

/** Whether what it measures the use of is nearly used up. */
export function isShort(anomaly: Anomaly): boolean {
  if (!isResource(anomaly.series) || symptomOf(anomaly) !== 'resource') return false;
  const share = usedUp(anomaly);
  return share === undefined ? anomaly.score >= FAR : share >= SHORT;
}

const useOf = ({ series }: Anomaly): string => `${series.service} ${resourceOf(series)}`;

/** Whether something no longer answers, such as a target of Prometheus. */
export const isDown = ({ series, direction }: Anomaly): boolean => isState(series) && direction !== 'up';

/** Whether it is of some of the requests of a service, as Prometheus knows them: by instance, path and status, one series each. */
const isPart = ({ series }: Anomaly): boolean => isFailures(series) || (series.kind === 'metric' && !isConvention(series.metric) && servedOf(series.metric) === 'mean');

export function userVisible(anomaly: Anomaly): boolean {
  return ['errors', 'latency', 'drop'].includes(symptomOf(anomaly));
}

/** When an anomaly stops attracting others. A series that fell silent is not known to be in trouble still: its newest point outside counts. */
export function lastsUntil({ endsAt, updatedAt }: Anomaly, config: IncidentsConfig): number {
  return (endsAt ?? updatedAt) + config.window;
}

/** Whether two anomalies are near in time, and one can come from the other along the calls. */
export function related(a: Anomaly, b: Anomaly, topology: Topology, config: IncidentsConfig): boolean {
  const [one, other] = [a.series.service, b.series.service];
  if (one === other) return overlap(a, b, config);
  return relatedAcross(a, b, config) && (topology.carries(one, other, config.max_hops) || (config.max_hops > 1 && isLoss(a) && isLoss(b) && topology.shareCaller(one, other)));
}

/** So long after an onset, what did not join it has nothing to do with it. */
export const settlingMs = ({ window }: IncidentsConfig): number => SETTLING * window;

/** Whether two anomalies that cannot come from each other, as far as is known, are so near that a service between them may show otherwise yet. */
export function mayBeRelated(a: Anomaly, b: Anomaly, topology: Topology, config: IncidentsConfig): boolean {
  return relatedAcross(a, b, config) && topology.around(a.series.service, config.max_hops).has(b.series.service);
}

/** Traffic that stays away: whoever no longer sends it is not in trouble itself. */
export const isLoss = (anomaly: Anomaly): boolean => symptomOf(anomaly) === 'drop';

/** Whether two anomalies of services near each other are near in time. */
export function relatedAcross(a: Anomaly, b: Anomaly, config: IncidentsConfig): boolean {
  // What a process uses up explains its neighbours only where they changed together.
  return overlap(a, b, config) && explains(a, b, config) && explains(b, a, config) && (Math.abs(a.startsAt - b.startsAt) <= config.window || !(isResource(a.series) || isResource(b.series)));
}

/** Whether `weak` is enough to say that `other` comes from it: a few failures explain what users notice elsewhere, not what else a process measures. */
const explains = (weak: Anomaly, other: Anomaly, config: IncidentsConfig): boolean => symptomOf(weak) !== 'errors' || weak.score > config.strong_score || userVisible(other);

function overlap(a: Anomaly, b: Anomaly, config: IncidentsConfig): boolean {
  return a.startsAt <= lastsUntil(b, config) && b.startsAt <= lastsUntil(a, config);
}

/** Evidence that decides over an incident's life: what users notice, or all of it where they notice nothing. */
export function decisive(evidence: readonly Anomaly[]): readonly Anomaly[] {
  const known = decisions.get(evidence);
  if (known) return known;
  const visible = evidence.filter(userVisible);
  const found = visible.length > 0 ? visible : evidence;
  decisions.set(evidence, found);
  return found;
}

/** Evidence is replaced, never changed, and in a storm every new anomaly asks the same of every incident. */
const decisions = new WeakMap<readonly Anomaly[], readonly Anomaly[]>();

/** Whether new anomalies belong to an incident: they are near its decisive evidence, or one of its series is in trouble again. */
export function belongs(members: readonly Anomaly[], { evidence }: Incident, topology: Topology, config: IncidentsConfig): boolean {
  if (coincides(members, evidence, topology, config)) return true;
  const known = decisive(evidence);
  return members.some((one) => known.some((other) => related(one, other, topology, config) || recurs(one, other, config)));
}

/** What metrics say of a service whose calls are not known: only time can say what it has to do with. */
export const isUnplaced = ({ series }: Anomaly, topology: Topology): boolean => isByMetrics(series) && series.service !== '' && !isAlert(series) && !topology.isPlaced(series.service);

/**
 * Whether what would be an incident of its own began when `evidence` did, in services of which nobody knows whom they call; or goes on in one of those that joined it so.
 * A database or a queue need not be one by itself, where users notice something elsewhere: its exporter has no requests to show.
 */
function coincides(members: readonly Anomaly[], evidence: readonly Anomaly[], topology: Topology, config: IncidentsConfig): boolean {
  const unplaced = members.filter((one) => isUnplaced(one, topology));
  if (config.max_hops === 0 || unplaced.length === 0) return false;
  const isBeside = (fits: (known: Anomaly) => boolean): boolean => evidence.some((known) => isUnplaced(known, topology) && fits(known));
  const began = unplaced.filter((one) => isBeside((known) => Math.abs(one.startsAt - known.startsAt) <= config.window));
  if (began.length > 0 && (opens(members, config) || (evidence.some(userVisible) && began.some((one) => isBacking(one.series) && isOfInterest(one, config))))) return true;
  return unplaced.some((one) => isBeside((known) => one.series.service === known.series.service && overlap(one, known, config)));
}

/** Whether a metric shows what would be part of an incident, where there is one: not what is over at once, nor what is barely outside. */
const isOfInterest = (anomaly: Anomaly, config: IncidentsConfig): boolean => anomaly.score >= config.metric_score && anomaly.points >= POINTS_OF_METRIC && anomaly.updatedAt - anomaly.startsAt >= config.metric_open_after;

/** Whether `later` is the same trouble returning: flapping is one incident. */
export function recurs(later: Anomaly, { series, endsAt }: Anomaly, config: IncidentsConfig): boolean {
  return later.series.id === series.id && endsAt !== null && later.startsAt >= endsAt && later.startsAt - endsAt <= config.reopen_within;
}

/** Whether a group is enough evidence for an incident. */
export function opens(anomalies: readonly Anomaly[], config: IncidentsConfig): boolean {
  // Whoever wrote the rule of an alert has said that it matters, and for how long it must last.
  if (anomalies.some((anomaly) => isAlert(anomaly.series) && anomaly.score >= config.metric_score)) return true;
  const lasted = (anomaly: Anomaly): number => anomaly.updatedAt - anomaly.startsAt;
  const apart = Math.max(APART_MS, APART_STEPS * (config.step ?? 0));
  const goesOn = (anomaly: Anomaly): boolean => anomaly.points >= MANY_POINTS || lasted(anomaly) <= apart * (anomaly.points - 1);
  const lasts = (anomaly: Anomaly): boolean => lasted(anomaly) >= config.open_after && (anomaly.points > 2 || lasted(anomaly) <= APART_MS) && goesOn(anomaly);
  // A minute with a slow request, a good one, and another slow one are not a slow service.
  const isStrong = (anomaly: Anomaly): boolean => (symptomOf(anomaly) === 'latency' || isPart(anomaly) ? anomaly.score >= config.strong_latency_score && goesOn(anomaly) : anomaly.score >= config.strong_score);
  const visible = anomalies.filter(userVisible);
  if (visible.some((anomaly) => isStrong(anomaly) || (lasts(anomaly) && !isPart(anomaly)))) return true;
  const parts = new Map<string, number>();
  for (const anomaly of visible) if (isPart(anomaly) && lasts(anomaly)) parts.set(anomaly.series.service, (parts.get(anomaly.series.service) ?? 0) + 1);
  if ([...parts.values()].some((count) => count >= SERIES_OF_REQUESTS)) return true;
  if (anomalies.some((anomaly) => isDown(anomaly) && anomaly.points >= POINTS_OF_METRIC && lasted(anomaly) >= config.metric_open_after)) return true;
  // Chance does not take the traffic of several services at once.
  if (new Set(visible.filter((anomaly) => symptomOf(anomaly) === 'drop').map(({ series }) => series.service)).size >= SERVICES_OF_LOSS) return true;
  const plenty = new Set(anomalies.filter((anomaly) => (usedUp(anomaly) ?? 1) < SCARCE).map(useOf));
  const lasting = anomalies.filter((anomaly) => ['resource', 'surge'].includes(symptomOf(anomaly)) && !mayBeGarbage(anomaly) && !plenty.has(useOf(anomaly)) && anomaly.points >= POINTS_OF_METRIC && lasted(anomaly) >= config.metric_open_after);
  // What uses up resources matters by itself, and whenever little is left; any other metric alone must be far out.
  if (lasting.some((anomaly) => (usedUp(anomaly) ?? 0) >= SHORT || anomaly.score >= config.metric_score * (isResource(anomaly.series) ? 1 : FAR_OUT))) return true;
  const metricsOf = new Map<string, Set<string>>();
  for (const { series } of lasting) metricsOf.set(series.service, (metricsOf.get(series.service) ?? new Set()).add(series.metric));
  return [...metricsOf.values()].some((metrics) => metrics.size > 2);
}
