import type { Store } from '#store/store.js';
import { readPoints, toSeriesData, type VirtualFamily } from './family.js';

/** As often as rules are usually evaluated. */
const STEP_MS = 60_000;

/** 1 for every minute of each incident, by severity and by the service ranked first as its cause. */
export function createIncidentMetrics(store: Store): VirtualFamily {
  return {
    metrics: { faultline_incident: { type: 'gauge', help: '1 while an incident lasts.', unit: '' } },
    async read(name, matchers, from, to, limits) {
      const sql = `SELECT map('id', id, 'severity', toString(severity), 'service', JSONExtractString(document, 'causes', 1, 'service')) AS labels, arrayJoin(range(toUInt64(first), toUInt64(last) + 1, ${STEP_MS})) AS t, 1. AS v
        FROM (SELECT id, severity, document, greatest(toUnixTimestamp64Milli(starts_at), {from:Int64} + 1) AS first, least(ifNull(toUnixTimestamp64Milli(ends_at), toUnixTimestamp64Milli(now64(3))), {to:Int64}) AS last FROM incidents FINAL) WHERE last >= first`;
      return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
    },
  };
}
