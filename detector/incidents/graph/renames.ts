import type { Anomaly, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** A new name appears with the rollout that ends the old one. */
const AROUND_MS = 180_000;
/** Of the operations of the old name, so many go on under the new one. */
const LEAST_SHARED = 0.5;
const HISTORY_MS = 3_600_000;

/** A service that fell silent while another began with the same operations. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Evidence of services whose requests stopped altogether. */
export function silenced(evidence: readonly Anomaly[]): Anomaly[] {
  return evidence.filter(({ series, direction }) => series.kind === 'rate' && series.operation === '' && direction === 'absent');
}

/** Which silent services go on under a name that nobody knew in the hour before: at least half of their operations do. */
export async function loadRenames(store: Store, gone: readonly Anomaly[]): Promise<Rename[]> {
  const found: Rename[] = [];
  for (const { series, startsAt } of gone) {
    const [best] = await store.query<{ service: string }>(
      `WITH (SELECT groupUniqArray(operation) FROM red_5s WHERE service = {service:String} AND time >= toDateTime({history:UInt32}) AND time < toDateTime({onset:UInt32})) AS known
       SELECT service FROM red_5s WHERE service != {service:String} AND time >= toDateTime({history:UInt32}) AND time <= toDateTime({until:UInt32})
       GROUP BY service HAVING min(time) >= toDateTime({since:UInt32}) AND length(known) > 0 AND length(arrayIntersect(groupUniqArray(operation), known)) >= {share:Float64} * length(known)
       ORDER BY length(arrayIntersect(groupUniqArray(operation), known)) DESC, service LIMIT 1`,
      { params: { service: series.service, share: LEAST_SHARED, ...secondsAround(startsAt) } },
    );
    if (best) found.push({ from: series.service, to: best.service });
  }
  return found;
}

function secondsAround(onset: UnixMs): Readonly<Record<'history' | 'onset' | 'since' | 'until', number>> {
  const seconds = (at: UnixMs): number => Math.floor(at / 1000);
  return { history: seconds(onset - HISTORY_MS), onset: seconds(onset), since: seconds(onset - AROUND_MS), until: seconds(onset + AROUND_MS) };
}
