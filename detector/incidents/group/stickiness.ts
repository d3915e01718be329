import type { Anomaly, Incident } from '#core/types.js';

/** Whether a person keeps the two apart. */
export function apart(a: Incident, b: Incident): boolean {
  return (a.apart ?? []).includes(b.id) || (b.apart ?? []).includes(a.id);
}

/** A series and the side that it is off to. */
export const courseOf = ({ series, direction }: Anomaly): string => `${series.id} ${direction}`;

/** Whether an anomaly of one series goes on as one of the other. */
export function continues(later: Anomaly, before: Anomaly): boolean {
  return later.series.id === before.series.id && later.direction === before.direction;
}

/** The active incident that a person gave this series to, by a split: others that are near do not get it. */
export function heir(anomaly: Anomaly, active: readonly Incident[]): Incident | undefined {
  return active.find((incident) => (incident.apart ?? []).length > 0 && incident.evidence.some((one) => continues(anomaly, one)));
}

/** Evidence that lasts, of an incident that is not over or that a person closed. */
export function unended(incident: Incident): readonly Anomaly[] {
  return incident.status !== 'resolved' || incident.closedBy ? incident.evidence.filter(({ endsAt }) => endsAt === null) : [];
}
