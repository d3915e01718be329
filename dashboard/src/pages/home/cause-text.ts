import type { Incident, RankedCause } from '#core/types.js';
import { likelihood } from '../../format/number.js';
import { namedCauses } from '../incidents/named-causes.js';
import { inClock } from '../incidents/wording.js';

/** What an incident is put down to, in one line; of two causes what each shows. */
export function causeText({ causes, summary, startsAt }: Incident, now: number): string {
  const [first, second] = namedCauses(causes);
  if (!first) return summary === '' ? 'The cause is not known yet.' : inClock(summary, startsAt, now);
  if (second) return `Two independent causes: ${first.service} (${shown(first)}) and ${second.service} (${shown(second)})`;
  return `Probably ${first.service} (${likelihood(first.confidence)}): ${inClock(first.reason, first.onsetAt, now)}`;
}

/** "errors 0 % → 60 %, first to change", before what its position and rollouts say. */
const shown = ({ reason }: RankedCause): string => (reason.split(/; |\. /, 1)[0] ?? '').replace(/\.$/, '');
