import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

export interface Deploy {
  readonly service: string;
  readonly version: string;
  readonly at: UnixMs;
}

/** Versions first seen between `from` and `to` in services that ran another version before, oldest first. */
export async function loadDeploys(store: Store, services: readonly string[], from: UnixMs, to: UnixMs): Promise<Deploy[]> {
  const rows = await store.query<{ service: string; version: string; at: number | string }>(
    `SELECT service, version, at FROM (
       SELECT service, version, toUnixTimestamp(min(time)) AS at, min(at) OVER (PARTITION BY service) AS first
       FROM red_5s WHERE service IN {services:Array(String)} AND version != '' AND time >= toDateTime({history:UInt32}) AND time <= toDateTime({to:UInt32})
       GROUP BY service, version)
     WHERE at > first AND at >= {from:UInt32} ORDER BY at`,
    { params: { services, history: Math.floor(from / 1000) - 3600, from: Math.floor(from / 1000), to: Math.ceil(to / 1000) } },
  );
  return rows.map((row) => ({ service: row.service, version: row.version, at: Number(row.at) * 1000 }));
}
