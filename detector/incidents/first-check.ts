import type { Anomaly, RankedCause } from '#core/types.js';
import { ARRIVAL_METRIC } from '../arrival.js';
import { isAlert, isResource, resourceOf, symptomOf } from './correlate.js';
import type { Deploy } from './deploys.js';

/** A version that appeared this long before the onset, or a little after it, is the first thing to look at. */
const DEPLOY_MS = 15 * 60_000;
const AFTER_MS = 15_000;

/** What to look at first, a sentence for the likeliest cause and for one independent of it, from the kind of each; '' without one. */
export function firstCheckOf(evidence: readonly Anomaly[], causes: readonly RankedCause[], deploys: readonly Deploy[]): string {
  return causes.filter(({ independent }, rank) => rank === 0 || independent).map((cause) => checkOf(evidence, cause, deploys)).join(' ');
}

function checkOf(evidence: readonly Anomaly[], { service, onsetAt }: RankedCause, deploys: readonly Deploy[]): string {
  const deploy = deploys.findLast((one) => one.service === service && one.at >= onsetAt - DEPLOY_MS && one.at <= onsetAt + AFTER_MS);
  if (deploy) return `Compare ${service} ${deploy.version} with the version before it, and roll back if only the new one is in trouble.`;
  const own = evidence.filter(({ series }) => series.service === service);
  const shows = (symptom: ReturnType<typeof symptomOf>): Anomaly | undefined => own.find((one) => symptomOf(one) === symptom);
  if (own.length === 0) return `Check ${service} itself: it sends no telemetry of its own, and the calls to it degraded.`;
  const alert = own.find(({ series }) => isAlert(series));
  if (alert) return `Follow the runbook of the alert ${alert.series.metric} for ${service}.`;
  if (own.some(({ series, direction }) => series.metric === ARRIVAL_METRIC || (series.kind === 'rate' && direction === 'absent'))) return `Check that the processes of ${service} run and can be reached: nothing is heard from them.`;
  const resource = own.find((one) => isResource(one.series) && symptomOf(one) === 'resource');
  if (resource) return `Check the ${resourceOf(resource.series)} of ${service} against its limits, and what uses it since the onset.`;
  if (shows('errors')) return `Read what the failed requests of ${service} have in common, then its newest error logs.`;
  if (shows('latency')) return `Open a slow trace of ${service} and see on its critical path where the time goes.`;
  if (shows('drop')) return `Check what stands before ${service}: load balancer, name resolution, or a caller that stopped calling.`;
  if (shows('surge')) return `Check who sends ${service} more requests, and whether they are retries.`;
  return `Look at what changed in ${service} just before the onset: configuration, data, flags.`;
}
