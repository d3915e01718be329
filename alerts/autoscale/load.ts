import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export const STEP_S = 15;
/** An hour of points. */
const POINTS = 240;
/** Spans arrive in batches of some seconds: newer steps are not complete. The forecast bears what is later. */
const SETTLE_MS = 15_000;

/**
 * Requests per second of each of `services` over the last hour, in steps of 15 s, oldest first, from its first request
 * on. 0: other services were seen and this one was not; null: nothing at all was seen, so nothing is known.
 */
export async function readLoad(store: Store, services: readonly string[], now: UnixMs): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
  const until = Math.floor((now - SETTLE_MS) / (STEP_S * 1000)) * STEP_S;
  const from = until - POINTS * STEP_S;
  const rows = await store.query<{ slot: number; name: string; requests: string }>(
    `SELECT toInt32(intDiv(toUnixTimestamp(time) - {from:UInt32}, {step:UInt32})) AS slot, if(has({services:Array(String)}, service), service, '') AS name, sum(count) AS requests
     FROM red_5s WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({until:UInt32}) AND kind IN ('Server', 'Consumer') GROUP BY slot, name`,
    { params: { from, until, step: STEP_S, services }, timeoutSeconds: 10 },
  );
  const alive = new Set(rows.map(({ slot }) => slot));
  const counts = new Map(rows.map(({ slot, name, requests }) => [`${name}\u0000${slot}`, Number(requests)]));
  return new Map(
    services.map((service) => {
      const points = Array.from({ length: POINTS }, (_, slot) => (alive.has(slot) ? (counts.get(`${service}\u0000${slot}`) ?? 0) / STEP_S : null));
      const first = points.findIndex((point) => point !== null && point > 0);
      return [service, first < 0 ? [] : points.slice(first)];
    }),
  );
}
