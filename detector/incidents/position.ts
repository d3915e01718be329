import { callsText, timesText, type CallsByCaller } from './calls-per-request.js';
import { answering, spared, unreached } from './carriers.js';
import { degraded, failing as fails } from './edges.js';
import { listOf } from './explain.js';
import type { Suspect } from './suspects.js';
import type { Symptom } from './symptom.js';
import type { Topology } from './topology.js';

/** A cause may show this much later than its effect. */
const LATE_MS = 45_000;
const LATE_STEPS = 3;
/** Calls over which trouble is followed. */
export const HOPS = 5;
/** Callers beyond these add nothing. */
const MOST_FOLLOWERS = 3;
/** A callee whose rise is a smaller share of its caller's does not explain it. */
const EXPLAINED = 0.1;
/** What a service in trouble gains that calls what it never called, or calls it again and again: it, not what it calls, is what changed. */
const NEW_CALLS = 1.5;

/** What a database or a queue gains of whose callers nothing is known. */
const BACKING = 1.5;
/** What one of these loses that shows what others do: failures that are by their status those of what it calls, or what waits to be taken out. */
const PASSED_ON = 1;
/** What a service gains that answers its requests as before, and calls otherwise for each of them. */
const OTHERWISE = 2;
/** What a queue loses where others fail or are slow: it grows as soon as they leave something, and shows it before they do. */
const LEFT = 2;

export interface Position {
  readonly score: number;
  readonly text: string;
}

