import type { Anomaly, Incident } from '#core/types.js';

/** Whether a person keeps the two apart. */
export function apart(a: Incident, b: Incident): boolean {
  return (a.apart ?? []).includes(b.id) || (b.apart ?? []).includes(a.id);
}

/** Whether an anomaly of one series goes on as one of the other. */
export function continues(later: Anomaly, { series, direction }: Anomaly): boolean {
  return later.series.id === series.id && later.direction === direction;
}

/** The active incident that a person gave this series to, by a split: others that are near do not get it. */
export function heir(anomaly: Anomaly, active: readonly Incident[]): Incident | undefined {
  return active.find((incident) => (incident.apart ?? []).length > 0 && incident.evidence.some((one) => continues(anomaly, one)));
}

/** Evidence that lasted when a person closed its incident, as the store has it after a restart. The detector speaks of it anew, under another id. */
export function unended(incident: Incident): readonly Anomaly[] {
  return incident.closedBy ? incident.evidence.filter(({ endsAt }) => endsAt === null) : [];
}
