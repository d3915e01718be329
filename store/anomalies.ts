import type { Anomaly, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from './store.js';

/** Writes episodes as they are now. Of each the row with the latest `updatedAt` counts: its own when left out. */
export async function saveAnomalies(store: Store, anomalies: readonly Anomaly[], updatedAt: (anomaly: Anomaly) => UnixMs = (anomaly) => anomaly.updatedAt): Promise<void> {
  await store.insert('anomalies', anomalies.map((anomaly) => ({
    id: anomaly.id, series: anomaly.series.id, service: anomaly.series.service, metric: anomaly.series.metric, starts_at: rfc3339(anomaly.startsAt), ends_at: anomaly.endsAt === null ? null : rfc3339(anomaly.endsAt),
    updated_at: rfc3339(updatedAt(anomaly)), score: anomaly.score, document: JSON.stringify(anomaly),
  })));
}
