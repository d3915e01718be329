import type { Anomaly, UnixMs } from '#core/types.js';
import { isBacklog, isHitRatio } from '#core/metric-words.js';
import { isFailures, isPassedOn } from '#core/served.js';
import { ARRIVAL_METRIC } from '../../words.js';
import { isBacking } from '../graph/backing.js';
import { dragging, turningAway, unreached } from '../graph/carriers.js';
import { degraded, failing, isSlow, type Edge } from '../graph/edges.js';
import { isResource, isShort, resourceOf, symptomOf, telling, type Symptom } from '../symptom.js';
import type { Topology } from '../graph/topology.js';

/** How surprising an anomaly is from how often the like was seen before: 0 for what is always there. */
export interface Rarity {
  of(anomaly: Anomaly): number;
  /** That the service shows anything of the kind. */
  ofKind(anomaly: Anomaly): number;
  /** That the caller of what the anomaly is about has any calls in this trouble. */
  ofCaller(anomaly: Anomaly): number;
  /** How rare it is, in words. */
  text(anomaly: Anomaly): string;
}

export interface Suspect {
  readonly service: string;
  readonly onsetAt: UnixMs;
  readonly strongest: Anomaly | null;
  readonly symptoms: ReadonlySet<Symptom>;
  readonly resources: number;
  /** What it uses more of, such as `cpu`, and what it is short of. */
  readonly uses: ReadonlySet<string>;
  readonly shortOf: ReadonlySet<string>;
  /** Strength of the evidence, about 0..3; up to 5 where its rarity is known. */
  readonly strength: number;
  /** Largest rise by symptom, metric and unit, such as `latency p95 ms`: what a callee must come near to explain its caller. */
  readonly rises: ReadonlyMap<string, number>;
  /** How many requests more, or less, it gets, by operation and '' of all, 1/s. */
  readonly traffic: ReadonlyMap<string, number>;
  /** Whether it gets requests that it never got before. */
  readonly isNew: boolean;
  /** Whether others call it and it calls nobody, by what it measures. */
  readonly isBacking: boolean;
  /** Whether all that it shows is that more waits in it. */
  readonly isBacklog: boolean;
  /** Whether less of what it is asked for is found in it: it is a cache. */
  readonly holdsLess: boolean;
  /** Whether the failures that it counts are those of what it calls, by their status. */
  readonly passesOn: boolean;
  /** Whether its metrics stopped too. */
  readonly isGone: boolean;
  /** What its callers tell of it: that calls to it fail, or are slow. */
  readonly told: 'errors' | 'latency' | null;
}

export const isFailing = ({ symptoms }: Suspect): boolean => symptoms.has('errors') || symptoms.has('latency');
export const isQuiet = ({ symptoms }: Suspect): boolean => symptoms.has('drop');

/** What is said of a suspect of which only others tell. */
export const UNSEEN: Omit<Suspect, 'service' | 'onsetAt' | 'strength'> = { strongest: null, symptoms: new Set(), resources: 0, uses: new Set(), shortOf: new Set(), rises: new Map(), traffic: new Map(), isNew: false, isBacking: false, isBacklog: false, holdsLess: false, passesOn: false, isGone: false, told: null };

const SHARES: Readonly<Record<Symptom, number>> = { errors: 1, latency: 1, drop: 0.9, surge: 0.5, resource: 0.6, none: 0 };
const FULL = 3;
/** Beyond FULL, evidence tells only the strong from the strongest. */
const EXCESS = 0.25;
/** Each further anomaly of the same kind says this much of the one before: ten slow operations are one slowness. */
const REPETITION = 0.7;
/** Rare evidence counts more than in proportion. */
const SURPRISE = 1.5;
/** That a service shows a kind of evidence at all says this much of what its rarest series of the kind would. */
const KIND_SHARE = 0.5;
/** That a caller, which seldom has bad calls, has some now says this much of what such an alert of its own would: they may be its own doing. */
const CALLER_SHARE = 2;

