import { PipelineError } from '#core/errors.js';
import type { Anomaly, CauseDetail, Incident, Severity, TimelineEntry, UnixMs, Verdict, VerdictKind } from '#core/types.js';
import { change, severityOf } from './explain/explain.js';
import { causeText } from './lessons/lesson.js';

const WORDS: Readonly<Record<VerdictKind, string>> = { real: 'real', noise: 'noise', expected: 'expected', wrong_cause: 'real, with the wrong cause' };

/** Who works on it; '' for nobody. */
export function assigned(incident: Incident, to: string, by: string, now: UnixMs): Incident {
  if ((incident.assignee ?? '') === to) return incident;
  return { ...told(incident, 'changed', to === '' ? `Nobody is assigned any more, says ${by}` : `Assigned to ${to} by ${by}`, now), assignee: to };
}

/** Severity by hand stays whatever the evidence says; null gives it back to the evidence. */
export function ranked(incident: Incident, severity: Severity | null, by: string, now: UnixMs): Incident {
  const next = severity ?? (incident.expected ? 'info' : severityOf(incident.evidence));
  const text = severity === null ? `Severity is what the evidence says again (${next}), by ${by}` : `Severity set to ${severity} by ${by}`;
  return { ...told(incident, 'changed', text, now), severity: next, severityBy: severity === null ? '' : by };
}

export interface Judgement {
  readonly kind: VerdictKind | null;
  readonly anomaly: string;
  readonly cause: string;
  readonly detail?: CauseDetail | null;
}

/** A verdict on the incident, or on the one `anomaly` of it; a null kind takes it back; where there is none, nothing changes. */
export function judged(incident: Incident, { kind, anomaly, cause, detail = null }: Judgement, by: string, now: UnixMs): Incident {
  const verdict: Verdict | null = kind === null ? null : { kind, by, at: now, cause: kind === 'wrong_cause' ? cause : '', ...(kind === 'wrong_cause' && cause !== '' && detail && { detail }) };
  const said = verdict === null ? `${by} took the verdict back` : `${by}: ${WORDS[verdict.kind]}${verdict.cause === '' ? '' : `; it was ${causeText(verdict.cause, verdict.detail)}`}`;
  if (anomaly === '' && verdict === null && !incident.verdict) return incident;
  if (anomaly === '') return { ...told(incident, 'judged', said, now), verdict };
  const one = incident.evidence.find(({ id }) => id === anomaly);
  if (!one) throw new PipelineError('NOT_FOUND', `the incident has no evidence ${anomaly}`);
  if (verdict === null && !incident.anomalyVerdicts?.[anomaly]) return incident;
  const others = Object.entries(incident.anomalyVerdicts ?? {}).filter(([id]) => id !== anomaly);
  const line: TimelineEntry = { at: now, kind: 'judged', service: one.series.service, text: `${change(one)}: ${said}` };
  return { ...incident, updatedAt: now, timeline: [...incident.timeline, line], anomalyVerdicts: Object.fromEntries(verdict === null ? others : [...others, [anomaly, verdict]]) };
}

/** Closed by a person: evidence that goes on does not open it again, also after a restart. */
export function closed(incident: Incident, by: string, now: UnixMs): Incident {
  if (incident.status === 'resolved') return incident;
  return { ...told(incident, 'resolved', `Resolved by ${by}`, now), status: 'resolved', endsAt: now, closedBy: by, reopenedBy: '' };
}

/** Opened again by a person: it stays open until one closes it. */
export function reopenedBy(incident: Incident, by: string, now: UnixMs): Incident {
  if (incident.status !== 'resolved') return incident;
  if (incident.mergedInto) throw new PipelineError('QUERY_INVALID', `it is a part of ${incident.mergedInto} since a person merged them: split its evidence off there instead`);
  return { ...told(incident, 'updated', `Reopened by ${by}`, now), status: incident.acknowledgedAt === null ? 'open' : 'acknowledged', endsAt: null, closedBy: '', reopenedBy: by };
}

/** Both sides after `other` became a part of `incident`. */
export function merged(incident: Incident, other: Incident, by: string, now: UnixMs): { readonly into: Incident; readonly gone: Incident } {
  if (incident.id === other.id) throw new PipelineError('QUERY_INVALID', 'an incident cannot be merged into itself');
  if (incident.status === 'resolved') throw new PipelineError('QUERY_INVALID', `${incident.id} is resolved: reopen it first`);
  if (other.mergedInto) throw new PipelineError('QUERY_INVALID', `${other.id} is a part of ${other.mergedInto} already`);
  const own = new Set(incident.evidence.map(({ id }) => id));
  const evidence = [...incident.evidence, ...other.evidence.filter(({ id }) => !own.has(id))];
  const into = told({ ...incident, evidence, anomalyVerdicts: { ...other.anomalyVerdicts, ...incident.anomalyVerdicts }, apart: (incident.apart ?? []).filter((id) => id !== other.id) }, 'changed', `“${other.title}” (${other.id}) merged into this by ${by}`, now);
  const over = told({ ...other, mergedInto: incident.id, apart: [] }, 'resolved', `Merged into “${incident.title}” (${incident.id}) by ${by}`, now);
  return { into, gone: { ...over, status: 'resolved', endsAt: other.endsAt ?? now } };
}

/** What stays, and the evidence that goes to the new incident `into`. */
export function without(incident: Incident, ids: readonly string[], into: string, by: string, now: UnixMs): { readonly stays: Incident; readonly moved: readonly Anomaly[] } {
  if (incident.status === 'resolved') throw new PipelineError('QUERY_INVALID', 'it is resolved: reopen it first');
  const moved = incident.evidence.filter(({ id }) => ids.includes(id));
  const kept = incident.evidence.filter(({ id }) => !ids.includes(id));
  if (moved.length === 0 || kept.length === 0) throw new PipelineError('QUERY_INVALID', 'choose some of its evidence, but not all');
  const stays = told({ ...incident, evidence: kept, startsAt: Math.min(...kept.map(({ startsAt }) => startsAt)), severity: incident.severityBy ? incident.severity : severityOf(kept), apart: [...(incident.apart ?? []), into] }, 'changed', `${moved.length === 1 ? 'One anomaly' : `${moved.length} anomalies`} split off into ${into} by ${by}`, now);
  return { stays, moved };
}

/** The incident with a line of what a person did. */
export function told(incident: Incident, kind: TimelineEntry['kind'], text: string, now: UnixMs): Incident {
  return { ...incident, updatedAt: now, timeline: [...incident.timeline, { at: now, kind, service: '', text }] };
}
