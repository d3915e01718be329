import { isByMetrics } from '#core/served.js';
import type { Anomaly, Incident } from '#core/types.js';
import { isBacking } from '../graph/backing.js';
import type { IncidentsConfig } from '../config.js';
import { opens, POINTS_OF_METRIC } from './opens.js';
import { informs, isAlert, isLoss, isResource, isSilence, symptomOf, telling, userVisible } from '../symptom.js';
import type { Topology } from '../graph/topology.js';

/** Windows until it is known how trouble travels: what stands between two services shows later than they do, and calls are known to degrade half a minute after it. */
const SETTLING = 1.5;

/** When an anomaly stops attracting others. A series that fell silent is not known to be in trouble still: its newest point outside counts. */
export function lastsUntil({ endsAt, updatedAt }: Anomaly, config: IncidentsConfig): number {
  return (endsAt ?? updatedAt) + config.window;
}

/** Whose trouble it is. What names no service has to do with the same metric or alert alone. */
export const whoseOf = ({ series: { service, metric } }: Anomaly): string => service || ` ${metric}`;

/** Whether two anomalies are near in time, and one can come from the other along the calls. */
export function related(a: Anomaly, b: Anomaly, topology: Topology, config: IncidentsConfig): boolean {
  if (whoseOf(a) === whoseOf(b)) return overlap(a, b, config);
  const [one, other] = [a.series.service, b.series.service];
  return relatedAcross(a, b, config) && (topology.carries(one, other, config.max_hops) || (config.max_hops > 1 && isLoss(a) && isLoss(b) && topology.shareCaller(one, other)));
}

/** So long after an onset, what did not join it has nothing to do with it. */
export const settlingMs = ({ window }: IncidentsConfig): number => SETTLING * window;

/** Whether two anomalies that cannot come from each other, as far as is known, are so near that a service between them may show otherwise yet. */
export function mayBeRelated(a: Anomaly, b: Anomaly, topology: Topology, config: IncidentsConfig): boolean {
  return relatedAcross(a, b, config) && topology.around(a.series.service, config.max_hops).has(b.series.service);
}

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

/** Evidence that decides over an incident's life: what users notice; where they notice nothing, all of it but alerts that only inform, and in both but the silence of what is used now and then; or all there is. */
export function decisive(evidence: readonly Anomaly[]): readonly Anomaly[] {
  const known = decisions.get(evidence);
  if (known) return known;
  const told = telling(evidence);
  const visible = told.filter(userVisible);
  const deciding = visible.length > 0 ? visible : told.filter((one) => !informs(one));
  const found = deciding.length > 0 ? deciding : evidence;
  decisions.set(evidence, found);
  return found;
}

/** Evidence is replaced, never changed, and in a storm every new anomaly asks the same of every incident. */
const decisions = new WeakMap<readonly Anomaly[], readonly Anomaly[]>();

/** Whether new anomalies belong to an incident: they are near its decisive evidence, or of the service that is blamed for that, or one of its series is in trouble again. */
export function belongs(members: readonly Anomaly[], { evidence, causes }: Incident, topology: Topology, config: IncidentsConfig): boolean {
  if (coincides(members, evidence, topology, config)) return true;
  const known = decisive(evidence);
  const blamed = causes[0]?.service;
  return members.some((one) => known.some((other) => related(one, other, topology, config) || recurs(one, other, config) || (one.series.service === blamed && relatedAcross(one, other, config))));
}

/** What metrics say of a service whose calls are not known: only time can say what it has to do with. */
export const isUnplaced = ({ series }: Anomaly, topology: Topology): boolean => isByMetrics(series) && series.service !== '' && !isAlert(series) && !topology.isPlaced(series.service);

/** So many services do not fall silent at once by chance: what they send through, or what they run on, is gone. */
export const SERVICES_SILENT = 3;
/** What fell silent together was heard for the last time an export apart, each by its own clock. */
const EXPORT_MS = 60_000;

/** How far apart the onsets are of what began to be silent together. */
export const silenceWindow = ({ window }: IncidentsConfig): number => Math.max(window, EXPORT_MS);

/** The silences of services where nobody notices anything but that they are not heard of: what is gone for whoever calls it fails for them. */
export function silentOf(members: readonly Anomaly[]): readonly Anomaly[] {
  const silent = telling(members).filter(isSilence);
  return silent.length > 0 && members.every((one) => isLoss(one) || !userVisible(one)) ? silent : [];
}

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
