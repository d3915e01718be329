import type { Anomaly, RankedCause, UnixMs } from '#core/types.js';
import { isResource, symptomOf, type Symptom } from './correlate.js';
import type { Deploy } from './deploys.js';
import { describe } from './explain.js';
import type { Topology } from './topology.js';

const LATE_MS = 45_000;
const HOPS = 3;

interface Suspect {
  readonly service: string;
  readonly onsetAt: UnixMs;
  readonly strongest: Anomaly | null;
  readonly symptoms: ReadonlySet<Symptom>;
  readonly resources: number;
  /** Strength of the evidence, about 0..3. */
  readonly strength: number;
}

/** Services ranked by how well each explains the others; confidences sum to 1. At most five, best first. */
export function rankCauses(anomalies: readonly Anomaly[], topology: Topology, deploys: readonly Deploy[], deployWindow: number): RankedCause[] {
  const suspects = [...suspectsOf(anomalies), ...silentPeers(anomalies, topology)];
  if (suspects.length === 0) return [];
  const first = Math.min(...suspects.map((suspect) => suspect.onsetAt));
  const scored = suspects.map((suspect) => {
    const deploy = deploys.findLast(
      (one) => one.service === suspect.service && one.at <= suspect.onsetAt + 15_000 && one.at >= suspect.onsetAt - deployWindow,
    );
    const position = positionOf(suspect, suspects, topology);
    const onset = 1.5 * Math.exp(-(suspect.onsetAt - first) / 30_000);
    const score = suspect.strength + onset + position.score + Math.min(2, suspect.resources) + (deploy ? 2.5 : 0);
    return { suspect, deploy, position, score };
  });
  const top = Math.max(...scored.map(({ score }) => score));
  const best = scored.toSorted((a, b) => b.score - a.score).slice(0, 5);
  const total = best.reduce((sum, { score }) => sum + Math.exp(score - top), 0);
  return best.map(({ suspect, deploy, position, score }) => ({
    service: suspect.service,
    confidence: Math.exp(score - top) / total,
    onsetAt: suspect.onsetAt,
    reason: reasonOf(suspect, first, deploy, position.text),
  }));
}

function suspectsOf(anomalies: readonly Anomaly[]): Suspect[] {
  const services = new Set(anomalies.map(({ series }) => series.service).filter((service) => service !== ''));
  return [...services].flatMap((service) => {
    const own = anomalies.filter((anomaly) => anomaly.series.service === service && symptomOf(anomaly) !== 'none');
    if (own.length === 0) return [];
    const strongest = own.toSorted((a, b) => weight(b) - weight(a))[0] ?? null;
    const resources = new Set(own.filter(({ series }) => isResource(series)).map(({ series }) => series.metric));
    return [{
      service,
      onsetAt: Math.min(...own.map(({ startsAt }) => startsAt)),
      strongest,
      symptoms: new Set(own.map(symptomOf)),
      resources: resources.size,
      strength: strongest ? Math.min(3, weight(strongest)) : 0,
    }];
  });
}

function weight(anomaly: Anomaly): number {
  const share = { errors: 1, latency: 1, drop: 0.9, surge: 0.5, resource: 0.6, none: 0 }[symptomOf(anomaly)];
  return share * Math.log1p(Math.max(0, anomaly.score));
}

/** Callees without anomalies of their own whose calls degraded: a database that sends no spans can still be the cause. */
function silentPeers(anomalies: readonly Anomaly[], topology: Topology): Suspect[] {
  const seen = new Set(anomalies.map(({ series }) => series.service));
  const peers = new Map<string, Suspect>();
  for (const edge of topology.edges) {
    const callers = anomalies.filter(({ series }) => series.service === edge.client);
    if (seen.has(edge.server) || callers.length === 0 || topology.callees(edge.server).length > 0) continue;
    if (edge.slowdown < 2 && edge.errorRise < 0.05) continue;
    const strength = Math.min(2, Math.log1p(Math.max(edge.slowdown - 1, edge.errorRise * 20)));
    const onsetAt = Math.min(...callers.map(({ startsAt }) => startsAt));
    const known = peers.get(edge.server);
    if (known && known.strength >= strength) continue;
    const symptoms = new Set<Symptom>([edge.errorRise >= 0.05 ? 'errors' : 'latency']);
    peers.set(edge.server, { service: edge.server, onsetAt, strongest: null, symptoms, resources: 0, strength });
  }
  return [...peers.values()];
}

/** Errors and latency flow from callee to caller; a loss of traffic flows from caller to callee. */
function positionOf(suspect: Suspect, all: readonly Suspect[], topology: Topology): { score: number; text: string } {
  const below = topology.below(suspect.service, HOPS);
  const failing = (one: Suspect): boolean => one.symptoms.has('errors') || one.symptoms.has('latency');
  const early = (one: Suspect): boolean => one.onsetAt <= suspect.onsetAt + LATE_MS;
  const above = all.filter((one) => one !== suspect && topology.below(one.service, HOPS).has(suspect.service));
  const lost = (one: Suspect): boolean => one.symptoms.has('drop');
  if (failing(suspect)) {
    const explains = Math.min(1.5, above.filter(failing).length * 0.5);
    const culprit = all.find((one) => one !== suspect && below.has(one.service) && !above.includes(one) && early(one) && (failing(one) || (one.symptoms.has('drop') && suspect.symptoms.has('errors'))));
    return culprit
      ? { score: explains - 2.5, text: `it calls ${culprit.service}, which degraded too` }
      : { score: explains + 1.5, text: explains > 0 ? 'its callers followed and nothing it calls is worse' : 'nothing it calls is worse' };
  }
  if (lost(suspect)) {
    if (above.some((one) => one.symptoms.has('errors'))) return { score: 2, text: 'its callers began to fail when it went quiet' };
    const source = above.find((one) => lost(one) && early(one));
    if (source) return { score: -2.5, text: `its caller ${source.service} lost traffic as well` };
    // A failing service elsewhere explains the missing calls better than the silence does.
    return all.some((one) => failing(one)) ? { score: -1, text: 'only its traffic fell' } : { score: 1.5, text: 'no caller above it lost traffic' };
  }
  if (suspect.symptoms.has('surge')) {
    return above.some((one) => one.symptoms.has('surge')) ? { score: -2, text: 'its callers send more' } : { score: -0.5, text: 'only its traffic rose' };
  }
  return { score: 0, text: 'its own resources changed' };
}

function reasonOf(suspect: Suspect, first: UnixMs, deploy: Deploy | undefined, position: string): string {
  const later = Math.round((suspect.onsetAt - first) / 1000);
  const seen = suspect.strongest ? describe(suspect.strongest) : `calls to ${suspect.service} ${suspect.symptoms.has('errors') ? 'began to fail' : 'became slow'}`;
  const when = later <= 0 ? 'first to change' : `${later} s after the first sign`;
  const rollout = deploy ? `; version ${deploy.version} appeared ${Math.max(0, Math.round((suspect.onsetAt - deploy.at) / 1000))} s before` : '';
  const text = `${seen}, ${when}; ${position}${rollout}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
