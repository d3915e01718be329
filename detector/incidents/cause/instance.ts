import type { Anomaly, RankedCause, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { isAlert, isDown, symptomOf } from '../symptom.js';

/** What sent metrics in this time runs. */
const RUNS_MS = 600_000;

/** The causes, the first with the instance that alone shows it where there are others: a leak is of one process. What requests have in common is said from the requests. */
export async function withInstance(store: Store, causes: readonly RankedCause[], evidence: readonly Anomaly[], now: UnixMs): Promise<readonly RankedCause[]> {
  const [first, ...others] = causes;
  if (!first) return causes;
  const own = evidence.filter(({ series }) => series.service === first.service);
  const [instance, ...more] = new Set(own.map(({ series }) => series.labels['instance'] ?? ''));
  if (!instance || more.length > 0 || !own.every((one) => symptomOf(one) === 'resource' && one.measuredBy === undefined && !isAlert(one.series) && !isDown(one))) return causes;
  const [found] = await store.query<{ instances: string }>(
    "SELECT uniqExact(labels['instance']) AS instances FROM metric_series WHERE service = {service:String} AND labels['instance'] != '' AND last_seen >= toDateTime({since:UInt32})", { params: { service: first.service, since: Math.floor((now - RUNS_MS) / 1000) } },
  );
  const instances = Number(found?.instances ?? 0);
  return instances > 1 ? [{ ...first, reason: `${first.reason} Of its ${instances} instances only ${instance} shows it.` }, ...others] : causes;
}
