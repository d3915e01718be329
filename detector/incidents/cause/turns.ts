import type { Anomaly, RankedCause } from '#core/types.js';
import type { IncidentsConfig } from '../config.js';
import { decisive } from '../group/correlate.js';
import { opens } from '../group/opens.js';

/** Evidence of one incident in two turns: all that decided over the first was over when the second began. */
export interface Turns {
  readonly before: readonly Anomaly[];
  readonly since: readonly Anomaly[];
}

/** The last turn of an incident, and what came before; undefined where its trouble was never over. */
export function turnsOf(evidence: readonly Anomaly[]): Turns | undefined {
  let cut: number | undefined;
  let over = Number.NEGATIVE_INFINITY;
  for (const { startsAt, endsAt } of decisive(evidence).toSorted((a, b) => a.startsAt - b.startsAt)) {
    if (startsAt > over && over > Number.NEGATIVE_INFINITY) cut = startsAt;
    over = Math.max(over, endsAt ?? Number.POSITIVE_INFINITY);
  }
  if (cut === undefined) return undefined;
  const began = cut;
  const isSince = ({ startsAt, endsAt }: Anomaly): boolean => startsAt >= began || endsAt === null || endsAt > began;
  return { before: evidence.filter((one) => !isSince(one)), since: evidence.filter(isSince) };
}

/**
 * The turn that explains what is wrong now, where that is other trouble than before: it would be an incident by itself, and its likeliest cause was fine in the turns before it.
 * What was repaired is no cause of what came after; where the same service is in trouble again the incident is one, however often that came and went.
 */
export function newTrouble(evidence: readonly Anomaly[], rank: (evidence: readonly Anomaly[]) => readonly RankedCause[], config: IncidentsConfig): (Turns & { readonly causes: readonly RankedCause[] }) | undefined {
  const turns = turnsOf(evidence);
  if (!turns || !opens(turns.since, config)) return undefined;
  const causes = rank(turns.since);
  const service = causes[0]?.service;
  return service === undefined || decisive(turns.before).some(({ series }) => series.service === service) ? undefined : { ...turns, causes };
}
