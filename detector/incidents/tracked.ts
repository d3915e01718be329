import type { Incident, IncidentEvent, UnixMs } from '#core/types.js';
import type { Analysed } from './analysis.js';
import type { Topology } from './graph/topology.js';

/** An incident that is open, or was until a moment ago. */
export interface Tracked {
  incident: Incident;
  /** When it was stored last, milliseconds since the epoch, or more: it rises. */
  version: number;
  /** When this run stored it last. */
  storedAt?: UnixMs;
  /** An event that was not accepted yet; sent again at the pace of updates, after a restart with the next step. */
  due: IncidentEvent['type'] | null;
  /** When it was last not accepted. */
  refusedAt?: UnixMs;
  /** When it could last not be explained or stored. */
  failedAt?: UnixMs;
  analysed: Analysed;
  /** It is to be explained anew; of one that is resolved, to be stored. */
  dirty: boolean;
  /** Its evidence goes on since it was stored. */
  renewed?: boolean;
  /** What was news of it when it was last told. */
  told?: string;
  /** How well calls went while its trouble lasted: they are well again before it is over. */
  calls?: Topology;
  /** Its opening is told from then on, or once the detector is no longer late: it may be over by now. */
  heldUntil: UnixMs;
}

/** Those that are not over. */
export const activeOf = (tracked: ReadonlyMap<string, Tracked>): Tracked[] => [...tracked.values()].filter(({ incident }) => incident.status !== 'resolved');
