import type { ApiDeploy } from '#core/api.js';
import type { Incident } from '#core/types.js';
import type { RangeMs } from '../../time/range.js';

export interface Change {
  readonly at: number;
  readonly kind: 'deploy' | 'opened' | 'resolved';
  readonly service: string;
  /** Services that began to run the same version with it. */
  readonly others: readonly string[];
  readonly text: string;
  /** Of the incident it belongs to, or ''. */
  readonly incident: string;
}

/** New versions, incidents opened and resolved inside `range`, newest first.  */
export function changesIn(range: RangeMs, incidents: readonly Incident[], deploys: readonly ApiDeploy[]): readonly Change[] {
  const inside = (at: number): boolean => at >= range.from && at <= range.to;
  const found: Change[] = [];
  for (const { id, title, openedAt, endsAt } of incidents) {
    found.push({ at: openedAt, kind: 'opened', service: '', others: [], text: title, incident: id });
    if (endsAt !== null) found.push({ at: endsAt, kind: 'resolved', service: '', others: [], text: title, incident: id });
  }
  const known = incidents.flatMap(({ timeline }) => timeline.filter(({ kind }) => kind === 'deploy'));
  for (const [{ service, version, at }, ...rest] of rollouts(deploys)) {
    // The incident knows the first request of a version, its history the five seconds that it fell in.
    const exact = known.find((entry) => entry.service === service && entry.text.includes(version));
    found.push({ at: exact?.at ?? at, kind: 'deploy', service, others: rest.map((deploy) => deploy.service), text: `version ${version}`, incident: '' });
  }
  return found.filter(({ at }) => inside(at)).toSorted((a, b) => b.at - a.at);
}

/** One rollout's services follow each other within so much. */
const ROLLOUT_MS = 120_000;

/** Deploys of one version that follow each other closely, each with the newest first. */
function rollouts(deploys: readonly ApiDeploy[]): readonly (readonly [ApiDeploy, ...ApiDeploy[]])[] {
  const found: [ApiDeploy, ...ApiDeploy[]][] = [];
  const open = new Map<string, [ApiDeploy, ...ApiDeploy[]]>();
  for (const deploy of deploys.toSorted((a, b) => b.at - a.at)) {
    const rollout = open.get(deploy.version);
    const last = rollout?.at(-1);
    if (rollout && last && last.at - deploy.at <= ROLLOUT_MS) {
      rollout.push(deploy);
      continue;
    }
    const begun: [ApiDeploy, ...ApiDeploy[]] = [deploy];
    open.set(deploy.version, begun);
    found.push(begun);
  }
  return found;
}
