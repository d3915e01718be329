import { failingAlone, spared, turningAway, unreached } from '../../graph/carriers.js';
import { degraded, failing } from '../../graph/edges.js';
import { isFailing, isQuiet, type Suspect } from '../suspects.js';
import { HOPS, type Topology } from '../../graph/topology.js';

/** Whom callers no longer reach, where that is their own doing. */
export interface Reach {
  /** By what went quiet, why that is its caller's doing. One whose metrics stopped too is gone itself. */
  readonly cutOff: ReadonlyMap<Suspect, string>;
  /** What a caller no longer reaches: several at once, or what others do. */
  lostBy(caller: Suspect): readonly string[] | undefined;
  /** What says nothing itself and serves others well, but not this caller. */
  refusing(caller: Suspect): string | undefined;
  /** What calls of this caller fail at, and that shows no failures itself: the requests may be bad, or turned away. */
  rejecting(caller: Suspect): string | undefined;
}

export function reachOf(all: readonly Suspect[], byService: ReadonlyMap<string, Suspect>, topology: Topology): Reach {
  const well = spared(topology.edges);
  const alone = new Map(topology.edges.filter((edge) => edge.silent && degraded(edge) && well.has(edge.server) && !byService.has(edge.server)).map(({ client, server }) => [client, server]));
  const rejected = new Map(topology.edges.filter((edge) => failing(edge) && !byService.get(edge.server)?.symptoms.has('errors')).map(({ client, server }) => [client, server]));
  const unanswered = unreached(topology.edges);
  const quiet = new Map(all.flatMap((caller) => (caller.symptoms.has('errors') ? [[caller, quietBelow(caller, byService, topology)] as const] : [])).filter(([, services]) => services.length > 1));
  const missed = missedBy(all, byService, topology);
  const refusing = turningAway(topology.edges);
  const unasked = all.flatMap((caller) => (caller.told === 'errors' && refusing.has(caller.service) ? [[caller, unaskedBelow(caller, byService, topology)] as const] : []));
  const because = (found: Iterable<readonly [Suspect, readonly Suspect[]]>, why: string): (readonly [Suspect, string])[] => [...found].flatMap(([caller, services]) => services.filter((one) => !one.isGone).map((one) => [one, `its caller ${caller.service} ${why}`] as const));
  return {
    cutOff: new Map([...because(missed, 'no longer reaches it, and others do'), ...because(unasked, 'turns requests away'), ...because(quiet, 'no longer reaches others either')]),
    lostBy: (caller) => unanswered.get(caller.service) ?? (quiet.get(caller) ?? missed.get(caller))?.map(({ service }) => service),
    refusing: ({ service }) => alone.get(service),
    rejecting: ({ service }) => rejected.get(service),
  };
}

/** Callees of one caller that went quiet, that nobody else calls, and none of which calls another; nothing where its calls to some of them fail and to others do not: the others it no longer calls. */
function quietBelow(caller: Suspect, byService: ReadonlyMap<string, Suspect>, topology: Topology): readonly Suspect[] {
  const found = onlyBelow(caller, byService, topology);
  const failed = found.filter((one) => failsFor(caller, one, topology));
  if (failed.length > 0 && failed.length < found.length) return [];
  return found.some((one) => found.some((other) => topology.below(one.service, HOPS).has(other.service))) ? [] : found;
}

/** By caller that fails, what lost its traffic and still serves others well. */
function missedBy(all: readonly Suspect[], byService: ReadonlyMap<string, Suspect>, topology: Topology): ReadonlyMap<Suspect, readonly Suspect[]> {
  const callers = failingAlone(topology.edges);
  const found = new Map<Suspect, Suspect[]>();
  for (const one of all) {
    const caller = isQuiet(one) && !isFailing(one) ? byService.get(callers.get(one.service) ?? '') : undefined;
    if (caller?.symptoms.has('errors')) found.set(caller, [...(found.get(caller) ?? []), one]);
  }
  return found;
}

/** Callees of one caller that went quiet, that nobody else calls, and calls to which do not fail. */
function unaskedBelow(caller: Suspect, byService: ReadonlyMap<string, Suspect>, topology: Topology): readonly Suspect[] {
  return onlyBelow(caller, byService, topology).filter((one) => !failsFor(caller, one, topology));
}

/** Callees that went quiet and that nobody else calls. */
function onlyBelow({ service }: Suspect, byService: ReadonlyMap<string, Suspect>, topology: Topology): readonly Suspect[] {
  return topology.callees(service).flatMap((name) => byService.get(name) ?? []).filter((one) => isQuiet(one) && !isFailing(one) && topology.callers(one.service).every((caller) => caller === service));
}

const failsFor = (caller: Suspect, callee: Suspect, { edges }: Topology): boolean => edges.some((edge) => edge.client === caller.service && edge.server === callee.service && failing(edge));
