import { callsText, type CallsByCaller } from '../calls-per-request.js';
import { listOf } from '../../explain/explain.js';
import { isFailing, isQuiet, type Suspect } from '../suspects.js';
import type { Symptom } from '../../symptom.js';
import type { Topology } from '../../graph/topology.js';
import { calledOtherwise } from './caller.js';
import { MOST_FOLLOWERS, ofFailing } from './failing.js';
import { movedOf } from './moved.js';
import { ofQuiet } from './quiet.js';
import { sceneOf, type Position, type Scene } from './scene.js';
import { BACKLOG, RESOURCES, unplaced } from './unplaced.js';

/** What a service gains that answers its requests as before, and calls otherwise for each of them. */
const OTHERWISE = 2;
/** What a queue, or who is to take from it, loses where others fail or are slow: it grows as soon as they leave something, and shows it before they do. */
const LEFT = 2;

/** Judges a suspect by where it stands among the others: errors and latency flow from callee to caller, and from a host that is short of something to what runs on it; a loss of traffic flows from caller to callee. Cycles are fine: who is above and below at once explains nothing. */
export function positionOf(all: readonly Suspect[], topology: Topology, calls: CallsByCaller, step: number, asked?: Symptom): (suspect: Suspect) => Position {
  const scene = sceneOf(all, topology, calls, step, asked);
  const moved = movedOf(all, scene);
  return (suspect) => {
    const told = moved.get(suspect);
    if (told) return told;
    if (isFailing(suspect)) return ofFailing(suspect, scene);
    const own = calls.get(suspect.service);
    if (own) return { score: OTHERWISE, text: `for each request it calls ${callsText(own)}` };
    if (isQuiet(suspect)) return ofQuiet(suspect, scene);
    if (suspect.symptoms.has('surge')) return ofSurge(suspect, scene);
    return onHost(suspect, scene) ?? ofCache(suspect, scene) ?? ofOther(suspect, scene);
  };
}

/** Of one that gets more traffic. */
function ofSurge(suspect: Suspect, scene: Scene): Position {
  const repeated = calledOtherwise(suspect, true, scene);
  if (repeated) return repeated;
  return scene.above(suspect).some((one) => one.symptoms.has('surge')) ? { score: -2, text: 'its callers send more' } : { score: -0.5, text: 'only its traffic rose' };
}

/** Of a host on which others degraded, or of what uses up what such a host has. */
function onHost(suspect: Suspect, { topology, above, below }: Scene): Position | undefined {
  const host = topology.isHost(suspect.service) ? suspect : below(suspect).find((one) => topology.isHost(one.service) && [...one.shortOf].some((kind) => suspect.uses.has(kind)));
  const guests = host ? above(host).filter((one) => one !== suspect && isFailing(one)) : [];
  if (!host || guests.length === 0) return undefined;
  const neighbour = host === suspect ? above(host).find((one) => [...host.shortOf].every((kind) => one.uses.has(kind))) : undefined;
  if (neighbour && host.shortOf.size > 0) return { score: -2.5, text: `${neighbour.service} on it uses it up` };
  const score = 1.5 + 0.5 * Math.min(MOST_FOLLOWERS, guests.length);
  if (host !== suspect) return { score, text: `it uses up what ${host.service} has, on which ${guests.length === 1 ? 'another' : 'others'} degraded` };
  return host.shortOf.size > 0 ? { score, text: 'what runs on it degraded with it' } : undefined;
}

/** Of a cache that holds less than before. */
function ofCache(suspect: Suspect, { emptied, above }: Scene): Position | undefined {
  const asked = [...emptied].flatMap(([service, cache]) => (cache === suspect ? service : []));
  return asked.length === 0 ? undefined : { score: 1.5 + 0.5 * Math.min(MOST_FOLLOWERS, above(suspect).filter(isFailing).length), text: `its callers ask ${listOf(asked)} for what it no longer holds` };
}

/** Of one whose requests show nothing. */
function ofOther(suspect: Suspect, { topology, anyFailing }: Scene): Position {
  if (suspect.isBacklog && anyFailing) return { score: -LEFT, text: BACKLOG };
  if (!topology.isPlaced(suspect.service)) return unplaced(suspect);
  return { score: 0, text: suspect.isBacklog ? BACKLOG : suspect.resources > 0 ? RESOURCES : 'its requests show nothing' };
}
