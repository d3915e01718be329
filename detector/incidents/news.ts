import type { Anomaly, Incident, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from './config.js';
import { decisive } from './group/correlate.js';
import { noticed } from './explain/impact.js';
import { courseOf } from './group/stickiness.js';
import { isAlert } from './symptom.js';
import type { Tracked } from './tracked.js';

/** So long after the newest onset calls are looked at: what was before fades from what they are compared with. */
export const CALLS_MS = 600_000;
/** So long after it they, and the requests that users notice, may say more with every point: of what is measured, that is. */
const SOON_MS = 90_000;
/** What simply goes on is stored again this often, so that a restart knows until when it was seen. */
const STORED_MS = 60_000;

/** Whether a piece of evidence says more than it did `before`: that it goes on explains nothing. */
export function saysMore(anomaly: Anomaly, before: Anomaly | undefined): boolean {
  return !before || anomaly.startsAt !== before.startsAt || anomaly.endsAt !== before.endsAt || anomaly.ended !== before.ended || anomaly.value !== before.value || anomaly.score !== before.score || anomaly.direction !== before.direction;
}

/** The incident with what it keeps of its evidence: what is beyond that comes again with every step. */
export function asExplained(incident: Incident): Incident {
  const cut = new Set(incident.cut);
  return incident.evidence.some((one) => cut.has(courseOf(one))) ? { ...incident, evidence: incident.evidence.filter((one) => !cut.has(courseOf(one))) } : incident;
}

/** What a person would call news of an incident, as one text; how far numbers have come is none. */
export function newsOf({ title, severity, status, firstCheck, causes, evidence, notes, verdict, anomalyVerdicts }: Incident): string {
  const ranked = causes.map(({ service, confidence, reason }) => [service, Math.round(confidence * 10), reason]);
  const shown = evidence.map((one) => `${courseOf(one)} ${one.endsAt}`).toSorted();
  return JSON.stringify([title, severity, status, firstCheck, ranked, shown, notes.length, verdict, anomalyVerdicts]);
}

/** What is done now with an incident that is open: explain it anew, or only keep that it goes on; undefined for nothing. */
export function workOn({ incident, dirty, renewed, version, storedAt = version, analysed }: Tracked, { update_every: often }: IncidentsConfig, now: UnixMs): 'explain' | 'keep' | undefined {
  const { evidence, openedAt } = incident;
  const since = now - Math.max(openedAt, ...decisive(evidence).map(({ startsAt }) => startsAt));
  if (dirty || (renewed && since <= SOON_MS && !evidence.every(({ series }) => isAlert(series)))) return Math.abs(now - analysed.at) >= often ? 'explain' : undefined;
  if (!renewed || Math.abs(now - storedAt) < Math.max(STORED_MS, often)) return undefined;
  return since <= CALLS_MS || noticed(evidence).length > 0 ? 'explain' : 'keep';
}
