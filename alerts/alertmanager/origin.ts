import type { Labels } from '#core/types.js';

/** The alert that an incident is to Alertmanager. */
export const INCIDENT_ALERT = 'FaultlineIncident';

/** Whether an alert that comes in is one that Faultline sent: its own incident, whoever's, or an alert of its rules. */
export function isOwn({ labels, generatorURL }: { readonly labels: Labels; readonly generatorURL: string }, publicUrl: string): boolean {
  return labels['alertname'] === INCIDENT_ALERT || generatorURL.startsWith(`${publicUrl}/`);
}
