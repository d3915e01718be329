import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** Up to five traces through `services` in the window, failed ones first, then the slowest. */
export async function loadTraces(store: Store, services: readonly string[], from: UnixMs, to: UnixMs): Promise<string[]> {
  const rows = await store.query<{ TraceId: string }>(
    `SELECT TraceId FROM otel_traces WHERE ServiceName IN {services:Array(String)} AND TraceId != ''
       AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
     GROUP BY TraceId ORDER BY max(StatusCode = 'Error') DESC, max(Duration) DESC LIMIT 5`,
    { params: { services, from, to }, timeoutSeconds: 10 },
  );
  return rows.map((row) => row.TraceId);
}
