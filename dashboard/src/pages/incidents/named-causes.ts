import type { RankedCause } from '#core/types.js';

/** The causes that an incident names: the likeliest, and one that is independent of it. */
export function namedCauses(causes: readonly RankedCause[]): readonly RankedCause[] {
  return causes.filter(({ independent }, rank) => rank === 0 || independent === true);
}
