import type { Anomaly } from '#core/types.js';
import type { Notice } from '../notice.js';
import { rfc3339 } from '#core/words.js';

/** Raised when a field changes its meaning or goes; new fields do not raise it. */
const BODY_VERSION = 1;
const MAX_CAUSES = 5;
const MAX_EVIDENCE = 5;
const MAX_DIFFERENCES = 5;
const MAX_TRACES = 5;

const orNull = (at: number | null): string | null => (at === null ? null : rfc3339(at));

/** The JSON that docs/webhooks.md describes. */
export function webhookBody({ type, incident, url, at }: Notice): string {
  const { id, status, severity, title, summary, startsAt, openedAt, updatedAt, endsAt, acknowledgedAt, acknowledgedBy, causes, services, evidence, differences, traces, assignee, verdict, expected, impact, firstCheck } = incident;
  return JSON.stringify({
    version: BODY_VERSION,
    type: `incident.${type}`,
    timestamp: rfc3339(at),
    incident: {
      id, status, severity, title, summary, url,
      startsAt: rfc3339(startsAt), openedAt: rfc3339(openedAt), updatedAt: rfc3339(updatedAt), endsAt: orNull(endsAt),
      acknowledgedAt: orNull(acknowledgedAt), acknowledgedBy: acknowledgedBy || null,
      assignee: assignee || null,
      verdict: verdict ? { kind: verdict.kind, by: verdict.by, at: rfc3339(verdict.at), cause: verdict.cause || null } : null,
      expected: expected ? { name: expected.name, until: rfc3339(expected.until) } : null,
      impact: impact ? { ...impact, from: rfc3339(impact.from), to: rfc3339(impact.to) } : null,
      firstCheck: firstCheck || null,
      causes: causes.slice(0, MAX_CAUSES).map((cause) => ({ ...cause, onsetAt: rfc3339(cause.onsetAt) })),
      services,
      labels: { severity, 'service.name': causes[0]?.service ?? services[0] ?? '' },
      evidence: evidence.slice(0, MAX_EVIDENCE).map(evidenceBody),
      evidenceCount: evidence.length,
      differences: differences.slice(0, MAX_DIFFERENCES),
      traces: traces.slice(0, MAX_TRACES),
    },
  });
}

function evidenceBody({ series, startsAt, endsAt, peakAt, value, expected, lower, upper, score, direction }: Anomaly): object {
  const { kind, service, operation, metric, unit, labels } = series;
  return { kind, service, operation, metric, unit, labels, direction, startsAt: rfc3339(startsAt), endsAt: orNull(endsAt), peakAt: rfc3339(peakAt), value, expected, lower, upper, score };
}
