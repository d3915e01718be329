import type { CallsByCaller } from '../calls-per-request.js';
import { answering } from '../../graph/carriers.js';
import { isFailing, type Suspect } from '../suspects.js';
import type { Symptom } from '../../symptom.js';
import { HOPS, type Topology } from '../../graph/topology.js';
import { emptiedCaches } from './cache.js';
import { explains, type Likeness } from './explains.js';
import { reachOf, type Reach } from './reach.js';

/** A cause may show this much later than its effect. */
const LATE_MS = 45_000;
const LATE_STEPS = 3;

/** What the place of a suspect among the others says for it as a cause, or against it. */
export interface Position {
  readonly score: number;
  readonly text: string;
}

/** All suspects of an incident, and how they stand to each other. */
export interface Scene {
  readonly topology: Topology;
  readonly calls: CallsByCaller;
  readonly reach: Reach;
  /** Of the alarm that asks for an explanation. */
  readonly asked: Symptom | undefined;
  readonly step: number;
  /** How much later than its effect a cause may show. */
  readonly late: number;
  readonly anyFailing: boolean;
  /** Services that are called lately and answer as before. */
  readonly answers: ReadonlySet<string>;
  /** By what is asked more, the cache that no longer holds what it is asked for. */
  readonly emptied: ReadonlyMap<string, Suspect>;
  /** Services that are called and send no spans of their own. */
  readonly silent: ReadonlySet<string>;
  readonly find: (service: string) => Suspect | undefined;
  /** Suspects that call it, directly or not, or run on it. */
  readonly above: (suspect: Suspect) => readonly Suspect[];
  /** Suspects that it calls, directly or not, and runs on. */
  readonly below: (suspect: Suspect) => readonly Suspect[];
  /** What a host is short of that a service on it does not use up itself. */
  readonly lacking: (host: Suspect, guest: Suspect) => string | undefined;
  /** Whether the trouble of one explains that of another above it. */
  readonly explains: (lower: Suspect, upper: Suspect) => Likeness | undefined;
}

export function sceneOf(all: readonly Suspect[], topology: Topology, calls: CallsByCaller, step: number, asked?: Symptom): Scene {
  const byService = new Map(all.map((suspect) => [suspect.service, suspect]));
  const belowOf = new Map(all.map((suspect) => [suspect, [...topology.below(suspect.service, HOPS)].flatMap((service) => byService.get(service) ?? [])]));
  const aboveOf = new Map<Suspect, Suspect[]>(all.map((suspect) => [suspect, []]));
  for (const [upper, lower] of belowOf) for (const suspect of lower) aboveOf.get(suspect)?.push(upper);
  const reach = reachOf(all, byService, topology);
  const answers = answering(topology.edges);
  // One after the other or, at worst, at once: what each of them takes longer, or fails more, adds up.
  const several = new Map(topology.edges.flatMap(({ client, server, times = 1 }) => (times > 1 ? [[`${client}\0${server}`, times] as const] : [])));
  const lacking: Scene['lacking'] = (host, guest) => (topology.isHost(host.service) ? [...host.shortOf].find((kind) => !guest.uses.has(kind)) : undefined);
  return {
    topology, calls, reach, asked, step, answers, lacking,
    late: Math.max(LATE_MS, LATE_STEPS * step),
    anyFailing: all.some(isFailing),
    emptied: emptiedCaches(all, topology),
    silent: new Set(topology.edges.flatMap(({ server, silent }) => (silent ? server : []))),
    find: (service) => byService.get(service),
    above: (suspect) => aboveOf.get(suspect) ?? [],
    below: (suspect) => belowOf.get(suspect) ?? [],
    explains(lower, upper) {
      if (reach.cutOff.has(lower)) return undefined;
      return lacking(lower, upper) === undefined ? explains(lower, upper, asked, answers.has(lower.service), several.get(`${upper.service}\0${lower.service}`) ?? 1) : 'alike';
    },
  };
}