/** Judges a suspect by where it stands among the others: errors and latency flow from callee to caller, and from a host that is short of something to what runs on it; a loss of traffic flows from caller to callee. Cycles are fine: who is above and below at once explains nothing. */
export function positionOf(all: readonly Suspect[], topology: Topology, calls: CallsByCaller, step: number, asked?: Symptom): (suspect: Suspect) => Position {
  const byService = new Map(all.map((suspect) => [suspect.service, suspect]));
  const belowOf = new Map(all.map((suspect) => [suspect, [...topology.below(suspect.service, HOPS)].flatMap((service) => byService.get(service) ?? [])]));
  const aboveOf = new Map<Suspect, Suspect[]>(all.map((suspect) => [suspect, []]));
  for (const [upper, lower] of belowOf) for (const suspect of lower) aboveOf.get(suspect)?.push(upper);
  const late = Math.max(LATE_MS, LATE_STEPS * step);
  const anyFailing = all.some(failing);
  /** What answers those who call it is called less because of them. */
  const answers = answering(topology.edges);
  const well = spared(topology.edges);
  /** By caller, what says nothing itself and serves others well. */
  const alone = new Map(topology.edges.filter((edge) => edge.silent && degraded(edge) && well.has(edge.server) && !byService.has(edge.server)).map(({ client, server }) => [client, server]));
  const unanswered = unreached(topology.edges);
  /** By failing caller, what went quiet together below it and is called by nobody else: it reaches none of them. */
  const quiet = new Map(all.flatMap((caller) => (caller.symptoms.has('errors') ? [[caller, quietBelow(caller, byService, topology)] as const] : [])).filter(([, services]) => services.length > 1));
  /** Whether its silence says that nobody reaches it: one whose metrics stopped too is gone itself. */
  const cutOff = new Map([...quiet].flatMap(([caller, services]) => services.filter((one) => !one.isGone).map((one) => [one, caller] as const)));
  /** What a host is short of that a service on it does not use up itself. */
  const lacking = (host: Suspect, guest: Suspect): string | undefined => [...host.shortOf].find((kind) => topology.isHost(host.service) && !guest.uses.has(kind));
  const explainsIt = (lower: Suspect, upper: Suspect): 'alike' | 'unlike' | undefined => (cutOff.has(lower) ? undefined : lacking(lower, upper) === undefined ? explains(lower, upper, asked, answers.has(lower.service)) : 'alike');

  return (suspect) => {
    const above = aboveOf.get(suspect) ?? [];
    const early = (one: Suspect, by = late): boolean => one.onsetAt <= suspect.onsetAt + by;
    const own = calls.get(suspect.service);
    /** Whose calls for each request changed, to this suspect. */
    const callerOf = (more: boolean): Position | undefined => {
      for (const one of above) {
        const changed = more || !failing(one) ? calls.get(one.service)?.find(({ service, factor }) => service === suspect.service && factor > 1 === more) : undefined;
        if (changed) return { score: -2.5, text: `for each request its caller ${one.service} calls it ${timesText(changed)}` };
      }
      return undefined;
    };
    if (failing(suspect)) {
      const callers = above.filter(failing);
      let explained = 0;
      for (const one of callers) {
        if (explained < MOST_FOLLOWERS && explainsIt(suspect, one) !== undefined) explained += 1;
      }
      const followed = 0.5 * explained;
      const again = own?.filter(({ factor }) => factor > 1) ?? [];
      if (again.length > 0) return { score: followed + 1.5 + NEW_CALLS, text: `for each request it calls ${callsText(again)}` };
      const repeated = callerOf(true);
      if (repeated) return { ...repeated, score: followed + repeated.score };
      const over = new Set(above);
      const culprit = belowOf.get(suspect)?.find((one) => {
        const by = over.has(one) ? undefined : explainsIt(one, suspect);
        // Failures that come of a slow callee come after it.
        return by !== undefined && early(one, by === 'alike' ? late : step);
      });
      if (culprit) return { score: followed - 2.5, text: topology.isHost(culprit.service) ? `it runs on ${culprit.service}, which ${shortText(lacking(culprit, suspect))}` : `it calls ${culprit.service}, which degraded too` };
      if (callers.length > 0 && explained === 0) return { score: 0, text: 'too little to explain its callers' };
      const fresh = topology.callees(suspect.service).find((service) => byService.get(service)?.isNew && !byService.get(service)?.symptoms.has('errors'));
      if (fresh !== undefined && suspect.symptoms.has(asked ?? 'errors')) return { score: followed + 1.5 + NEW_CALLS, text: `it began to call ${fresh}` };
      if (suspect.strongest === null) return { score: followed + 1.5, text: 'it sends no telemetry of its own, and who calls it is in trouble' };
      if (!topology.isPlaced(suspect.service)) return unplaced(suspect);
      const out = unanswered.get(suspect.service) ?? quiet.get(suspect)?.map(({ service }) => service);
      if (out) return { score: followed + 1.5, text: `it no longer reaches ${listOf(out)}` };
      const refused = alone.get(suspect.service);
      if (refused !== undefined) return { score: followed + 1.5, text: `its calls to ${refused} degraded, those of others did not` };
      return { score: followed + 1.5, text: `${suspect.symptoms.has('surge') ? 'its traffic rose, ' : ''}${followed > 0 ? 'its callers followed and nothing it calls fails or is slow enough to explain it' : 'nothing it calls is worse'}` };
    }
    if (own) return { score: OTHERWISE, text: `for each request it calls ${callsText(own)}` };
    if (lost(suspect)) {
      const isHost = topology.isHost(suspect.service);
      const caller = cutOff.get(suspect);
      if (caller) return { score: -1, text: `its caller ${caller.service} no longer reaches others either` };
      if (!answers.has(suspect.service) && above.some((one) => one.symptoms.has('errors'))) return { score: 2, text: `${isHost ? 'what runs on it' : 'its callers'} began to fail when it went quiet` };
      const leftOut = callerOf(false);
      if (leftOut) return leftOut;
      // What runs on a host sends it no traffic.
      const source = isHost ? undefined : above.find((one) => lost(one) && early(one));
      if (source) return { score: -2.5, text: `its caller ${source.service} lost traffic as well` };
      // A failing service elsewhere explains the missing calls better than the silence does.
      if (anyFailing) return { score: -1, text: isHost ? 'only its metrics stopped' : 'only its traffic fell' };
      return { score: 1.5, text: isHost ? 'nothing that runs on it fails' : topology.isPlaced(suspect.service) ? 'no caller above it lost traffic' : 'who calls it is not known' };
    }
    if (suspect.symptoms.has('surge')) {
      const repeated = callerOf(true);
      if (repeated) return repeated;
      return above.some((one) => one.symptoms.has('surge')) ? { score: -2, text: 'its callers send more' } : { score: -0.5, text: 'only its traffic rose' };
    }
    const host = topology.isHost(suspect.service) ? suspect : (belowOf.get(suspect) ?? []).find((one) => topology.isHost(one.service) && [...one.shortOf].some((kind) => suspect.uses.has(kind)));
    const guests = host ? (aboveOf.get(host) ?? []).filter((one) => one !== suspect && failing(one)) : [];
    if (host && guests.length > 0) {
      const neighbour = host === suspect ? above.find((one) => [...host.shortOf].every((kind) => one.uses.has(kind))) : undefined;
      if (neighbour && host.shortOf.size > 0) return { score: -2.5, text: `${neighbour.service} on it uses it up` };
      const score = 1.5 + 0.5 * Math.min(MOST_FOLLOWERS, guests.length);
      if (host !== suspect) return { score, text: `it uses up what ${host.service} has, on which ${guests.length === 1 ? 'another' : 'others'} degraded` };
      if (host.shortOf.size > 0) return { score, text: 'what runs on it degraded with it' };
    }
    if (!topology.isPlaced(suspect.service)) return suspect.isBacklog && anyFailing ? { score: -LEFT, text: BACKLOG } : unplaced(suspect);
    return { score: 0, text: suspect.isBacklog ? BACKLOG : suspect.resources > 0 ? RESOURCES : 'its requests show nothing' };
  };
}

