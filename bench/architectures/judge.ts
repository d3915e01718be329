import type { Incident, UnixMs } from '#core/types.js';
import type { Config } from '../../config.js';
import type { Ask } from '../../detector/ask.js';
import { scoreCauses } from '../../detector/incidents/cause/root-cause.js';
import { evidenceOf } from '../../evaluate/evidence.js';
import { lookedAt, liveThrough } from '../../evaluate/incidents.js';
import { piecesOf } from '../../evaluate/pieces.js';
import { topologies } from './topology.js';
import type { Answer } from './classes/class.js';
import type { Recorded } from './record.js';
import { STEP_MS } from './serve.js';

/** Of what is told the window, calls are counted in pieces of this width. */
const WIDE_MS = 45_000;
/** As live: calls of the last minute beside those of half an hour. */
const RECENT_MS = 60_000;
const MARGIN_MS = 60_000;
const USUAL_MS = 1_800_000;

/** How a case was judged. */
export interface Verdict {
  /** Told the window: a cause came first, or whoever may be blamed too. */
  readonly ranked: boolean;
  readonly rankedAccepted: boolean;
  /** Told nothing: an incident opened after the onset, a cause came first two steps later, or in any at its end. */
  readonly found: boolean;
  readonly opened: boolean;
  readonly openedAccepted: boolean;
  readonly ended: boolean;
  /** Incidents beyond those that are due, and before the onset. */
  readonly extra: number;
  readonly early: number;
}

export async function judge(recorded: Recorded, answer: Answer, config: Pick<Config, 'detector' | 'incidents'>, models: Ask): Promise<Verdict> {
  const incidents = await live(recorded, config, models);
  const due = incidents.flatMap((states) => ((states[0]?.openedAt ?? 0) >= recorded.onset ? [states] : []));
  const firstOf = (incident: Incident | undefined): string => incident?.causes[0]?.service ?? '';
  const isCause = (name: string): boolean => answer.causes.includes(name);
  const isAccepted = (name: string): boolean => isCause(name) || (answer.accepted?.includes(name) ?? false);
  const ranked = rank(recorded);
  const opened = firstOf(due[0] && lookedAt(due[0], STEP_MS));
  return {
    ranked: isCause(ranked), rankedAccepted: isAccepted(ranked),
    found: due.length > 0, opened: isCause(opened), openedAccepted: isAccepted(opened),
    ended: due.some((states) => isCause(firstOf(states.at(-1)))),
    extra: Math.max(0, due.length - (answer.causes.length === 0 ? 0 : (answer.most ?? 1))), early: incidents.length - due.length,
  };
}

/** Told when it was, the likeliest cause; '' where nobody is suspected. */
function rank(recorded: Recorded): string {
  const { told, onset } = recorded;
  const topology = topologies(recorded, piecesOf(told.spans, WIDE_MS, onset))((at) => at >= onset, (at) => at < onset - MARGIN_MS);
  const { anomalies, step } = evidenceOf(told);
  return scoreCauses(anomalies, topology, [], 0, { step })[0]?.service ?? '';
}

/** Told nothing, all states of all incidents. */
function live(recorded: Recorded, config: Pick<Config, 'detector' | 'incidents'>, models: Ask): Promise<Incident[][]> {
  const topologyOf = topologies(recorded, piecesOf(recorded.told.spans, STEP_MS, 0));
  return liveThrough(recorded.told, config, models, (now: UnixMs) => {
    const start = now - RECENT_MS;
    return topologyOf((at) => at >= start && at <= now, (at) => at < start - MARGIN_MS && at >= now - USUAL_MS);
  });
}
