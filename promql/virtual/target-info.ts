import { DAY_MS } from '#core/clock.js';
import type { Store } from '#store/store.js';
import { readPoints, toSeriesData, type VirtualFamily } from './family.js';

const NAME = 'target_info';
const STEP_MS = 60_000;
/** Over more than this, points are half as far apart as they are looked back for, at most half of the usual lookback. */
const LONG_MS = DAY_MS;
const LONG_STEP_MS = 150_000;
/** Longest time after which a series that still arrives is described again, and a little more. */
const DESCRIBED_MS = 900_000;
/** These are in `job` and `instance`. */
const IDENTIFYING = "'service.name', 'service.namespace', 'service.instance.id'";

/**
 * 1 for every minute of each resource that sends OTLP metrics, or of two and a half where the range is long, its attributes as labels: what `info` joins. Of two resources with the same job and instance, one follows the other.
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1
 */
export function createTargetInfo(store: Store): VirtualFamily {
  return {
    metrics: { [NAME]: { type: 'gauge', help: 'Attributes of a resource that sends OTLP metrics.', unit: '' } },
    async read(name, matchers, from, to, limits) {
      const stepMs = to - from > LONG_MS ? Math.max(STEP_MS, Math.min(LONG_STEP_MS, Math.floor((limits.spanMs ?? 0) / 2))) : STEP_MS;
      const sql = `SELECT labels, arrayJoin(range(toUInt64(first), toUInt64(last) + 1, ${stepMs})) AS t, 1. AS v
        FROM (SELECT mapConcat(mapApply((k, v) -> (replaceRegexpAll(k, '[^a-zA-Z0-9_]', '_'), v), mapFilter((k, v) -> k NOT IN (${IDENTIFYING}), resource)), map('job', job, 'instance', instance)) AS labels,
            (intDiv(greatest({from:Int64}, ifNull(before, 0)), ${stepMs}) + 1) * ${stepMs} AS first, least(if(after IS NULL, seen + ${DESCRIBED_MS}, seen), {to:Int64}) AS last
          FROM (SELECT *, lagInFrame(seen) OVER one AS before, leadInFrame(seen) OVER one AS after
            FROM (SELECT labels['job'] AS job, labels['instance'] AS instance, mapApply((k, v) -> (toString(k), v), resource) AS resource, toNullable(max(toInt64(toUnixTimestamp(last_seen))) * 1000) AS seen FROM metric_series WHERE arrayExists(k -> k NOT IN (${IDENTIFYING}), mapKeys(resource)) GROUP BY job, instance, resource)
            WINDOW one AS (PARTITION BY job, instance ORDER BY seen, toString(resource) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)))
        WHERE last >= first`;
      return (await readPoints(store, { name, sql, matchers, from, to }, limits)).map(toSeriesData);
    },
  };
}
