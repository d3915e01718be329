import type { Anomaly, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';

/** A clock that differs by less does not change an order of onsets that counts: onsets are steps apart. */
const LEAST_MS = 5_000;
/** A clock that differs by more is set wrongly: its telemetry lies outside the steps that are judged. */
const MOST_MS = 600_000;
const LEAST_CALLS = 5;
const MOST_SPANS = 50_000;

/** How far the clock of a service runs ahead of that of whoever calls it first. */
export interface Skew {
  readonly service: string;
  readonly aheadMs: number;
}

interface PairRow {
  readonly caller: string;
  readonly service: string;
  readonly ahead: number;
}

/**
 * Clocks that differ, from calls before the onset whose two halves both sent spans: a request cannot be served before it is sent, and begins to be served
 * before its answer came, so what lies outside is the difference of the two clocks. The median over the calls counts.
 */
export async function loadSkews(store: Store, services: readonly string[], onset: UnixMs): Promise<Skew[]> {
  if (services.length < 2) return [];
  const rows = await store.query<PairRow>(
    `WITH spans AS (
       SELECT TraceId, SpanId, ParentSpanId, SpanKind, ServiceName, toFloat64(toUnixTimestamp64Milli(Timestamp)) AS start, start + Duration / 1e6 AS end FROM otel_traces
       WHERE ServiceName IN {services:Array(String)} AND SpanKind IN ('Server', 'Client') AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({onset:Int64}) AND TraceId != ''
       ORDER BY Timestamp DESC LIMIT ${MOST_SPANS})
     SELECT caller, service, quantileExact(0.5)(off) AS ahead FROM (
       SELECT sent.ServiceName AS caller, served.ServiceName AS service, multiIf(served.start < sent.start, served.start - sent.start, served.start > sent.end, served.start - sent.end, 0.) AS off
       FROM (SELECT * FROM spans WHERE SpanKind = 'Server' AND ParentSpanId != '') AS served
       INNER JOIN (SELECT * FROM spans WHERE SpanKind = 'Client') AS sent ON served.TraceId = sent.TraceId AND served.ParentSpanId = sent.SpanId)
     WHERE caller != service GROUP BY caller, service HAVING count() >= ${LEAST_CALLS} ORDER BY caller, service`,
    { params: { services, from: onset - MOST_MS, onset }, timeoutSeconds: 5 },
  );
  return skewsOf(rows);
}

/** From differences between caller and callee to differences from whoever nobody calls. */
export function skewsOf(pairs: readonly PairRow[]): Skew[] {
  const called = new Set(pairs.map(({ service }) => service));
  const ahead = new Map(pairs.filter(({ caller }) => !called.has(caller)).map(({ caller }) => [caller, 0]));
  // In a cycle nobody is first: the clock of one of them is as good as any.
  const [any] = pairs;
  if (ahead.size === 0 && any) ahead.set(any.caller, 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (const pair of pairs) {
      const own = ahead.get(pair.caller);
      if (own === undefined || ahead.has(pair.service)) continue;
      ahead.set(pair.service, own + pair.ahead);
      changed = true;
    }
  }
  return [...ahead].filter(([, ms]) => Math.abs(ms) >= LEAST_MS && Math.abs(ms) <= MOST_MS).map(([service, ms]) => ({ service, aheadMs: Math.round(ms) }));
}

/** The evidence with its onsets on one clock, for the order in which services changed; the incident keeps the times as they were sent. */
export function corrected(evidence: readonly Anomaly[], skews: readonly Skew[]): readonly Anomaly[] {
  if (skews.length === 0) return evidence;
  const ahead = new Map(skews.map(({ service, aheadMs }) => [service, aheadMs]));
  return evidence.map((one) => ({ ...one, startsAt: one.startsAt - (ahead.get(one.series.service) ?? 0) }));
}

/** " The clock of payment runs 40 s ahead; the order of onsets allows for it." */
export function skewText(skews: readonly Skew[]): string {
  return skews.map(({ service, aheadMs }) => ` The clock of ${service} runs ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead' : 'behind'}; the order of onsets allows for it.`).join('');
}
