import { isQuiet, type Suspect } from '../suspects.js';
import { calledOtherwise } from './caller.js';
import { MOST_FOLLOWERS } from './failing.js';
import type { Position, Scene } from './scene.js';

/** Of one that lost traffic: that flows from caller to callee. */
export function ofQuiet(suspect: Suspect, scene: Scene): Position {
  const { topology, reach, answers } = scene;
  const isHost = topology.isHost(suspect.service);
  const above = scene.above(suspect);
  const cutOff = reach.cutOff.get(suspect);
  if (cutOff !== undefined) return { score: -1, text: cutOff };
  const host = [...topology.below(suspect.service, 0)].flatMap((name) => scene.find(name) ?? []).find(({ isGone, onsetAt }) => isGone && onsetAt <= suspect.onsetAt + scene.late);
  if (host) return { score: -2.5, text: `it runs on ${host.service}, whose metrics stopped` };
  const failing = answers.has(suspect.service) ? 0 : above.filter((one) => one.symptoms.has('errors')).length;
  if (failing > 0) return { score: 1.5 + 0.5 * Math.min(MOST_FOLLOWERS, failing), text: `${isHost ? 'what runs on it' : 'its callers'} began to fail when it went quiet` };
  const leftOut = calledOtherwise(suspect, false, scene);
  if (leftOut) return leftOut;
  // What runs on a host sends it no traffic.
  const source = isHost ? undefined : above.find((one) => isQuiet(one) && one.onsetAt <= suspect.onsetAt + scene.late);
  if (source) return { score: -2.5, text: `its caller ${source.service} lost traffic as well` };
  // A failing service elsewhere explains the missing calls better than the silence does.
  if (scene.anyFailing) return { score: -1, text: isHost ? 'only its metrics stopped' : 'only its traffic fell' };
  return { score: 1.5, text: isHost ? 'nothing that runs on it fails' : topology.isPlaced(suspect.service) ? 'no caller above it lost traffic' : 'who calls it is not known' };
}
