import type { ProcessChange } from '#core/processes.js';
import type { Anomaly, AttributeDifference, RankedCause, UnixMs } from '#core/types.js';
import { isBacklog, metricWords } from '#core/metric-words.js';
import { isByMetrics, isConvention } from '#core/served.js';
import { ARRIVAL_METRIC, RUN_METRIC } from '../../words.js';
import { callsText, type CallsByCaller } from '../cause/calls-per-request.js';
import { changeBefore, deployBefore, type Deploy } from '../cause/deploys.js';
import { listOf, targetOf, unheardOf } from './explain.js';
import { narrowedCheck } from './narrowed.js';
import type { Pinned } from './operations.js';
import { isAlert, isDown, isResource, symptomOf } from '../symptom.js';

/** A version that appeared this long before the onset, or a little after it, is the first thing to look at. */
const DEPLOY_MS = 15 * 60_000;

/** By what people call a metric. */
const NAMED: ReadonlyMap<string, (service: string) => string> = new Map([
  ['requests waiting for a database connection', (service) => `Check who holds the database connections of ${service}, and for how long, since the onset: requests wait for one.`],
  ['open files', (service) => `Check what ${service} opens since the onset and does not close, and how near it is to its limit of open files.`],
  ['restarts', (service) => `Read the last logs of the processes of ${service} before they ended, and whether they ran out of memory or failed their probes.`],
]);

/** By what the name of one that measures a resource says, the most telling first. */
const RESOURCES: readonly (readonly [RegExp, (service: string) => string])[] = [
  [/gc[._]/i, (service) => `Check what ${service} allocates since the onset, and how near its memory is to the limit: it collects garbage more than usual.`],
  [/memory|heap|rss/i, (service) => `Check the memory of ${service} against its limit, and what it holds more of since the onset.`],
  [/event_?loop/i, (service) => `Check what keeps the event loop of ${service} busy since the onset.`],
  [/cpu/i, (service) => `Check the CPU of ${service} against its limit, and what uses it since the onset.`],
  [/pool/i, (service) => `Check who holds what the pool of ${service} lends out, and for how long, since the onset.`],
  [/thread/i, (service) => `Check what the threads of ${service} wait for since the onset.`],
  [/disk|filesystem|volume/i, (service) => `Check the disk of ${service}: what is left of it, and who reads and writes since the onset.`],
];

/** What else is known, where it is. */
export interface Known {
  readonly changes?: readonly ProcessChange[];
  /** Of the requests of the likeliest cause. */
  readonly differences?: readonly AttributeDifference[];
  /** What is wrong with a silent peer. */
  readonly pinned?: Pinned | undefined;
  /** What callers do otherwise for each request. */
  readonly calls?: CallsByCaller;
  /** Milliseconds between two points of the evidence. */
  readonly step?: number | undefined;
}

/** What to look at first, a sentence for the likeliest cause and for one independent of it, from the kind of each; '' without one. */
export function firstCheckOf(evidence: readonly Anomaly[], causes: readonly RankedCause[], deploys: readonly Deploy[], { changes = [], differences = [], pinned, calls = new Map(), step }: Known = {}): string {
  const gone = unheardOf(evidence, causes);
  if (gone.length > 0) return `Check the agent or collector that ${listOf(gone)} send through, then the nodes and the network that they share.`;
  return causes.filter(({ independent }, rank) => rank === 0 || independent).map((cause) => checkOf(evidence, cause, deploys, { changes, differences: cause === causes[0] ? differences : [], pinned: cause === causes[0] ? pinned : undefined, calls, step })).join(' ');
}

