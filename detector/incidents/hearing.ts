import type { Anomaly, Incident, UnixMs } from '#core/types.js';
import type { IncidentsConfig } from './config.js';
import { withoutStale } from './lifecycle.js';

/** When the detector spoke: evidence is not stale because the detector is. */
export interface Hearing {
  hear(batch: readonly Anomaly[], now: UnixMs): void;
  /** Whether it may not yet have spoken again of what lasts. */
  isAnew(now: UnixMs): boolean;
  /** Without waiting for evidence that it no longer speaks of. */
  withoutStale(incident: Incident): Incident;
}

export function createHearing({ stale_after: staleAfter }: Pick<IncidentsConfig, 'stale_after'>): Hearing {
  let heardAt = 0;
  /** When it last spoke of each, where that is not long ago: when it is late, its newest points are old. */
  const heardOf = new Map<string, UnixMs>();
  /** Since when it speaks without a long silence: so long after it, what lasted before the silence or a restart may still be told anew. */
  let heardSince = 0;
  return {
    hear(batch, now) {
      if (Math.abs(now - heardAt) > staleAfter / 2) heardSince = now;
      heardAt = now;
      for (const [id, at] of heardOf) if (at < now - staleAfter) heardOf.delete(id);
      for (const { id } of batch) heardOf.set(id, now);
    },
    isAnew: (now) => now - heardSince <= staleAfter,
    withoutStale: (incident) => withoutStale(incident, heardAt - staleAfter, heardOf),
  };
}
