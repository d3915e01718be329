import type { AttributeDifference, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** Keys with more values than this say who asked, not what broke. */
const MAX_VALUES = 50;

/** The five attribute values of `service` that most separate bad spans from good ones. Bad: failed, or, when none failed, the slowest twentieth. */
export async function loadDifferences(store: Store, service: string, from: UnixMs, to: UnixMs): Promise<AttributeDifference[]> {
  const rows = await store.query<{ key: string; value: string; badShare: number; goodShare: number }>(
    `WITH spans AS (
       SELECT StatusCode = 'Error' AS failed, Duration, mapConcat(ResourceAttributes, SpanAttributes) AS attributes FROM otel_traces
       WHERE ServiceName = {service:String} AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
       ORDER BY Timestamp DESC LIMIT 20000),
     (SELECT count() FROM spans WHERE failed) AS failures, (SELECT quantile(0.95)(Duration) FROM spans) AS slow,
     marked AS (SELECT if(failures > 0, failed, Duration > slow) AS bad, attributes FROM spans),
     (SELECT countIf(bad) FROM marked) AS bads, (SELECT countIf(NOT bad) FROM marked) AS goods
     SELECT key, value, b / bads AS badShare, g / goods AS goodShare FROM (
       SELECT pair.1 AS key, pair.2 AS value, countIf(bad) AS b, countIf(NOT bad) AS g, count() OVER (PARTITION BY key) AS values
       FROM marked ARRAY JOIN CAST(attributes, 'Array(Tuple(String, String))') AS pair GROUP BY key, value)
     WHERE values <= {limit:UInt32} AND bads > 0 AND goods > 0 AND badShare - goodShare >= 0.1
     ORDER BY badShare - goodShare DESC LIMIT 5`,
    { params: { service, from, to, limit: MAX_VALUES }, timeoutSeconds: 10 },
  );
  return rows.map(({ key, value, badShare, goodShare }) => ({ key, value, badShare, goodShare }));
}