function checkOf(evidence: readonly Anomaly[], { service, onsetAt, taught }: RankedCause, deploys: readonly Deploy[], { changes, differences, pinned, calls, step = 0 }: Required<Known>): string {
  if (taught?.unseen) return `Check ${service}: it shows little here, and it was the cause when it last looked like this.`;
  const deploy = deployBefore(deploys, service, onsetAt, DEPLOY_MS);
  if (deploy) return `Compare ${service} ${deploy.version} with the version before it, and roll back if only the new one is in trouble.`;
  if ((changeBefore(changes, service, onsetAt, DEPLOY_MS)?.gone ?? 0) > 0) return `Read the last logs of the processes of ${service} that went and the first of those that came, and compare their settings and limits.`;
  if (pinned && service === (pinned.culprit ?? pinned.peer)) return pinned.check;
  const own = evidence.filter(({ series }) => series.service === service);
  const shows = (symptom: ReturnType<typeof symptomOf>): Anomaly | undefined => own.find((one) => symptomOf(one) === symptom);
  const changed = calls.get(service);
  if (changed && !shows('errors') && (!shows('latency') || changed.some(({ factor }) => factor > 1))) {
    return `Check why ${service} calls ${callsText(changed)} for each request: ${changed.every(({ factor }) => factor < 1) ? 'a flag, its configuration, an open circuit breaker, or code that returns early' : 'a loop over what one call could ask, a cache that no longer holds, or repeats'}.`;
  }
  if (own.length === 0) return `Check ${service} itself: it shows nothing of its own, and the calls to it degraded.`;
  const alert = own.find(({ series }) => isAlert(series));
  if (alert) return alert.alert?.runbook ? `Follow the runbook of the alert ${alert.series.metric} for ${service}.` : `Read what the alert ${alert.series.metric} says of ${service}.`;
  const isQuiet = ({ series, direction }: Anomaly): boolean => series.kind === 'rate' && direction === 'absent';
  // Whoever goes on to fail or to be slow is there.
  const endedBy = (silence: UnixMs): boolean => own.every((one) => !['errors', 'latency'].includes(symptomOf(one)) || (one.endsAt ?? one.updatedAt) <= silence + step);
  if (own.some(({ series, startsAt }) => series.metric === ARRIVAL_METRIC && endedBy(startsAt))) return `Check that the processes of ${service} run and can be reached: nothing is heard from them.`;
  if (own.some(({ series }) => series.metric === RUN_METRIC)) return `Check what starts ${service} (its schedule, whether it is suspended, the events of its last job) and how its last run ended.`;
  // Requests may have become fewer long before there were none.
  if (own.some((one) => isQuiet(one) && one.series.operation === '' && endedBy(one.peakAt))) return `Check what stands before ${service} (load balancer, name resolution, certificate, a caller that stopped), and that it runs: it served no request since.`;
  const down = own.find(isDown);
  if (down) return down.series.metric === 'up' ? `Check that ${targetOf(down)} of ${service} runs and can be reached: it does not answer Prometheus.` : `Check that ${service} runs and can be reached: ${down.series.metric} says that it does not answer.`;
  const narrowed = narrowedCheck(evidence, service, differences);
  if (narrowed) return narrowed;
  const resources = own.filter((one) => symptomOf(one) === 'resource').toSorted((a, b) => b.score - a.score);
  for (const { series } of resources) {
    const ask = NAMED.get(metricWords(series)) ?? (isResource(series) ? RESOURCES.find(([name]) => name.test(series.metric))?.[1] : undefined);
    if (ask) return ask(service);
  }
  // Of requests that metrics alone tell of there is no trace to open.
  const [failed, slow] = [shows('errors'), shows('latency')];
  if (failed && isByMetrics(failed.series)) return `Compare the failed requests of ${service} by path and instance, then read its newest error logs.`;
  if (!failed && slow && isByMetrics(slow.series) && !isConvention(slow.series.metric)) return `Compare how long requests of ${service} take by path and instance, and what it waits for.`;
  if (failed) return `Read what the failed requests of ${service} have in common, then its newest error logs.`;
  if (slow) return `Open a slow trace of ${service} and see on its critical path where the time goes.`;
  const isBehind = own.every(({ series }) => series.kind === 'metric' && isBacklog(series));
  if (isBehind && own.some(({ measuredBy }) => measuredBy !== undefined)) return `Check why ${service} falls behind: it is too slow, there are too few of it, some of what waits is left to none, or more comes in.`;
  if (isBehind) return `Check who takes out of ${service} what waits there: they are too slow, too few, or more comes in.`;
  const drops = own.filter((one) => symptomOf(one) === 'drop');
  if (drops[0] && drops.every((one) => isQuiet(one) && one.series.operation !== '')) return `Check who stopped calling ${listOf(drops.map(({ series }) => series.operation))} of ${service}.`;
  if (drops.length > 0) return `Check what stands before ${service}: load balancer, name resolution, or a caller that stopped calling.`;
  if (shows('surge')) return `Check who sends ${service} more requests, and whether they are retries.`;
  return `Look at what changed in ${service} just before the onset: configuration, data, flags.`;
}
