import { spared, unreached } from '../carriers.js';
import { degraded, failing } from '../edges.js';
import { isFailing, isQuiet, type Suspect } from '../suspects.js';
import { HOPS, type Topology } from '../topology.js';

/** Whom callers no longer reach, where that is their own doing. */
export interface Reach {
  /** By what went quiet, the only caller, which no longer reaches others either. One whose metrics stopped too is gone itself. */
  readonly cutOff: ReadonlyMap<Suspect, Suspect>;
  /** What a caller no longer reaches, of several at once. */
  lostBy(caller: Suspect): readonly string[] | undefined;
  /** What says nothing itself and serves others well, but not this caller. */
  refusing(caller: Suspect): string | undefined;
}

export function reachOf(all: readonly Suspect[], byService: ReadonlyMap<string, Suspect>, topology: Topology): Reach {
  const well = spared(topology.edges);
  const alone = new Map(topology.edges.filter((edge) => edge.silent && degraded(edge) && well.has(edge.server) && !byService.has(edge.server)).map(({ client, server }) => [client, server]));
  const unanswered = unreached(topology.edges);
  const quiet = new Map(all.flatMap((caller) => (caller.symptoms.has('errors') ? [[caller, quietBelow(caller, byService, topology)] as const] : [])).filter(([, services]) => services.length > 1));
  return {
    cutOff: new Map([...quiet].flatMap(([caller, services]) => services.filter((one) => !one.isGone).map((one) => [one, caller] as const))),
    lostBy: (caller) => unanswered.get(caller.service) ?? quiet.get(caller)?.map(({ service }) => service),
    refusing: ({ service }) => alone.get(service),
  };
}

/** Callees of one caller that went quiet, that nobody else calls, and none of which calls another; nothing where its calls to some of them fail and to others do not: the others it no longer calls. */
function quietBelow({ service }: Suspect, byService: ReadonlyMap<string, Suspect>, topology: Topology): readonly Suspect[] {
  const found = topology.callees(service).flatMap((name) => byService.get(name) ?? []).filter((one) => isQuiet(one) && !isFailing(one) && topology.callers(one.service).every((caller) => caller === service));
  const failed = found.filter((one) => topology.edges.some((edge) => edge.client === service && edge.server === one.service && failing(edge)));
  if (failed.length > 0 && failed.length < found.length) return [];
  return found.some((one) => found.some((other) => topology.below(one.service, HOPS).has(other.service))) ? [] : found;
}
