import type { Anomaly, Incident } from '#core/types.js';
import { decisive } from './correlate.js';
import { courseOf } from './stickiness.js';
import { informs, isAlert, isLoss, userVisible } from '../symptom.js';
import { HOPS, type Topology } from '../graph/topology.js';

/** What lasts longer than this has shown what it does to others. */
const SHOWN_MS = 600_000;

/** Whether users notice it, or an alert that asks somebody to do something says so. */
const isNoticed = (one: Anomaly): boolean => userVisible(one) || (isAlert(one.series) && !informs(one));

/**
 * Whether new anomalies are other trouble than an incident nearby that nobody may look at any more: whatever is in trouble there was so long before, and now users notice something, or an alert fires, in a service that none of it explains.
 * Whoever calls what is in trouble may follow late, and so may whoever is served ill by the same silent service; lost traffic may be that of a service in trouble, or of those who leave because of one.
 */
export function isOther(members: readonly Anomaly[], { evidence, causes, cut = [] }: Pick<Incident, 'evidence' | 'causes' | 'cut'>, topology: Topology): boolean {
  const fresh = decisive(members);
  const first = Math.min(...fresh.map(({ startsAt }) => startsAt));
  const known = decisive(evidence).filter(({ startsAt }) => startsAt <= first);
  const old = new Set(known.flatMap(({ startsAt, series }) => (startsAt < first - SHOWN_MS ? series.service : [])));
  const lately = known.flatMap(({ endsAt, series }) => (endsAt === null || endsAt >= first - SHOWN_MS ? series.service : []));
  if (old.size === 0 || lately.some((service) => !old.has(service))) return false;
  const troubled = new Set([...lately, ...causes.slice(0, 1).map(({ service }) => service)]);
  const follows = (one: Anomaly, from: string): boolean => topology.below(one.series.service, HOPS).has(from) || (isLoss(one) && topology.below(from, HOPS).has(one.series.service)) || [...topology.suspects(from)].some((silent) => topology.suspects(one.series.service).has(silent));
  const isExplained = (one: Anomaly): boolean => troubled.has(one.series.service) || cut.includes(courseOf(one)) || [...troubled].some((from) => follows(one, from));
  return fresh.some((one) => isNoticed(one) && !isExplained(one));
}

/** Whether new anomalies may turn out to come of what an incident nearby suffers from, which shows later: they call something silent whose calls degraded for what is in trouble there. */
export function mayShare(members: readonly Anomaly[], { evidence }: Pick<Incident, 'evidence'>, topology: Topology): boolean {
  const silent = new Set(decisive(evidence).flatMap(({ series }) => [...topology.suspects(series.service)]));
  return silent.size > 0 && members.some(({ series }) => topology.callees(series.service).some((callee) => silent.has(callee)));
}
