import type { ApiDeploy, ApiService } from '#core/api.js';
import type { Incident } from '#core/types.js';
import type { RangeMs } from '../../time/range.js';

export interface Change {
  readonly at: number;
  readonly kind: 'deploy' | 'opened' | 'resolved';
  readonly service: string;
  readonly text: string;
  /** Of the incident it belongs to, or ''. */
  readonly incident: string;
}

/** New versions, incidents opened and resolved inside `range`, newest first.  */
export function changesIn(range: RangeMs, incidents: readonly Incident[], deploys: readonly ApiDeploy[]): readonly Change[] {
  const inside = (at: number): boolean => at >= range.from && at <= range.to;
  const found: Change[] = [];
  for (const { id, title, openedAt, endsAt } of incidents) {
    found.push({ at: openedAt, kind: 'opened', service: '', text: title, incident: id });
    if (endsAt !== null) found.push({ at: endsAt, kind: 'resolved', service: '', text: title, incident: id });
  }
  const known = incidents.flatMap(({ timeline }) => timeline.filter(({ kind }) => kind === 'deploy'));
  for (const { service, version, at } of deploys) {
    // The incident knows the moment to five seconds, the service's own history to a minute.
    const exact = known.find((entry) => entry.service === service && entry.text.includes(version));
    found.push({ at: exact?.at ?? at, kind: 'deploy', service, text: `version ${version}`, incident: '' });
  }
  return found.filter(({ at }) => inside(at)).toSorted((a, b) => b.at - a.at);
}

/** Services that ran more than one version lately: only those can have had a deploy. */
export function redeployed(services: readonly ApiService[]): readonly string[] {
  return services.filter(({ versions }) => versions.length > 1).map(({ service }) => service);
}
