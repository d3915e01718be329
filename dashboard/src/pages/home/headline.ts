import type { ApiIncidents } from '#core/api/incidents.js';
import type { ApiServices } from '#core/api/services.js';
import type { ApiStatus } from '#core/api/status.js';
import { lasting } from '../../format/duration.js';
import { listed, plural } from '../../format/name.js';
import { number } from '../../format/number.js';
import { shortClock } from '../../format/time.js';
import type { StateName } from '../../parts/state.js';
import { byUrgency, effectOf } from '../incidents/wording.js';
import { isLate, statusSentence, unjudged } from '../status/wording.js';

export interface Headline {
  readonly state: StateName;
  readonly text: string;
  /** What else is worth knowing, or ''. */
  readonly more: string;
}

/** The one sentence that answers "is something wrong?". */
export function headline({ incidents, matching }: ApiIncidents, services: Pick<ApiServices, 'services' | 'all' | 'states'> | undefined, status: ApiStatus | undefined, now: number): Headline {
  const worst = incidents.toSorted(byUrgency)[0];
  const more = learnedText(status);
  if (worst) {
    const seen = incidents.every(({ status: life }) => life === 'acknowledged') ? ', acknowledged' : '';
    return { state: worst.severity, text: `${plural(matching, 'incident')} open${seen}. ${effectOf(worst, now)}.`, more: unjudged(status, now) || more };
  }
  if (status && !status.ready) return { state: 'error', text: 'No incident is open, but Faultline is not ready.', more: statusSentence(status) };
  if (!services || services.all === 0) return { state: 'learning', text: 'Nothing has arrived yet.', more: '' };
  if (status && isLate(status.detector, now)) return { state: 'stale', text: `No incident, but nothing since ${shortClock(status.detector.lastStepAt, now)} was judged.`, more };
  const silent = services.services.filter(({ state }) => state === 'silent').map(({ service }) => service);
  if (silent.length > 0) return { state: 'silent', text: `No incident, but ${listed(silent, 3, services.states.silent)} ${services.states.silent === 1 ? 'has' : 'have'} gone silent.`, more };
  const late = services.services.filter(({ state }) => state === 'late').map(({ service }) => service);
  if (late.length > 0) return { state: 'late', text: `No incident, but what ${listed(late, 3, services.states.late)} ${services.states.late === 1 ? 'sends' : 'send'} comes too late to be judged.`, more };
  if (status && status.detector.learned === 0) return { state: 'learning', text: 'No incident so far. Every series is still being learned.', more };
  return { state: 'ok', text: 'All quiet.', more };
}

/** "214 series learned, 38 still learning". */
function learnedText(status: ApiStatus | undefined): string {
  if (!status) return '';
  const { learned, learning } = status.detector;
  if (learned + learning === 0) return `up ${lasting(status.process.uptimeMs)}`;
  return learning === 0 ? `${number(learned)} series learned` : `${number(learned)} series learned, ${number(learning)} still learning`;
}