/** Who shows symptoms. */
export function suspectsOf(anomalies: readonly Anomaly[], rarity?: Rarity): Suspect[] {
  const byService = new Map<string, Anomaly[]>();
  for (const anomaly of telling(anomalies)) {
    if (anomaly.series.service === '' || symptomOf(anomaly) === 'none') continue;
    // Where alerts are all there is, who made a bad call is as suspect as who answered it.
    for (const service of new Set([anomaly.series.service, (rarity && callerOf(anomaly)) ?? anomaly.series.service])) {
      const own = byService.get(service) ?? [];
      own.push(anomaly);
      byService.set(service, own);
    }
  }
  const masses = rarity ? massesOf(anomalies, rarity) : undefined;
  return [...byService].map(([service, own]) => {
    const told = rarity ? (one: Anomaly): number => rarity.of(one) : weight;
    const strongest = own.toSorted((a, b) => told(b) - told(a))[0] ?? null;
    const used = own.filter(({ series }) => isResource(series));
    const counted = own.filter(({ series }) => isFailures(series));
    const resources = new Set(used.map(({ series }) => series.metric));
    const rises = new Map<string, number>();
    for (const anomaly of own) {
      const key = `${symptomOf(anomaly)} ${anomaly.series.metric} ${anomaly.series.unit}`;
      rises.set(key, Math.max(rises.get(key) ?? 0, anomaly.value - anomaly.expected));
    }
    // Records of bad severity now and then are none of its trouble, and an episode of these may be what goes on when that begins.
    const timed = own.filter(({ series }) => series.kind !== 'logs');
    return {
      service,
      onsetAt: Math.min(...(timed.length > 0 ? timed : own).map(({ startsAt }) => startsAt)),
      strongest,
      symptoms: new Set(own.map(symptomOf)),
      resources: resources.size,
      uses: new Set(used.filter((one) => symptomOf(one) === 'resource').map(({ series }) => resourceOf(series))),
      shortOf: new Set(used.filter(isShort).map(({ series }) => resourceOf(series))),
      strength: masses ? Math.log1p(masses.get(service) ?? 0) : strongest ? strengthOf(weight(strongest)) : 0,
      rises,
      traffic: new Map(own.flatMap(({ series: { kind, operation }, value, expected }) => (kind === 'rate' ? [[operation, value - expected] as const] : []))),
      isNew: own.some((anomaly) => symptomOf(anomaly) === 'surge' && anomaly.expected <= 0),
      isBacking: own.some(({ series }) => isBacking(series)),
      isBacklog: own.every(({ series }) => series.kind === 'metric' && isBacklog(series)),
      holdsLess: own.some((anomaly) => isHitRatio(anomaly.series) && symptomOf(anomaly) === 'resource'),
      passesOn: counted.length > 0 && counted.every(({ series }) => isPassedOn(series.labels)),
      isGone: own.some(({ series }) => series.metric === ARRIVAL_METRIC),
      told: null,
    };
  });
}

function weight(anomaly: Anomaly): number {
  return SHARES[symptomOf(anomaly)] * Math.log1p(Math.max(0, anomaly.score));
}

function strengthOf(evidence: number): number {
  return Math.min(FULL, evidence) + EXCESS * Math.max(0, evidence - FULL);
}

/** Who made the call that an alert is about, where that is another. */
export function callerOf({ series: { service, labels } }: Anomaly): string | undefined {
  const { caller } = labels;
  return caller === service ? undefined : caller;
}

/** All surprise of each service, repetition discounted; for alerts that say only that, not how much, something is wrong. */
function massesOf(anomalies: readonly Anomaly[], rarity: Rarity): Map<string, number> {
  const families = new Map<string, number[]>();
  const put = (service: string, family: string, surprise: number): void => {
    const key = `${service}\0${family}`;
    const seen = families.get(key) ?? [];
    seen.push(surprise);
    families.set(key, seen);
  };
  const kinds = new Map<string, Anomaly>();
  const callers = new Map<string, number>();
  for (const anomaly of anomalies) {
    const symptom = symptomOf(anomaly);
    if (symptom === 'none') continue;
    const { service, kind } = anomaly.series;
    kinds.set(`${service}\0${kind}`, anomaly);
    put(service, kind === 'logs' ? 'logs' : symptom === 'resource' ? resourceOf(anomaly.series) : symptom, rarity.of(anomaly) ** SURPRISE);
    const caller = callerOf(anomaly);
    if (caller !== undefined) callers.set(`${caller}\0${symptom}`, rarity.ofCaller(anomaly));
  }
  for (const [key, anomaly] of kinds) put(anomaly.series.service, `kind ${key}`, KIND_SHARE * rarity.ofKind(anomaly) ** SURPRISE);
  for (const [key, surprise] of callers) put(key.slice(0, key.indexOf('\0')), `calls ${key}`, CALLER_SHARE * surprise ** SURPRISE);
  const masses = new Map<string, number>();
  for (const [key, surprises] of families) {
    const service = key.slice(0, key.indexOf('\0'));
    const mass = surprises.toSorted((a, b) => b - a).reduce((sum, surprise, rank) => sum + surprise * REPETITION ** rank, 0);
    masses.set(service, (masses.get(service) ?? 0) + mass);
  }
  return masses;
}

/** Whether a call that degraded speaks against its callee: a caller that is short of resources itself sees every call slow, and beside another whose calls to the same callee are well it is no witness. */
export function witnessed(anomalies: readonly Anomaly[], topology: Topology): (edge: Edge) => boolean {
  const strained = new Set(anomalies.filter((anomaly) => isResource(anomaly.series) && symptomOf(anomaly) === 'resource').map(({ series }) => series.service));
  const well = new Set(topology.edges.flatMap((edge) => (degraded(edge) ? [] : edge.server)));
  return (edge) => degraded(edge) && !(strained.has(edge.client) && well.has(edge.server));
}

/** Services that show how their requests go. */
export function serving(anomalies: readonly Anomaly[]): ReadonlySet<string> {
  const shows = (anomaly: Anomaly): boolean => ['errors', 'latency', 'rate'].includes(anomaly.series.kind) || ['errors', 'latency'].includes(symptomOf(anomaly));
  return new Set(anomalies.flatMap((anomaly) => (shows(anomaly) ? anomaly.series.service : [])));
}

