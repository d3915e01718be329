import type { Anomaly, Impact, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { userVisible } from './correlate.js';

/** Longer ago is not read again. */
const MOST_MS = 6 * 3_600_000;
/** What is usual is that of so long before the onset, in parts, of which the middle one counts: trouble that was over shortly before is outvoted. */
const BASELINE_MS = 3_600_000;
const BASELINE_PART_MS = 600_000;
/** Who was behind more bad requests than these is estimated from the newest. */
const MOST_TRACES = 20_000;
const TIMEOUT_S = 5;
/** Attributes that tell people or tenants apart, those that mean the fewest people each first. Names of OpenTelemetry's conventions, and what is common beside them. */
const PEOPLE = ['enduser.id', 'user.id', 'enduser.pseudo.id', 'user.name', 'customer.id', 'tenant.id', 'tenant', 'organization.id', 'account.id', 'session.id', 'client.address'] as const;

/** The services whose trouble users notice. */
export function noticed(evidence: readonly Anomaly[]): string[] {
  return [...new Set(evidence.filter(userVisible).map(({ series }) => series.service))].filter(Boolean);
}

/** What users noticed between the onset and `now`, counted by trace in ClickHouse; null where no requests were recorded. What is sampled away is not counted. */
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
  return { requests, failed, slow: Math.max(0, bad - failed), people: bad > 0 ? await loadPeople(store, params) : null, from, to: now };
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

/** Distinct people behind bad requests, by the first attribute that any span of those requests has. */
async function loadPeople(store: Store, params: Readonly<Record<string, unknown>>): Promise<Impact['people']> {
  const rows = await store.query<{ attribute: string; count: string }>(
    `WITH ${BAD_SPANS}
     SELECT key AS attribute, uniq(value) AS count FROM (
       SELECT arrayJoin(arrayFilter(pair -> pair.2 != '', arrayMap(name -> (name, if(SpanAttributes[name] != '', SpanAttributes[name], ResourceAttributes[name])), {keys:Array(String)}))) AS pair, pair.1 AS key, pair.2 AS value
       FROM otel_traces WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64}) - INTERVAL 1 MINUTE AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
         AND TraceId IN (SELECT TraceId FROM judged WHERE failed OR late ORDER BY Timestamp DESC LIMIT ${MOST_TRACES}))
     GROUP BY key`,
    { params: { ...params, keys: PEOPLE }, timeoutSeconds: TIMEOUT_S },
  );
  for (const attribute of PEOPLE) {
    const found = rows.find((row) => row.attribute === attribute);
    if (found && Number(found.count) > 0) return { attribute, count: Number(found.count) };
  }
  return null;
}
