import { messageOf } from '#core/errors.js';
import { isByMetrics } from '#core/served.js';
import type { Logger } from '#core/log.js';
import type { Anomaly, AttributeDifference, Incident, RankedCause, UnixMs } from '#core/types.js';
import { loadProcessChanges } from '#store/processes.js';
import type { Store } from '#store/store.js';
import { withInstance } from './cause/instance.js';
import { told as withLine } from './by-hand.js';
import type { IncidentsConfig } from './config.js';
import { changedBefore, loadDeploys, unexplained } from './cause/deploys.js';
import { loadDifferences } from './explain/differences.js';
import { loadMetricDifferences } from './explain/metric-differences.js';
import { firstCheckOf } from './explain/first-check.js';
import { loadImpact, noticed } from './explain/impact.js';
import { withEvidence } from './lifecycle.js';
import { markIndependent } from './cause/independent.js';
import { changedCalls } from './cause/calls-per-request.js';
import { decisive } from './group/correlate.js';
import { blame, loadOperations, pin, type Pinned } from './explain/operations.js';
import { whoShows } from './explain/narrowed.js';
import type { Teacher } from './lessons/lessons.js';
import { loadSeenAlerts } from './past/alerts.js';
import { rarityOf, type Seen } from './cause/rarity.js';
import { rankCauses, type Knowledge } from './cause/root-cause.js';
import { loadRenames, silenced } from './graph/renames.js';
import { corrected, loadSkews, skewText, type Skew } from './graph/skew.js';
import { serving } from './cause/suspects.js';
import { isAlert, symptomOf, userVisible } from './symptom.js';
import type { Topology } from './graph/topology.js';
import { loadTraces } from './explain/traces.js';
import { newTrouble } from './cause/turns.js';

/** Impact is counted again this often while it lasts: it reads spans. */
const IMPACT_MS = 30_000;
/** Until an incident is this old its requests are looked at again, as often as they are counted: at first there are few. */
const SOON_MS = 90_000;
/** What earlier incidents showed of alerts is read again this often. */
const ALERTS_MS = 600_000;
/** A silent service may come back under another name until then. */
const RENAME_MS = 600_000;

/** What an analysis remembers of one incident between two of them. */
export interface Analysed {
  readonly at: UnixMs;
  /** What differences and traces were read for. */
  readonly detailedFor: string;
  readonly impactAt: UnixMs;
  /** Of these services. */
  readonly clocksOf: string;
  readonly skews: readonly Skew[];
  /** What its first cause was asked for, where that says nothing itself, and what came of it. */
  readonly pinnedFor: string;
  readonly pinned: Pinned | undefined;
}

export const NOT_ANALYSED: Analysed = { at: 0, detailedFor: '', impactAt: Number.NEGATIVE_INFINITY, clocksOf: '', skews: [], pinnedFor: '', pinned: undefined };

export interface AnalysisOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly config: IncidentsConfig;
  readonly onReadFailure: () => void;
  readonly lessons: Pick<Teacher, 'teach'>;
}

/** Reads for explanations: what fails is counted and left as it was. */
export function createAttempt({ logger, onReadFailure }: Pick<AnalysisOptions, 'logger' | 'onReadFailure'>) {
  return async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      onReadFailure();
      logger.warn({ error: messageOf(error) }, `could not read ${what}`);
      return otherwise;
    }
  };
}

