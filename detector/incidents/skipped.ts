import type { Anomaly, UnixMs } from '#core/types.js';
import { ARRIVAL_METRIC } from '../arrival.js';
import { degraded } from './carriers.js';
import { symptomOf } from './correlate.js';
import type { Suspect } from './suspects.js';
import type { Edge, Topology } from './topology.js';

/** Fewer calls that were due say nothing. */
const LEAST_DUE = 10;
/** Standard deviations of a count by which calls are missing. */
const SURE = 3;
/** Share of the calls that were due from which they are left out, rather than fewer for another mix of requests. */
const LEAST_SHARE = 0.2;
/** Strength of the evidence against a caller that shows nothing but this. */
const STRENGTH = 1;

/** How many there were lately, and before. */
export interface Counted {
  readonly recent: number;
  readonly before: number;
}

/** Share of the calls that as many requests led to before and that were not made lately; 0 where that may be chance. */
export function skippedOf(calls: Counted, requests: Counted): number {
  if (requests.before < LEAST_DUE || calls.before < LEAST_DUE) return 0;
  const due = (requests.recent * calls.before) / requests.before;
  const missing = due - calls.recent;
  return due >= LEAST_DUE && missing >= SURE * Math.sqrt(due) ? missing / due : 0;
}

/** What lost traffic because a caller leaves it out. */
export interface Skipped {
  readonly service: string;
  readonly onsetAt: UnixMs;
}

/** By caller, what it calls less for each request than before, of what lost traffic. What no caller calls as before is gone itself, or its calls go wrong. */
export function skippedBy(anomalies: readonly Anomaly[], topology: Topology): ReadonlyMap<string, readonly Skipped[]> {
  const lost = new Map<string, UnixMs>();
  const silent = new Set<string>();
  for (const { series, startsAt } of anomalies.filter((one) => symptomOf(one) === 'drop')) {
    lost.set(series.service, Math.min(lost.get(series.service) ?? startsAt, startsAt));
    if (series.metric === ARRIVAL_METRIC) silent.add(series.service);
  }
  const skipped = topology.edges.filter((edge) => isSkipped(edge) && !degraded(edge));
  const callers = new Map<string, number>();
  for (const { server } of skipped) callers.set(server, (callers.get(server) ?? 0) + 1);
  const found = new Map<string, Skipped[]>();
  for (const { client, server } of skipped) {
    const onsetAt = lost.get(server);
    if (onsetAt === undefined || silent.has(server) || (callers.get(server) ?? 0) > 1) continue;
    found.set(client, [...(found.get(client) ?? []), { service: server, onsetAt }]);
  }
  return found;
}

/** Whether so much is left out that it is neither chance nor another mix of requests. */
export const isSkipped = ({ skipped = 0 }: Edge): boolean => skipped >= LEAST_SHARE;

/** Callers that leave out calls and are not among the `suspects`: they answer, without doing what they did. */
export function skippers(skipped: ReadonlyMap<string, readonly Skipped[]>, suspects: readonly Suspect[]): Suspect[] {
  const known = new Set(suspects.map(({ service }) => service));
  return [...skipped].filter(([service]) => !known.has(service)).map(([service, calls]) => ({
    service, onsetAt: Math.min(...calls.map(({ onsetAt }) => onsetAt)), strongest: null, symptoms: new Set(), resources: 0, uses: new Set(), shortOf: new Set(),
    strength: STRENGTH, rises: new Map(), isNew: false, isBacking: false, isBacklog: false, passesOn: false,
  }));
}

const MOST_NAMED = 3;

/** "cart, payment and 2 more" */
export function namesOf(skipped: readonly Skipped[]): string {
  const names = skipped.slice(0, MOST_NAMED).map(({ service }) => service);
  const more = skipped.length - names.length;
  const last = more > 0 ? `${more} more` : names.length > 1 ? names.pop() : undefined;
  return last === undefined ? names.join('') : `${names.join(', ')} and ${last}`;
}
