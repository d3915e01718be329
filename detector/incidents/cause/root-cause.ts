import type { ProcessChange } from '#core/processes.js';
import type { RankedCause, Anomaly, UnixMs } from '#core/types.js';
import { apartText } from '#core/words.js';
import { changedCallers, changedCalls } from './calls-per-request.js';
import { changeBefore, deployBefore, type Deploy } from './deploys.js';
import { change, unusual } from '../explain/explain.js';
import { positionOf } from './position/position.js';
import { silentPeers, suspectsOf, withPeers, type Rarity, type Suspect } from './suspects.js';
import type { Symptom } from '../symptom.js';
import type { Topology } from '../graph/topology.js';

/** Of the causes of one incident. */
export const SHOWN = 5;
/** What the ranks of one incident sum to: the rest is left for a cause that shows nothing. docs/rca.md says why so much. */
export const SEEN = 0.95;
/** What a suspect that the alarmed service does not call, directly or not, loses. */
const APART = 2;
/** What a suspect without the symptom of the alarm loses. */
const UNLIKE = 1.5;
/** What a new version just before its trouble speaks for a suspect, and what other processes do: those come and go for many reasons. */
const DEPLOYED = 2.5;
const CHANGED = 1;
/** Onsets this far apart are clearly one before the other; never less than two steps. */
const ONSET_MS = 30_000;

/** What else is known, where it is. */
export interface Knowledge {
  /** From the history of the same system's alerts. */
  readonly rarity?: Rarity;
  /** The service whose alarm asks for an explanation: its cause is itself or below it, and shows the like where the alarm says what. */
  readonly alarm?: { readonly service: string; readonly symptom: Symptom | undefined };
  /** Time between two points of the evidence, milliseconds: onsets are no more exact. */
  readonly step?: number;
  /** Processes that came and went. */
  readonly changes?: readonly ProcessChange[];
}

export interface Scored {
  readonly service: string;
  readonly score: number;
  readonly onsetAt: UnixMs;
  readonly reason: string;
}

/** Services ranked by how well each explains the others; confidences sum to SEEN. At most five, best first. */
export function rankCauses(anomalies: readonly Anomaly[], topology: Topology, deploys: readonly Deploy[], deployWindow: number, knowledge: Knowledge = {}): RankedCause[] {
  const best = scoreCauses(anomalies, topology, deploys, deployWindow, knowledge).slice(0, SHOWN);
  const top = best[0]?.score ?? 0;
  const total = best.reduce((sum, { score }) => sum + Math.exp(score - top), 0);
  return best.map(({ service, score, onsetAt, reason }) => ({ service, confidence: (SEEN * Math.exp(score - top)) / total, onsetAt, reason }));
}

/** Every suspect with the sum of what speaks for and against it, best first; of equals, the one that calls least is first. */
export function scoreCauses(anomalies: readonly Anomaly[], topology: Topology, deploys: readonly Deploy[], deployWindow: number, { rarity, alarm, step = 0, changes = [] }: Knowledge = {}): Scored[] {
  const calls = changedCalls(anomalies, topology);
  const shown = withPeers(suspectsOf(anomalies, rarity), silentPeers(anomalies, topology));
  const suspects = [...shown, ...changedCallers(calls, shown)];
  const first = suspects.length > 0 ? Math.min(...suspects.map(({ onsetAt }) => onsetAt)) : 0;
  const place = positionOf(suspects, topology, calls, step, alarm?.symptom);
  const reach = alarm && topology.below(alarm.service, Number.POSITIVE_INFINITY);
  const decay = Math.max(ONSET_MS, 2 * step);
  return suspects
    .map((suspect) => {
      const deploy = deployBefore(deploys, suspect.service, suspect.onsetAt, deployWindow);
      const changed = deploy ? undefined : changeBefore(changes, suspect.service, suspect.onsetAt, deployWindow);
      const position = place(suspect);
      const onset = 1.5 * Math.exp(-(suspect.onsetAt - first) / decay);
      const apart = reach && alarm?.service !== suspect.service && !reach.has(suspect.service) ? APART : 0;
      const unlike = alarm?.symptom !== undefined && !suspect.symptoms.has(alarm.symptom) ? UNLIKE : 0;
      // Bare alerts, at once and everywhere, say nothing by their places: their rarity is all there is.
      const evidence = rarity ? suspect.strength : suspect.strength + position.score + Math.min(2, suspect.resources);
      const score = evidence + onset + (deploy ? DEPLOYED : changed ? CHANGED : 0) - apart - unlike;
      return { service: suspect.service, score, onsetAt: suspect.onsetAt, reason: reasonOf(suspect, first, deploy, changed, rarity && suspect.strongest ? rarity.text(suspect.strongest) : position.text) };
    })
    .toSorted((a, b) => b.score - a.score || topology.callees(a.service).length - topology.callees(b.service).length);
}

function reasonOf(suspect: Suspect, first: UnixMs, deploy: Deploy | undefined, changed: ProcessChange | undefined, position: string): string {
  const laterMs = suspect.onsetAt - first;
  const told = suspect.told && `calls to it ${suspect.told === 'errors' ? 'began to fail' : 'became slow'}`;
  const seen = [suspect.strongest && `${change(suspect.strongest)}${unusual(suspect.strongest)}`, told].filter((text) => text !== null).join(', and ');
  const when = laterMs < 500 ? 'first to change' : `${apartText(laterMs)} after the first sign`;
  const rollout = deploy ? `; version ${deploy.version} appeared ${beforeText(suspect.onsetAt - deploy.at)}` : changed ? `; ${changed.text.charAt(0).toLowerCase()}${changed.text.slice(1)} ${beforeText(suspect.onsetAt - changed.at)}` : '';
  return suspect.symptoms.size === 0 ? `${position}, and its own requests show nothing${rollout}.` : `${seen}, ${when}; ${position}${rollout}.`;
}

/** Steps and rollouts are no more exact than some seconds. */
const AT_ONCE_MS = 5_000;
const beforeText = (ms: number): string => (ms < AT_ONCE_MS ? 'at that moment' : `${apartText(ms)} before`);