/** Explains an incident anew: causes, what users notice, what to look at. */
export function createAnalysis({ store, logger, config, lessons, onReadFailure }: AnalysisOptions) {
  const attempt = createAttempt({ logger, onReadFailure });
  let seenAt = Number.NEGATIVE_INFINITY;
  let seen: Seen | undefined;

  /** Where alerts of others are all there is, those that are rare here tell more than who calls whom. */
  async function knowledgeOf(evidence: readonly Anomaly[], now: UnixMs): Promise<Knowledge> {
    if (!evidence.every(({ series }) => isAlert(series))) return {};
    if (Math.abs(now - seenAt) >= ALERTS_MS) {
      seenAt = now;
      seen = await attempt('alerts of earlier incidents', () => loadSeenAlerts(store, now), seen);
    }
    return seen ? { rarity: rarityOf(seen, evidence, new Set([...seen.services, ...evidence.map(({ series }) => series.service)]).size) } : {};
  }

  /** What the bad requests of the likeliest cause have in common, and traces of them. */
  async function detailsOf({ evidence, startsAt, causes, differences, traces }: Incident, service: string, now: UnixMs): Promise<Pick<Incident, 'differences' | 'traces'>> {
    const own = evidence.filter(({ series }) => series.service === service);
    const symptom = own.some((anomaly) => symptomOf(anomaly) === 'errors') ? 'errors' : 'latency';
    const asked = { service, symptom, onset: startsAt, to: now } as const;
    const isMeasured = own.some((anomaly) => userVisible(anomaly) && isByMetrics(anomaly.series));
    const load = async (): Promise<readonly AttributeDifference[]> => {
      const bySpans = await loadDifferences(store, asked);
      return bySpans.length === 0 && isMeasured ? loadMetricDifferences(store, asked) : bySpans;
    };
    // What was said of another is wrong here.
    const before = causes[0]?.service === service ? { differences, traces } : { differences: [], traces: [] };
    return {
      differences: await attempt('differences', load, before.differences),
      traces: await attempt('traces', () => loadTraces(store, [whoShows(evidence, service)], startsAt - 5000, now), before.traces),
    };
  }

  /** What is called of something that says nothing itself, by all that call it: what is fast for others is not slow by itself. */
  async function pinnedOf(peer: string, topology: Topology, onset: UnixMs, now: UnixMs, changed: (caller: string) => boolean): Promise<Pinned | undefined> {
    const callers = [...new Set(topology.edges.flatMap(({ client, server }) => (server === peer ? client : [])))];
    return pin(peer, await loadOperations(store, { peer, callers, onset, to: now }), changed);
  }

  return async (given: Incident, before: Analysed, topology: Topology, now: UnixMs): Promise<{ readonly incident: Incident; readonly analysed: Analysed }> => {
    const { evidence, startsAt } = given;
    const services = [...new Set(evidence.map(({ series }) => series.service))];
    const deploys = await attempt('deploys', () => loadDeploys(store, services, startsAt - config.deploy_window, now), []);
    const changes = unexplained(await attempt('restarts', () => loadProcessChanges(store, { services, from: startsAt - config.deploy_window, to: now }), []), deploys);
    const clocksOf = services.toSorted().join('\0');
    const skews = clocksOf === before.clocksOf ? before.skews : await attempt('the clocks of services', () => loadSkews(store, services, startsAt), before.skews);
    const known = given.renamed ?? [];
    const gone = silenced(evidence).filter(({ series, startsAt: at }) => now - at < RENAME_MS && !known.some(({ from }) => from === series.service));
    const renamed = [...known, ...(await attempt('new names of services', () => loadRenames(store, gone), []))];
    const knowledge = { ...(await knowledgeOf(evidence, now)), changes, step: config.step ?? 0 };
    const rank = (some: readonly Anomaly[]): readonly RankedCause[] => lessons.teach(rankCauses(corrected(some, skews), topology, deploys, config.deploy_window, knowledge), given, now);
    const fresh = newTrouble(evidence, rank, config);
    const ranked = fresh?.causes ?? rank(evidence);
    const explained = fresh?.since ?? evidence;
    const began = fresh ? Math.min(...decisive(fresh.since).map((one) => one.startsAt)) : startsAt;
    const counts = Math.abs(now - before.impactAt) >= IMPACT_MS || given.status === 'resolved';
    const isYoung = counts && now - given.openedAt <= SOON_MS;
    const served = serving(explained);
    const peer = ranked.slice(0, 1).find(({ service }) => !served.has(service) && topology.edges.some(({ server, silent }) => silent && server === service))?.service;
    const pinnedFor = peer === undefined ? '' : `${peer} ${services.length} ${began}`;
    const changed = (caller: string): boolean => changedBefore(deploys, changes, caller, ranked.find(({ service }) => service === caller)?.onsetAt ?? began, config.deploy_window);
    const last = before.pinned?.peer === peer ? before.pinned : undefined;
    const found = peer !== undefined && (pinnedFor !== before.pinnedFor || isYoung) ? await attempt<Pinned | null | undefined>('calls to what says nothing itself', () => pinnedOf(peer, topology, began, now, changed), null) : last;
    const pinned = found === null ? last : found;
    const marked = markIndependent(blame(ranked, pinned), explained, topology, config, now);
    const causes = await attempt('instances', () => withInstance(store, marked, explained, now), marked);
    const cause = causes[0];
    const impact = counts ? await attempt('the impact', () => loadImpact(store, noticed(evidence), startsAt, now), given.impact ?? null) : (given.impact ?? null);
    const detailedFor = cause ? `${cause.service} ${services.length} ${began}` : '';
    const details = cause && (detailedFor !== before.detailedFor || isYoung) ? await detailsOf({ ...given, evidence: explained, startsAt: began }, cause.service, now) : undefined;
    const { differences, traces } = details ?? given;
    const firstCheck = firstCheckOf(explained, causes, deploys, { changes, differences, pinned, calls: changedCalls(explained, topology), step: config.step });
    const incident = withEvidence({ ...given, impact, renamed, differences, traces, firstCheck }, evidence, { causes, deploys, changes, explained, before: fresh?.before }, config, now);
    const told = { ...withLessons(withTurn(incident, fresh && cause, began), given, now), summary: `${incident.summary}${renamed.map(({ from, to }) => ` ${from} goes on as ${to}, it seems.`).join('')}${skewText(skews)}` };
    return { incident: told, analysed: { at: now, impactAt: counts ? now : before.impactAt, clocksOf, skews, detailedFor: details ? detailedFor : before.detailedFor, pinnedFor: found === null ? before.pinnedFor : pinnedFor, pinned } };
  };
}

/** The incident with a line that other trouble began, once. */
function withTurn(incident: Incident, cause: RankedCause | undefined, began: UnixMs): Incident {
  const text = cause && `Other trouble than before, first in ${cause.service}`;
  if (!text || incident.timeline.some((line) => line.text === text)) return incident;
  return { ...incident, timeline: [...incident.timeline, { at: began, kind: 'updated' as const, service: '', text }].toSorted((a, b) => a.at - b.at) };
}

/** The incident with a line for each lesson that weighs in it and did not before. */
function withLessons(incident: Incident, before: Incident, now: UnixMs): Incident {
  const known = new Set(before.causes.flatMap(({ taught }) => (taught?.lessons ?? []).map(({ lesson }) => lesson)));
  const fresh = incident.causes.flatMap(({ service, taught }) => (taught?.lessons ?? []).filter(({ lesson }) => !known.has(lesson)).map(({ by, title }) => `${service} ranks higher: ${by} named it as the cause of “${title}”`));
  return fresh.reduce((one, text) => withLine(one, 'updated', text, now), incident);
}
