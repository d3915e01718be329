import { callsText } from '../calls-per-request.js';
import { failing } from '../../graph/edges.js';
import { listOf } from '../../explain/explain.js';
import { isFailing, type Suspect } from '../suspects.js';
import { calledOtherwise } from './caller.js';
import type { Position, Scene } from './scene.js';
import { unplaced } from './unplaced.js';

/** Callers beyond these add nothing. */
export const MOST_FOLLOWERS = 3;
/** What a service in trouble gains that calls what it never called, or calls it again and again: it, not what it calls, is what changed. */
const NEW_CALLS = 1.5;

/** Of one that fails or is slow: its callers speak for it, and what it calls against it. */
export function ofFailing(suspect: Suspect, scene: Scene): Position {
  const { topology, calls, reach, asked } = scene;
  const callers = scene.above(suspect).filter(isFailing);
  let explained = 0;
  for (const one of callers) if (explained < MOST_FOLLOWERS && scene.explains(suspect, one) !== undefined) explained += 1;
  const followed = 0.5 * explained;
  const again = calls.get(suspect.service)?.filter(({ factor }) => factor > 1) ?? [];
  // Where one of its calls fails, others undo what was done before it, or stand in for it.
  const isHindered = again.length > 0 && topology.edges.some((edge) => edge.client === suspect.service && failing(edge) && scene.find(edge.server)?.symptoms.has('errors'));
  if (again.length > 0 && !isHindered) return { score: followed + 1.5 + NEW_CALLS, text: `for each request it calls ${callsText(again)}` };
  const repeated = calledOtherwise(suspect, true, scene);
  if (repeated) return { ...repeated, score: followed + repeated.score };
  const cache = scene.emptied.get(suspect.service);
  if (cache) return { score: followed - 2.5, text: `its callers ask it for what ${cache.service} no longer holds` };
  const culprit = culpritBelow(suspect, scene);
  if (culprit) return { score: followed - 2.5, text: topology.isHost(culprit.service) ? `it runs on ${culprit.service}, which ${shortText(scene.lacking(culprit, suspect))}` : `it calls ${culprit.service}, which degraded too` };
  if (callers.length > 0 && explained === 0) return { score: 0, text: 'too little to explain its callers' };
  const fresh = topology.callees(suspect.service).find((service) => scene.find(service)?.isNew && !scene.find(service)?.symptoms.has('errors'));
  if (fresh !== undefined && suspect.symptoms.has(asked ?? 'errors')) return { score: followed + 1.5 + NEW_CALLS, text: `it began to call ${fresh}` };
  if (suspect.strongest === null) return { score: followed + 1.5, text: `${scene.silent.has(suspect.service) ? 'it sends no telemetry of its own' : 'its own requests show nothing'}, and who calls it is in trouble` };
  if (!topology.isPlaced(suspect.service)) return unplaced(suspect);
  const out = reach.lostBy(suspect);
  if (out) return { score: followed + 1.5, text: `it no longer reaches ${listOf(out)}` };
  const refused = reach.refusing(suspect);
  if (refused !== undefined) return { score: followed + 1.5, text: `its calls to ${refused} degraded, those of others did not` };
  const rejecting = suspect.symptoms.has('errors') ? reach.rejecting(suspect) : undefined;
  if (rejecting !== undefined) return { score: followed + 1.5, text: `its calls to ${rejecting} fail, though ${rejecting} shows no failures` };
  return { score: followed + 1.5, text: `${suspect.symptoms.has('surge') ? 'its traffic rose, ' : ''}${followed > 0 ? 'its callers followed and nothing it calls fails or is slow enough to explain it' : 'nothing it calls is worse'}` };
}

/** What it calls, or runs on, that explains its trouble and began early enough. */
function culpritBelow(suspect: Suspect, scene: Scene): Suspect | undefined {
  const over = new Set(scene.above(suspect));
  return scene.below(suspect).find((one) => {
    const likeness = over.has(one) ? undefined : scene.explains(one, suspect);
    // Failures that come of a slow callee come after it.
    return likeness !== undefined && one.onsetAt <= suspect.onsetAt + (likeness === 'alike' ? scene.late : scene.step);
  });
}

const shortText = (resource: string | undefined): string => (resource === undefined ? 'went quiet' : `is short of ${resource === 'cpu' ? 'processor time' : resource}`);