/** Callees of one caller that went quiet, that nobody else calls, and none of which calls another; nothing where its calls to some of them fail and to others do not: the others it no longer calls. */
function quietBelow({ service }: Suspect, byService: ReadonlyMap<string, Suspect>, topology: Topology): readonly Suspect[] {
  const found = topology.callees(service).flatMap((name) => byService.get(name) ?? []).filter((one) => lost(one) && !failing(one) && topology.callers(one.service).every((caller) => caller === service));
  const failed = found.filter((one) => topology.edges.some((edge) => edge.client === service && edge.server === one.service && fails(edge)));
  if (failed.length > 0 && failed.length < found.length) return [];
  return found.some((one) => found.some((other) => topology.below(one.service, HOPS).has(other.service))) ? [] : found;
}

/** Of a service whose calls are not known. */
function unplaced(suspect: Suspect): Position {
  if (suspect.isBacklog) return { score: -PASSED_ON, text: BACKLOG };
  if (suspect.isBacking) return { score: BACKING, text: 'others call it, and it calls nobody' };
  if (suspect.passesOn) return { score: -PASSED_ON, text: 'it fails as a gateway does when what it calls fails' };
  return { score: 0, text: suspect.resources > 0 && !failing(suspect) ? RESOURCES : 'whom it calls is not known' };
}
const BACKLOG = 'more comes in than is taken out';
const RESOURCES = 'its own resources changed';

const shortText = (resource: string | undefined): string => (resource === undefined ? 'went quiet' : `is short of ${resource === 'cpu' ? 'processor time' : resource}`);

const failing = ({ symptoms }: Suspect): boolean => symptoms.has('errors') || symptoms.has('latency');
const lost = ({ symptoms }: Suspect): boolean => symptoms.has('drop');

/** Whether the callee's trouble is large enough to be the caller's, in what was `asked` about where the caller shows it. `alike`: in the same measure, or as one that is known to show late. Where the two share no measure, that it is in trouble must do. */
function explains(callee: Suspect, caller: Suspect, asked: Symptom | undefined, answers: boolean): 'alike' | 'unlike' | undefined {
  if (!failing(callee)) return !answers && lost(callee) && caller.symptoms.has('errors') ? 'alike' : undefined;
  // A saturated process keeps its callers waiting before it begins to count.
  if (callee.resources > 0 && asked === undefined) return 'alike';
  const symptom = asked !== undefined && caller.symptoms.has(asked) ? asked : undefined;
  if (symptom !== undefined && !callee.symptoms.has(symptom)) return undefined;
  let shared = false;
  for (const [measure, rise] of caller.rises) {
    const counts = symptom === undefined ? measure.startsWith('latency ') || measure.startsWith('errors ') : measure.startsWith(`${symptom} `);
    const own = counts ? callee.rises.get(measure) : undefined;
    if (own === undefined || rise <= 0) continue;
    if (own >= EXPLAINED * rise) return 'alike';
    shared = true;
  }
  return shared ? undefined : 'unlike';
}
