import { isFailing, isQuiet, type Suspect } from '../suspects.js';
import type { Symptom } from '../../symptom.js';

/** A callee whose rise is a smaller share of its caller's does not explain it. */
const EXPLAINED = 0.1;

/** In the same measure, or as one that is known to show late; or `unlike`: in others. */
export type Likeness = 'alike' | 'unlike';

/** Whether the callee's trouble, which each request of the caller meets so many `times`, is large enough to be the caller's, in what was `asked` about where the caller shows it. Where the two share no measure, that it is in trouble must do. */
export function explains(callee: Suspect, caller: Suspect, asked: Symptom | undefined, answers: boolean, times: number): Likeness | undefined {
  if (!isFailing(callee)) return !answers && isQuiet(callee) && caller.symptoms.has('errors') ? 'alike' : undefined;
  // A saturated process keeps its callers waiting before it begins to count.
  if (callee.resources > 0 && asked === undefined) return 'alike';
  const symptom = asked !== undefined && caller.symptoms.has(asked) ? asked : undefined;
  if (symptom !== undefined && !callee.symptoms.has(symptom)) return undefined;
  let shared = false;
  for (const [measure, rise] of caller.rises) {
    const counts = symptom === undefined ? measure.startsWith('latency ') || measure.startsWith('errors ') : measure.startsWith(`${symptom} `);
    const own = counts ? callee.rises.get(measure) : undefined;
    if (own === undefined || rise <= 0) continue;
    if (own * times >= EXPLAINED * rise) return 'alike';
    shared = true;
  }
  return shared ? undefined : 'unlike';
}
