import type { Store } from '#store/store.js';
import { readPoints, toSeriesData, type VirtualFamily } from './family.js';

/** As often as rules are usually evaluated. */
const STEP_MS = 60_000;

const NAME = 'faultline_incident';
/** Incidents stand beside the alerts of rules, under a name that no rule has. */
const ALERTS = 'ALERTS';

const LABELS: Readonly<Record<string, string>> = {
  [NAME]: "map('id', id, 'severity', toString(severity), 'state', toString(status), 'service', JSONExtractString(document, 'causes', 1, 'service'))",
  [ALERTS]: "map('alertname', 'FaultlineIncident', 'alertstate', 'firing', 'incident', id, 'severity', toString(severity), 'service', JSONExtractString(document, 'causes', 1, 'service'))",
};

/** 1 for every minute of each incident, by severity, by its state now and by the service ranked first as its cause; once as Faultline's own metric and once as an alert. */
export function createIncidentMetrics(store: Store): VirtualFamily {
  return {
    metrics: { [NAME]: { type: 'gauge', help: '1 while an incident lasts.', unit: '' }, [ALERTS]: { type: 'gauge', help: '1 while an alert of a rule, or an incident, lasts.', unit: '' } },
    async read(name, matchers, from, to, limits) {
      const sql = `SELECT ${LABELS[name] ?? 'map()'} AS labels, arrayJoin(range(toUInt64(first), toUInt64(last) + 1, ${STEP_MS})) AS t, 1. AS v
        FROM (SELECT id, severity, status, document, greatest(toUnixTimestamp64Milli(starts_at), {from:Int64} + 1) AS first, least(ifNull(toUnixTimestamp64Milli(ends_at), toUnixTimestamp64Milli(now64(3))), {to:Int64}) AS last FROM incidents FINAL) WHERE last >= first`;
      return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
    },
  };
}
