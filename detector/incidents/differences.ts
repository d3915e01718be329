import type { AttributeDifference, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** Keys with more values than this say who asked, not what broke. */
const MAX_VALUES = 50;
/** How far back good times reach. */
const BASELINE_MS = 300_000;

export interface DifferencesOf {
  readonly service: string;
  /** What makes a span bad: that it failed, or that it took longer than 95 % of the same operation's before the onset. */
  readonly symptom: 'errors' | 'latency';
  readonly onset: UnixMs;
  readonly to: UnixMs;
}

/** The five attribute values that most separate the bad requests that `service` served since the onset from its good ones, those before the onset included. */
export async function loadDifferences(store: Store, { service, symptom, onset, to }: DifferencesOf): Promise<AttributeDifference[]> {
  const rows = await store.query<{ key: string; value: string; badShare: number; goodShare: number }>(
    `WITH spans AS (
       SELECT SpanName, Timestamp >= fromUnixTimestamp64Milli({onset:Int64}) AS after, StatusCode = 'Error' AS failed, Duration, mapConcat(ResourceAttributes, SpanAttributes) AS attributes FROM otel_traces
       WHERE ServiceName = {service:String} AND SpanKind IN ('Server', 'Consumer') AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
       ORDER BY Timestamp DESC LIMIT 20000),
     usual AS (SELECT SpanName, quantile(0.95)(Duration) AS slow FROM spans WHERE NOT after GROUP BY SpanName),
     marked AS (SELECT after AND ${symptom === 'errors' ? 'failed' : 'Duration > slow'} AS bad, attributes FROM spans LEFT JOIN usual USING (SpanName)),
     (SELECT countIf(bad) FROM marked) AS bads, (SELECT countIf(NOT bad) FROM marked) AS goods
     SELECT key, value, b / bads AS badShare, g / goods AS goodShare FROM (
       SELECT pair.1 AS key, pair.2 AS value, countIf(bad) AS b, countIf(NOT bad) AS g, count() OVER (PARTITION BY key) AS values
       FROM marked ARRAY JOIN CAST(attributes, 'Array(Tuple(String, String))') AS pair GROUP BY key, value)
     WHERE values <= {limit:UInt32} AND bads > 0 AND goods > 0 AND badShare - goodShare >= 0.1
     ORDER BY badShare - goodShare DESC LIMIT 5`,
    { params: { service, onset, from: onset - BASELINE_MS, to, limit: MAX_VALUES }, timeoutSeconds: 10 },
  );
  return rows.map(({ key, value, badShare, goodShare }) => ({ key, value, badShare, goodShare }));
}
