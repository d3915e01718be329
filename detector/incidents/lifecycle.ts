import type { ProcessChange } from '#core/processes.js';
import type { Anomaly, Incident, RankedCause, TimelineEntry, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from './config.js';
import { decisive } from './group/correlate.js';
import type { Deploy } from './cause/deploys.js';
import { byStrength, change, earlierText, endText, impactText, nameOf, severityOf, summaryOf, titleOf, unendedText } from './explain/explain.js';
import { narrowedText } from './explain/narrowed.js';
import { courseOf } from './group/stickiness.js';
import { isAlert, telling } from './symptom.js';

/** Of what is beyond `max_evidence` so much is known. */
const MOST_CUT = 2_000;
/** So much evidence of each cause is kept however many others show more: without it another would be blamed. */
const OF_CAUSE = 3;

/** A new incident around `anomalies`, which must not be empty. */
export function openIncident(id: string, anomalies: readonly Anomaly[], now: UnixMs): Incident {
  const startsAt = Math.min(...telling(anomalies).map((anomaly) => anomaly.startsAt));
  return {
    id, status: 'open', severity: 'warning', title: '', summary: '', startsAt, openedAt: now, updatedAt: now, endsAt: null,
    acknowledgedAt: null, acknowledgedBy: '', causes: [], services: [], evidence: anomalies, differences: [], traces: [],
    timeline: [entry(now, 'opened', '', 'Incident opened')], notes: [],
  };
}

/** What evidence means: of which of it the causes are, and, where that is not all, what was over before that began. */
export interface Meaning {
  readonly causes: readonly RankedCause[];
  readonly deploys: readonly Deploy[];
  readonly changes: readonly ProcessChange[];
  readonly explained: readonly Anomaly[];
  readonly before: readonly Anomaly[] | undefined;
}

/** The incident with new evidence and what it means. Severity never falls while it lasts. */
export function withEvidence(incident: Incident, anomalies: readonly Anomaly[], { causes, deploys, changes, explained, before }: Meaning, config: IncidentsConfig, now: UnixMs): Incident {
  const { evidence, ...beyond } = shortened(incident, anomalies, causes, config);
  const earlier = incident.timeline.filter(({ kind }) => !['anomaly', 'recovered', 'deploy', 'processes'].includes(kind));
  const seen = evidence.flatMap((one) => [
    entry(one.startsAt, 'anomaly', one.series.service, change(one)),
    ...(one.endsAt === null ? [] : [entry(one.endsAt, one.ended ? 'anomaly' : 'recovered', one.series.service, endText(one))]),
  ]);
  const rolled = deploys.map((deploy) => entry(deploy.at, 'deploy', deploy.service, `Version ${deploy.version} appeared`));
  const moved = changes.map(({ at, service, text }) => entry(at, 'processes', service, text));
  const services = [...new Set([...causes.filter(({ taught }) => !taught?.unseen).map(({ service }) => service), ...evidence.map(({ series }) => series.service)])].filter(Boolean);
  const meant = new Set(explained.map(({ id }) => id));
  const told = telling(evidence).filter(({ id }) => meant.has(id));
  return {
    ...incident, evidence, ...beyond, causes, services, updatedAt: now,
    ...announced(incident, evidence, titleOf(told, causes), `${summaryOf(told, causes, narrowedText(told, causes, incident.differences))}${before ? earlierText(before) : ''}${impactText(incident.impact)}`),
    startsAt: Math.min(incident.startsAt, ...telling(evidence).map(({ startsAt }) => startsAt)),
    timeline: [...earlier, ...seen, ...rolled, ...moved].toSorted((a, b) => a.at - b.at),
  };
}

/** The incident as its evidence alone tells of it, where that could not be explained. */
export function unexplained(incident: Incident, config: IncidentsConfig): Incident {
  const { evidence, ...beyond } = shortened(incident, incident.evidence, [], config);
  const services = [...new Set(evidence.map(({ series }) => series.service))].filter(Boolean);
  return { ...incident, evidence, ...beyond, services, ...announced(incident, evidence, titleOf(telling(evidence), []), 'It could not be explained.') };
}

/** The evidence that an incident keeps, named, and the courses of what is beyond that, where there is or was any. */
function shortened(incident: Incident, anomalies: readonly Anomaly[], causes: readonly RankedCause[], config: IncidentsConfig): Pick<Incident, 'evidence' | 'cut'> {
  const evidence = kept(byStrength(anomalies), causes, config.max_evidence).map((one) => (one.measure === undefined ? { ...one, measure: nameOf(one.series) } : one));
  const isKept = new Set(evidence.map(courseOf));
  const cut = [...new Set([...(incident.cut ?? []), ...anomalies.map(courseOf)])].filter((course) => !isKept.has(course)).slice(-MOST_CUT);
  return { evidence, ...((cut.length > 0 || incident.cut) && { cut }) };
}

/** The first `most`: what names the causes, where that fills no more than half, then what decides and lasts, then what is over; and of alerts of others as many as fill half of that: whoever wrote them is told where they belong. */
function kept(anomalies: readonly Anomaly[], causes: readonly RankedCause[], most: number): readonly Anomaly[] {
  if (anomalies.length <= most) return anomalies;
  const half = Math.floor(most / 2);
  const naming = causes.flatMap(({ service }) => anomalies.filter(({ series }) => series.service === service).slice(0, OF_CAUSE)).slice(0, half);
  const lasting = decisive(anomalies).filter(({ endsAt }) => endsAt === null);
  const wanted = [...new Set([...naming, ...lasting, ...anomalies])];
  const alerts = new Set(wanted.filter(({ series }) => isAlert(series)).slice(0, half));
  const others = new Set(wanted.filter((one) => !alerts.has(one)).slice(0, most - alerts.size));
  return anomalies.filter((one) => alerts.has(one) || others.has(one));
}

/** Severity, title and summary; those of what was announced say so. Severity that a person set stays. */
function announced({ severity, severityBy, expected }: Incident, evidence: readonly Anomaly[], title: string, summary: string): Pick<Incident, 'severity' | 'title' | 'summary'> {
  const shown = severityBy ? severity : expected ? 'info' : severity === 'critical' ? 'critical' : severityOf(evidence);
  if (!expected) return { severity: shown, title, summary };
  return { severity: shown, title: `${title} (expected: ${expected.name})`, summary: `Expected: ${expected.name}, until ${new Date(expected.until).toISOString().slice(11, 16)} UTC. ${summary}` };
}

export function acknowledged(incident: Incident, by: string, now: UnixMs): Incident {
  if (incident.status !== 'open') return incident;
  const line = entry(now, 'acknowledged', '', `Acknowledged by ${by}`);
  return { ...incident, status: 'acknowledged', acknowledgedAt: now, acknowledgedBy: by, updatedAt: now, timeline: [...incident.timeline, line] };
}

export function noted(incident: Incident, author: string, text: string, now: UnixMs): Incident {
  const line = entry(now, 'note', '', `${author}: ${text}`);
  return { ...incident, updatedAt: now, notes: [...incident.notes, { at: now, author, text }], timeline: [...incident.timeline, line] };
}

export function resolved(incident: Incident, text: string, now: UnixMs): Incident {
  if (incident.status === 'resolved') return incident;
  return { ...incident, status: 'resolved', endsAt: now, updatedAt: now, timeline: [...incident.timeline, entry(now, 'resolved', '', text)] };
}

/** An incident of which all that decides has ended. What is not known to be over is said, also where only the summary is read. */
export function over(incident: Incident, now: UnixMs): Incident {
  const unended = unendedText(decisive(incident.evidence));
  return unended === '' ? resolved(incident, 'All evidence is over', now) : { ...resolved(incident, unended, now), summary: `${incident.summary} ${unended}.`.trim() };
}

/** Whether even the newest point of what is found is so old that the trouble may be over: the detector is late. That a point is a step and a delay old when it is judged is no lateness, however soon incidents resolve. */
export function isFoundLate(anomalies: readonly Anomaly[], config: IncidentsConfig, now: UnixMs): boolean {
  return anomalies.every(({ series, updatedAt }) => !isAlert(series) && now - updatedAt >= Math.max(config.resolve_after, config.window));
}

/** An incident that was over before anybody was told: it ends when its evidence did. */
export function foundOver(incident: Incident, now: UnixMs): Incident {
  const ends = decisive(incident.evidence).map(({ endsAt, updatedAt }) => endsAt ?? updatedAt);
  return { ...resolved(incident, 'It was over before it was found', now), endsAt: Math.max(...ends) };
}

export function reopened(incident: Incident, now: UnixMs): Incident {
  const line = entry(now, 'updated', '', 'Reopened: the trouble returned');
  return { ...incident, status: incident.acknowledgedAt === null ? 'open' : 'acknowledged', endsAt: null, updatedAt: now, closedBy: '', timeline: [...incident.timeline, line] };
}

/** The incident without waiting for evidence that the detector has not spoken of since `before`: a restart forgets episodes. */
export function withoutStale(incident: Incident, before: UnixMs, heardOf: ReadonlyMap<string, UnixMs>): Incident {
  const isStale = ({ id, endsAt, updatedAt }: Anomaly): boolean => endsAt === null && Math.max(updatedAt, heardOf.get(id) ?? 0) < before;
  if (!incident.evidence.some(isStale)) return incident;
  return { ...incident, evidence: incident.evidence.map((one) => (isStale(one) ? { ...one, endsAt: one.updatedAt } : one)) };
}

/** Whether what users notice, or all evidence where they notice nothing, has been over for `resolve_after`, or since before the clock was set back. One that a person opened again waits for a person. */
export function isOver(incident: Incident, config: IncidentsConfig, now: UnixMs): boolean {
  if (incident.reopenedBy) return false;
  const gone = new Set(incident.renamed?.map(({ from }) => from));
  return decisive(incident.evidence).filter(({ series, direction }) => direction !== 'absent' || !gone.has(series.service)).every(({ endsAt }) => endsAt !== null && Math.abs(now - endsAt) >= config.resolve_after);
}

function entry(at: UnixMs, kind: TimelineEntry['kind'], service: string, text: string): TimelineEntry {
  return { at, kind, service, text };
}
