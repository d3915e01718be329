import type { Anomaly, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import { isUnplaced, lastsUntil, relatedAcross, SERVICES_SILENT, silenceWindow, silentOf, whoseOf } from './correlate.js';
import { opens } from './opens.js';
import { isLoss } from '../symptom.js';
import type { Topology } from '../graph/topology.js';

/** What one service shows, or a metric of none, by onset. */
interface Shown {
  readonly service: string;
  readonly members: number[];
  /** Whether all of `members` are one group already. */
  whole: boolean;
  /** Whether traffic stays away from it. */
  loses: boolean;
}

/** Groups of anomalies connected through `related`. Near-linear where services are few hops apart or their anomalies overlap, so a storm is grouped within a step. */
export function group(anomalies: readonly Anomaly[], topology: Topology, config: IncidentsConfig): Anomaly[][] {
  const parent = anomalies.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== undefined && parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  const join = (a: number, b: number): void => void (parent[root(a)] = root(b));

  const isLossAt = (index: number): boolean => {
    const anomaly = anomalies[index];
    return anomaly !== undefined && isLoss(anomaly);
  };
  const services = new Map<string, Shown>();
  const byOnset = anomalies.map((_, index) => index).toSorted((a, b) => startOf(anomalies[a]) - startOf(anomalies[b]));
  for (const index of byOnset) {
    const anomaly = anomalies[index];
    if (!anomaly) continue;
    const shown = services.get(whoseOf(anomaly)) ?? { service: anomaly.series.service, members: [], whole: true, loses: false };
    services.set(whoseOf(anomaly), shown);
    shown.members.push(index);
    shown.loses ||= isLossAt(index);
  }
  for (const shown of services.values()) {
    // Of one service, those that overlap in time belong together: a sweep finds them.
    let longest = shown.members[0] ?? 0;
    for (const index of shown.members.slice(1)) {
      if (startOf(anomalies[index]) <= untilOf(anomalies[longest], config)) join(index, longest);
      else shown.whole = false;
      if (untilOf(anomalies[index], config) > untilOf(anomalies[longest], config)) longest = index;
    }
  }
  const all = [...services.values()];
  for (const [at, one] of all.entries()) {
    for (const other of all.slice(at + 1)) {
      const carries = topology.carries(one.service, other.service, config.max_hops);
      if (!carries && !(config.max_hops > 1 && one.loses && other.loses && topology.shareCaller(one.service, other.service))) continue;
      if (one.whole && other.whole && root(one.members[0] ?? 0) === root(other.members[0] ?? 0)) continue;
      for (const a of one.members) {
        for (const b of other.members) {
          const [first, second] = [anomalies[a], anomalies[b]];
          if (!first || !second) continue;
          if (second.startsAt > lastsUntil(first, config)) break;
          if (root(a) !== root(b) && (carries || (isLoss(first) && isLoss(second))) && relatedAcross(first, second, config)) join(a, b);
        }
      }
    }
  }
  const groups = new Map<number, number[]>();
  for (const index of anomalies.keys()) {
    const members = groups.get(root(index)) ?? [];
    members.push(index);
    groups.set(root(index), members);
  }
  // The group with the newest anomaly last.
  return [...groups.values()].toSorted((a, b) => (a.at(-1) ?? 0) - (b.at(-1) ?? 0)).map((members) => members.flatMap((index) => anomalies[index] ?? []));
}

/** Groups of which each would be an incident, and which began together in services of which nobody knows whom they call, or in so many that fell silent that one thing silenced them, as one; the others as they are. */
export function together(groups: readonly (readonly Anomaly[])[], topology: Topology, config: IncidentsConfig): (readonly Anomaly[])[] {
  if (config.max_hops === 0) return [...groups];
  const unplaced = joinedBy(groups, (members) => members.filter((one) => isUnplaced(one, topology)), () => true, config.window, config);
  return joinedBy(unplaced, silentOf, (silent) => new Set(silent.map(({ series }) => series.service)).size >= SERVICES_SILENT, silenceWindow(config), config);
}

/** The groups that would be incidents and whose anomalies of a kind began together as one, where `may` says that of all of these; the others as they are. */
function joinedBy(groups: readonly (readonly Anomaly[])[], ofKind: (members: readonly Anomaly[]) => readonly Anomaly[], may: (all: readonly Anomaly[]) => boolean, windowMs: number, config: IncidentsConfig): (readonly Anomaly[])[] {
  const apart: (readonly Anomaly[])[] = [];
  const onsets: { readonly at: UnixMs; readonly members: readonly Anomaly[] }[] = [];
  for (const members of groups) {
    const at = Math.min(...ofKind(members).map(({ startsAt }) => startsAt));
    if (at < Number.POSITIVE_INFINITY && opens(members, config)) onsets.push({ at, members });
    else apart.push(members);
  }
  let first = Number.NEGATIVE_INFINITY;
  const joined: (readonly Anomaly[])[][] = [];
  for (const { at, members } of onsets.toSorted((a, b) => a.at - b.at)) {
    if (at - first > windowMs) {
      first = at;
      joined.push([]);
    }
    joined.at(-1)?.push(members);
  }
  return [...apart, ...joined.flatMap((parts) => (may(parts.flatMap(ofKind)) ? [parts.flat()] : parts))];
}

const startOf = (anomaly: Anomaly | undefined): number => anomaly?.startsAt ?? 0;
const untilOf = (anomaly: Anomaly | undefined, config: IncidentsConfig): number => (anomaly ? lastsUntil(anomaly, config) : 0);
