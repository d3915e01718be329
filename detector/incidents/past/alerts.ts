import type { Anomaly, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { seenIn, type Seen } from '../cause/rarity.js';
import { isAlert } from '../symptom.js';

const MOST_READ = 1_000;
/** Of fewer nobody knows what is rare. */
const LEAST_KNOWN = 20;

/** What the newest incidents before `now` showed of alerts; undefined where too few are known to call any alert rare. */
export async function loadSeenAlerts(store: Store, now: UnixMs): Promise<Seen | undefined> {
  const rows = await store.query<{ evidence: string }>(
    `SELECT JSONExtractRaw(document, 'evidence') AS evidence FROM incidents FINAL WHERE position(document, '"alertname":') > 0 AND toUnixTimestamp64Milli(starts_at) <= {now:Int64} ORDER BY starts_at DESC LIMIT ${MOST_READ}`,
    { params: { now } },
  );
  const past = rows.map(({ evidence }) => (JSON.parse(evidence) as Anomaly[]).filter(({ series }) => isAlert(series))).filter((alerts) => alerts.length > 0);
  return past.length < LEAST_KNOWN ? undefined : seenIn(past);
}
