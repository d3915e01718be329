import { isFailing, isQuiet, type Suspect } from '../suspects.js';
import { HOPS } from '../../graph/topology.js';
import { MOST_FOLLOWERS } from './failing.js';
import type { Position, Scene } from './scene.js';

/** What moves is gained elsewhere, neither half nor twice of it. */
const HALF = 0.5;
const TWICE = 2;

/**
 * Positions of services whose requests go to another now, and of those that have more to do there: a region that is given up, a new name, a switch from blue to green.
 * Nobody is known to call either; the other gains what the one lost, at the same time, in half of its operations or more.
 * Nothing is said of what both ask, nor of what fails.
 */
export function movedOf(all: readonly Suspect[], { topology, below, late }: Scene): ReadonlyMap<Suspect, Position> {
  const entries = all.filter(({ service, traffic }) => traffic.has('') && topology.callers(service).length === 0);
  const takers = entries.filter(({ symptoms }) => symptoms.has('surge'));
  const found = new Map<Suspect, Position>();
  for (const from of takers.length > 0 ? entries.filter((one) => isQuiet(one) && !isFailing(one)) : []) {
    const to = takers.find((one) => one !== from && Math.abs(from.onsetAt - one.onsetAt) <= late && takes(from, one));
    if (!to) continue;
    const own = topology.below(from.service, HOPS);
    const strained = [to, ...below(to)].filter(({ service, strongest }) => strongest !== null && !own.has(service));
    found.set(from, { score: 1.5 + 0.5 * Math.min(MOST_FOLLOWERS, strained.filter(isFailing).length), text: `its requests go to ${to.service} now` });
    for (const one of strained) if (hasMoreToDo(one)) found.set(one, { score: -2.5, text: `${one === to ? 'it' : to.service} gets what ${from.service} got before` });
  }
  return found;
}

const hasMoreToDo = ({ symptoms }: Suspect): boolean => (symptoms.has('latency') || symptoms.has('surge')) && !symptoms.has('errors');

function takes(from: Suspect, to: Suspect): boolean {
  const [lost, gained] = [-(from.traffic.get('') ?? 0), to.traffic.get('') ?? 0];
  if (lost <= 0 || gained < HALF * lost || gained > TWICE * lost) return false;
  const operations = [...from.traffic].filter(([operation, change]) => operation !== '' && change < 0);
  const taken = operations.filter(([operation]) => (to.traffic.get(operation) ?? 0) > 0);
  return taken.length > 0 && taken.length >= HALF * operations.length;
}
