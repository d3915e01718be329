import type { Anomaly, Impact, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { userVisible } from '../symptom.js';

/** Longer ago is not read again. */
const MOST_MS = 6 * 3_600_000;
/** What is usual is that of so long before the onset, in parts, of which the middle one counts: trouble that was over shortly before is outvoted. */
const BASELINE_MS = 3_600_000;
const BASELINE_PART_MS = 600_000;
/** Who was behind more bad requests than these, and how many of those that failed were answered, is estimated from the newest. */
const MOST_TRACES = 20_000;
const TIMEOUT_S = 5;
/** Attributes that tell people or tenants apart, those that mean the fewest people each first. Names of OpenTelemetry's conventions, and what is common beside them. */
const PEOPLE = ['enduser.id', 'user.id', 'enduser.pseudo.id', 'user.name', 'customer.id', 'tenant.id', 'tenant', 'organization.id', 'account.id', 'session.id', 'client.address'] as const;

/** The services whose trouble users notice. */
export function noticed(evidence: readonly Anomaly[]): string[] {
  return [...new Set(evidence.filter(userVisible).map(({ series }) => series.service))].filter(Boolean);
}

/** What users noticed between the onset and `now`, counted by trace in ClickHouse; null where no requests were recorded. What is sampled away is not counted. Nobody was behind what failed and was answered all the same. */
export async function loadImpact(store: Store, services: readonly string[], onset: UnixMs, now: UnixMs): Promise<Impact | null> {
  if (services.length === 0) return null;
  const from = Math.max(onset, now - MOST_MS);
  const params = { services, from, before: onset - BASELINE_MS, onset, to: now };
  const [counts] = await store.query<{ requests: string; failures: string; bad: string }>(
    `WITH ${BAD_SPANS}
     SELECT uniq(TraceId) AS requests, uniqIf(TraceId, failed) AS failures, uniqIf(TraceId, failed OR late) AS bad FROM judged`,
    { params, timeoutSeconds: TIMEOUT_S },
  );
  const [requests = 0, failed = 0, bad = 0] = counts ? [counts.requests, counts.failures, counts.bad].map(Number) : [];
  if (requests === 0) return null;
  const { answered, people } = bad > 0 ? await loadSeen(store, params) : { answered: 0, people: null };
  return { requests, failed, answered: Math.round(failed * answered), slow: Math.max(0, bad - failed), people, from, to: now };
}

/** Spans that the services served, with what is usual for each operation, in milliseconds. */
const BAD_SPANS = `usual AS (
       SELECT service AS ServiceName, operation AS SpanName, quantileExactLow(0.5)(p95) AS common FROM (
         SELECT service, operation, quantilesTDigestMerge(0.5, 0.95, 0.99)(duration)[2] AS p95 FROM red_1m
         WHERE service IN {services:Array(String)} AND kind IN ('Server', 'Consumer') AND time >= toDateTime(intDiv({before:Int64}, 1000)) AND time + 60 <= toDateTime(intDiv({onset:Int64}, 1000))
         GROUP BY service, operation, intDiv({onset:Int64} - 1000 * toUnixTimestamp(time), ${BASELINE_PART_MS}))
       GROUP BY service, operation),
     judged AS (
       SELECT TraceId, StatusCode = 'Error' AS failed, common > 0 AND Duration > 2e6 * common AS late, Timestamp FROM otel_traces LEFT JOIN usual USING (ServiceName, SpanName)
       WHERE ServiceName IN {services:Array(String)} AND SpanKind IN ('Server', 'Consumer') AND TraceId != ''
         AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64}))`;

/** Of attributes those that tell people apart. A look for each name copies all attributes of every span as often. */
const named = (attributes: string): string => `mapFilter((key, value) -> value != '' AND has({keys:Array(String)}, key), ${attributes})`;

/**
 * What users saw of bad requests: the share of those that failed whose outermost Server spans are fine, such as one that was made again, and distinct people behind the others, by the first attribute that any of their spans has.
 * A Server span is outermost where it is not known that a service called it that was asked itself. A failed Consumer span is answered by nothing.
 */
async function loadSeen(store: Store, params: Readonly<Record<string, unknown>>): Promise<{ readonly answered: number; readonly people: Impact['people'] }> {
  const rows = await store.query<{ key: string; count: string }>(
    `WITH ${BAD_SPANS}
     SELECT key, uniq(value) AS count FROM (
       SELECT arrayJoin(multiIf(failed AND answered, [('answered', TraceId)], failed, arrayPushBack(people, ('failed', TraceId)), people)) AS pair, pair.1 AS key, pair.2 AS value FROM (
       SELECT TraceId,
         groupUniqArrayArray(CAST(mapUpdate(${named('ResourceAttributes')}, ${named('SpanAttributes')}), 'Array(Tuple(String, String))')) AS people,
         groupArrayIf((cityHash64(ParentSpanId), StatusCode = 'Error'), SpanKind = 'Server') AS served, groupArray((cityHash64(SpanId), ServiceName)) AS spans, groupUniqArrayIf(ServiceName, SpanKind = 'Server') AS asked,
         arrayMap(span -> span.1, arrayFilter(span -> has(asked, span.2), spans)) AS inside,
         arrayFilter(span -> NOT has(inside, span.1), served) AS outermost,
         countIf(StatusCode = 'Error' AND SpanKind IN ('Server', 'Consumer') AND ServiceName IN {services:Array(String)}) > 0 AS failed,
         notEmpty(outermost) AND NOT arrayExists(span -> span.2, outermost) AND countIf(StatusCode = 'Error' AND SpanKind = 'Consumer' AND ServiceName IN {services:Array(String)}) = 0 AS answered
       FROM otel_traces WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64}) - INTERVAL 1 MINUTE AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
         AND TraceId IN (SELECT TraceId FROM judged WHERE failed OR late ORDER BY Timestamp DESC LIMIT ${MOST_TRACES})
       GROUP BY TraceId))
     GROUP BY key`,
    { params: { ...params, keys: PEOPLE }, timeoutSeconds: TIMEOUT_S },
  );
  const counts = new Map(rows.map(({ key, count }) => [key, Number(count)]));
  const [answered, failed] = [counts.get('answered') ?? 0, counts.get('failed') ?? 0];
  const attribute = PEOPLE.find((name) => counts.has(name));
  return { answered: answered / Math.max(1, answered + failed), people: attribute === undefined ? null : { attribute, count: counts.get(attribute) ?? 0 } };
}
