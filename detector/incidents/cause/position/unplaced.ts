import { isFailing, type Suspect } from '../suspects.js';
import type { Position } from './scene.js';

/** What a database or a queue gains of whose callers nothing is known. */
const BACKING = 1.5;
/** What one of these loses that shows what others do: failures that are by their status those of what it calls, or what waits to be taken out. */
const PASSED_ON = 1;

export const BACKLOG = 'more comes in than is taken out';
export const RESOURCES = 'its own resources changed';

/** Of a service whose calls are not known. */
export function unplaced(suspect: Suspect): Position {
  if (suspect.isBacklog) return { score: -PASSED_ON, text: BACKLOG };
  if (suspect.isBacking) return { score: BACKING, text: 'others call it, and it calls nobody' };
  if (suspect.passesOn) return { score: -PASSED_ON, text: 'it fails as a gateway does when what it calls fails' };
  return { score: 0, text: suspect.resources > 0 && !isFailing(suspect) ? RESOURCES : 'whom it calls is not known' };
}
