import type { Anomaly, RankedCause, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import { settlingMs } from '../group/correlate.js';
import { failing as fails, type Edge } from '../graph/edges.js';
import { opens } from '../group/opens.js';
import { SEEN } from './root-cause.js';
import { serving, witnessed } from './suspects.js';
import { isResource, resourceOf, symptomOf, userVisible } from '../symptom.js';
import { HOPS, type Topology } from '../graph/topology.js';

/** A cause that is slow or silent, and explains a smaller share of what is seen, is no second one. */
const LEAST_SHARE = 0.1;

/** What explains so much of it may fail weakly, as where requests are few. */
const MUCH = 0.3;

/** What a process holds until it gives it back is used up by nobody else; time on a machine may be. */
const HELD = /memory|heap|rss|disk|pool|filesystem|volume/i;

/** The ranked causes, one of them marked where it is a fault of its own beside the first: a caller of both is in trouble, and neither explains the other. Of more than two such it is likelier that what they share is unseen than that they share nothing: none is marked. */
export function markIndependent(causes: readonly RankedCause[], evidence: readonly Anomaly[], topology: Topology, config: IncidentsConfig, now: UnixMs): readonly RankedCause[] {
  const [first, ...others] = causes;
  if (!first || first.taught?.unseen) return causes;
  const troubled = new Set([...evidence.filter(userVisible).map(({ series }) => series.service), ...causes.map(({ service }) => service)]);
  const isWitness = witnessed(evidence, topology);
  const failing = new Set(evidence.filter(isFailure).map(({ series }) => series.service));

  const ownOf = (service: string): readonly Anomaly[] => evidence.filter(({ series }) => series.service === service);

  /** Whether its trouble is its own: it comes from nothing it calls, nor from more traffic. */
  function isRoot(cause: RankedCause): boolean {
    const own = ownOf(cause.service);
    const strong = own.filter((one) => isFailure(one) && one.score >= (symptomOf(one) === 'latency' ? config.strong_latency_score : config.strong_score));
    const explains = ((strong.length > 0 || isSilent(cause.service)) && cause.confidence >= LEAST_SHARE * SEEN) || (own.some(isFailure) && cause.confidence >= MUCH * SEEN);
    return (explains || strong.some((one) => symptomOf(one) === 'errors') || usesUp(cause.service)) && own.every((one) => symptomOf(one) !== 'surge') && ![...topology.below(cause.service, HOPS)].some((below) => troubled.has(below));
  }

  const served = serving(evidence);
  /** Whether it says nothing of its requests itself, and calls to it degraded. */
  const isSilent = (service: string): boolean => !served.has(service) && topology.edges.some((edge) => edge.silent && edge.server === service && isWitness(edge));

  /** Whether what it uses up would be an incident by itself, however little of the others' trouble that explains. Where others lack time on their machine as well, it may be one machine. */
  function usesUp(service: string): boolean {
    const isShared = ({ series }: Anomaly): boolean => !HELD.test(series.metric) && evidence.some((one) => one.series.service !== service && isResource(one.series) && resourceOf(one.series) === resourceOf(series));
    return opens(ownOf(service).filter((one) => symptomOf(one) === 'resource' && !isShared(one)), config);
  }

  /** Whether no calls lead from one to the other, nor from both to something unseen that degraded or, where they fail, may still turn out to have. */
  function isApart(one: RankedCause, other: RankedCause): boolean {
    const [below, belowOther] = [topology.below(one.service, HOPS), topology.below(other.service, HOPS)];
    if (below.has(other.service) || belowOther.has(one.service)) return false;
    const shared = topology.edges.filter(({ server, silent }) => silent && below.has(server) && belowOther.has(server));
    return shared.length === 0 || (!shared.some(isWitness) && (usesUp(other.service) || now - Math.max(one.onsetAt, other.onsetAt) >= settlingMs(config)));
  }

  /** Whether it became slow for who does without the first, which fails: a database is asked more where a cache no longer answers. */
  const standsIn = ({ service }: RankedCause): boolean => {
    const callsOf = (name: string): readonly Edge[] => topology.edges.filter(({ server }) => server === name);
    const without = new Set(callsOf(first.service).filter(fails).map(({ client }) => client));
    return isSilent(first.service) && isSilent(service) && !callsOf(service).some(fails) && callsOf(service).some(({ client }) => without.has(client));
  };

  const roots = others.filter((one) => isRoot(one) && !standsIn(one));
  const [second] = roots;
  if (!second || roots.length > 1 || !isApart(first, second)) return causes;
  const seen = [...failing].some((caller) => [first, second].every(({ service }) => topology.below(caller, HOPS).has(service)));
  if (!seen) return causes;
  const told = (one: RankedCause): RankedCause => (one === first ? { ...one, reason: `${one.reason} ${second.service} is a cause of its own beside it.` } : one === second ? { ...one, independent: true, reason: `${one.reason} It neither explains ${first.service} nor follows from it.` } : one);
  return causes.map(told);
}

const isFailure = (anomaly: Anomaly): boolean => ['errors', 'latency'].includes(symptomOf(anomaly));