/** Who turns requests away fails a smaller share of them than this of what its callers see fail. */
const OWN_FAILURES = 0.1;
/** Records of which there were none before say why calls fail, where they begin so near to that. */
const COMPLAINS_MS = 60_000;
/** An expected count below this share of what is seen is none. */
const NEW = 1e-3;

/** Callees that do not show it themselves whose calls degraded: a database that sends no spans can still be the cause, unless its calls fail only for who reaches nothing; so can one that all its callers wait for, and one that is asked as before and turns requests away, as 429 and 401 are no errors of who answers them. Of one with a single caller it must say so itself: that one may ask wrongly. */
export function silentPeers(anomalies: readonly Anomaly[], topology: Topology): Suspect[] {
  const seen = new Set(anomalies.map(({ series }) => series.service));
  const served = serving(anomalies);
  /** By service and symptom: slow calls explain slowness, failed calls failures, and slowness where there are none. */
  const onsets = new Map<string, UnixMs>();
  for (const anomaly of anomalies) {
    const key = `${anomaly.series.service} ${symptomOf(anomaly)}`;
    onsets.set(key, Math.min(onsets.get(key) ?? anomaly.startsAt, anomaly.startsAt));
  }
  const isWitness = witnessed(anomalies, topology);
  const cutOff = unreached(topology.edges);
  const refusing = turningAway(topology.edges);
  const slow = dragging(topology.edges);
  const isSilent = ({ server, silent }: Edge): boolean => !(silent ? served : seen).has(server) && (topology.callees(server).length === 0 || slow.has(server));
  const complaints = anomalies.filter(({ series, direction, expected, value }) => series.kind === 'logs' && direction === 'up' && expected <= value * NEW);
  const complains = ({ client, server }: Edge): boolean => {
    const failed = topology.callers(server).length === 1 ? onsets.get(`${client} errors`) : undefined;
    return failed !== undefined && complaints.some(({ series, startsAt }) => series.service === server && Math.abs(startsAt - failed) <= COMPLAINS_MS);
  };
  /** Whether it shows what explains by itself why calls fail. */
  const isTroubled = ({ server, errorRise }: Edge): boolean =>
    ['latency', 'drop'].some((symptom) => onsets.has(`${server} ${symptom}`)) || anomalies.some((one) => one.series.service === server && symptomOf(one) === 'errors' && (one.series.kind !== 'errors' || one.value - one.expected >= OWN_FAILURES * errorRise));
  const turnsAway = (edge: Edge): boolean => failing(edge) && (refusing.has(edge.server) || complains(edge)) && !isTroubled(edge);
  const lostBelow = (client: string): UnixMs | undefined => topology.callees(client).flatMap((callee) => onsets.get(`${callee} drop`) ?? []).toSorted((a, b) => a - b)[0];
  const peers = new Map<string, Suspect>();
  for (const edge of topology.edges) {
    const { client, server, slowdown, errorRise } = edge;
    if (!(isSilent(edge) || turnsAway(edge)) || !isWitness(edge) || cutOff.get(client)?.includes(server)) continue;
    const symptom = failing(edge) ? 'errors' : 'latency';
    // Who does without an answer waited for it, as did who gave up; who passes on that it was turned away does not fail, by convention, but asks others for less.
    const [failed, waited] = [onsets.get(`${client} errors`), onsets.get(`${client} latency`)];
    const noticed = failed !== undefined && waited !== undefined && isSlow(edge) ? Math.min(failed, waited) : (failed ?? waited);
    const onsetAt = symptom === 'latency' ? waited : (noticed ?? (refusing.has(server) ? lostBelow(client) : undefined));
    if (onsetAt === undefined) continue;
    const strength = Math.min(2, Math.log1p(Math.max(slowdown - 1, errorRise * 20)));
    const known = peers.get(server);
    // Of several callers one suffers most, and one saw it first.
    const first = Math.min(onsetAt, known?.onsetAt ?? onsetAt);
    peers.set(server, known && known.strength >= strength ? { ...known, onsetAt: first } : { ...UNSEEN, service: server, onsetAt: first, symptoms: new Set([symptom]), strength, isBacking: true, told: symptom });
  }
  return [...peers.values()];
}

/** Suspects, and peers that say nothing of their requests: where a peer is a suspect by what else it measures, it is one. */
export function withPeers(suspects: readonly Suspect[], peers: readonly Suspect[]): Suspect[] {
  const others = new Map(peers.map((one) => [one.service, one]));
  const own = suspects.map((one) => {
    const peer = others.get(one.service);
    others.delete(one.service);
    // What its callers tell, not the little that it shows of that itself, must explain what they show.
    return peer ? { ...one, symptoms: new Set([...one.symptoms, ...peer.symptoms]), rises: new Map([...one.rises].filter(([measure]) => !measure.startsWith(`${peer.told} `))), strength: Math.max(one.strength, peer.strength), onsetAt: Math.min(one.onsetAt, peer.onsetAt), told: peer.told } : one;
  });
  return [...own, ...others.values()];
}
