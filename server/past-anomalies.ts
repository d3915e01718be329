import type { PastAnomaly } from '#core/api/incidents.js';
import type { Anomaly, Incident } from '#core/types.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';

const sideOf = ({ direction }: Pick<Anomaly, 'direction'>): number => (direction === 'up' ? 1 : -1);

/** For each piece of evidence the last anomaly of its series on its side before the incident, with what came of it. */
export async function loadPastAnomalies(store: Store, { evidence, startsAt }: Pick<Incident, 'evidence' | 'startsAt'>): Promise<Record<string, PastAnomaly>> {
  if (evidence.length === 0) return {};
  const rows = await store.query<{ last: string; times: string }>(
    `SELECT argMax(document, starts_at) AS last, count() AS times FROM anomalies FINAL
     WHERE series IN {series:Array(String)} AND toUnixTimestamp64Milli(starts_at) < {before:Int64} GROUP BY series, JSONExtractString(document, 'direction') = 'up'`,
    { params: { series: [...new Set(evidence.map(({ series }) => series.id))], before: startsAt } },
  );
  const found = rows.map(({ last, times }) => ({ anomaly: JSON.parse(last) as Anomaly, times: Number(times) }));
  const owners = await loadOwners(store, found.map(({ anomaly }) => anomaly));
  const before: Record<string, PastAnomaly> = {};
  for (const one of evidence) {
    const like = found.find(({ anomaly }) => anomaly.series.id === one.series.id && sideOf(anomaly) === sideOf(one));
    if (!like) continue;
    const { id, startsAt: at, endsAt, score, value, expected } = like.anomaly;
    const owner = owners.find((incident) => incident.evidence.some((known) => known.id === id));
    before[one.id] = { id, startsAt: at, endsAt, score, value, expected, times: like.times, incident: owner ? { id: owner.id, title: owner.title } : null, verdict: (owner?.anomalyVerdicts?.[id] ?? owner?.verdict)?.kind ?? null };
  }
  return before;
}

/** Incidents with any of these as evidence: those that lasted when one began. */
async function loadOwners(store: Store, anomalies: readonly Anomaly[]): Promise<Incident[]> {
  if (anomalies.length === 0) return [];
  const onsets = anomalies.map(({ startsAt }) => startsAt);
  return loadDocuments(
    store, 'incidents',
    `toUnixTimestamp64Milli(starts_at) <= {newest:Int64} AND (ends_at IS NULL OR toUnixTimestamp64Milli(assumeNotNull(ends_at)) >= {oldest:Int64})
       AND arrayExists(at -> toUnixTimestamp64Milli(starts_at) <= at AND (ends_at IS NULL OR toUnixTimestamp64Milli(assumeNotNull(ends_at)) >= at), {onsets:Array(Int64)}) AND multiSearchAny(document, {ids:Array(String)})`,
    { newest: Math.max(...onsets), oldest: Math.min(...onsets), onsets, ids: anomalies.map(({ id }) => id) },
  );
}
