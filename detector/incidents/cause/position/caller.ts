import { timesText } from '../calls-per-request.js';
import { isFailing, type Suspect } from '../suspects.js';
import type { Position, Scene } from './scene.js';

/** Of a suspect that a caller calls more for each request, or less, than before; a caller that fails makes fewer calls because of that. */
export function calledOtherwise(suspect: Suspect, more: boolean, { calls, above }: Scene): Position | undefined {
  for (const one of above(suspect)) {
    const changed = more || !isFailing(one) ? calls.get(one.service)?.find(({ service, factor }) => service === suspect.service && factor > 1 === more) : undefined;
    if (changed) return { score: -2.5, text: `for each request its caller ${one.service} calls it ${timesText(changed)}` };
  }
  return undefined;
}
