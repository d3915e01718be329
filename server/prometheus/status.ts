import { availableParallelism } from 'node:os';
import type { ApiSource, ApiStatus } from '#core/api/status.js';
import type { PromCardinality, PromLimits } from '#core/promql.js';
import type { UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';

/** The answers of `/api/v1/status/…` and `/api/v1/targets`: what Faultline is, in the fields that Prometheus' clients look for. */

const DEFAULT_ENTRIES = 10;
/** What was not heard from for this long is down. */
const SILENT_MS = 300_000;
/** No Go duration has days. */
const duration = (ms: number): string => (ms % 3_600_000 === 0 && ms > 0 ? `${ms / 3_600_000}h` : ms % 60_000 === 0 && ms > 0 ? `${ms / 60_000}m` : `${ms / 1000}s`);

/** How many entries of each kind `status/tsdb` lists; undefined when `given` is no number that Prometheus takes. */
export function entriesOf(given: string): number | undefined {
  if (given === '') return DEFAULT_ENTRIES;
  const count = Number(given);
  return Number.isInteger(count) && count >= 1 && count <= 10_000 ? count : undefined;
}

export function tsdbData({ series, labelPairs, parts, firstSampleAt, lastSampleAt, seriesByMetric, valuesByLabel, bytesByLabel, seriesByPair }: PromCardinality): object {
  return {
    // There is no head here: these are of everything stored, and chunks are ClickHouse's parts.
    headStats: { numSeries: series, numLabelPairs: labelPairs, chunkCount: parts, minTime: firstSampleAt, maxTime: lastSampleAt },
    seriesCountByMetricName: seriesByMetric,
    labelValueCountByLabelName: valuesByLabel,
    memoryInBytesByLabelName: bytesByLabel,
    seriesCountByLabelValuePair: seriesByPair,
  };
}

export function runtimeData({ startedAt }: Pick<ApiStatus, 'startedAt'>, now: UnixMs): object {
  return {
    startTime: rfc3339(startedAt), CWD: '', hostname: '', serverTime: rfc3339(now), reloadConfigSuccess: true, lastConfigTime: rfc3339(startedAt), corruptionCount: 0,
    goroutineCount: 0, GOMAXPROCS: availableParallelism(), GOMEMLIMIT: 0, GOGC: '', GODEBUG: '', storageRetention: '',
  };
}

/** The flags that Faultline has the like of. */
export function flagsData({ lookbackMs, timeoutMs, maxSamples, maxConcurrency }: PromLimits): Readonly<Record<string, string>> {
  return {
    'query.lookback-delta': duration(lookbackMs), 'query.timeout': duration(timeoutMs), 'query.max-samples': String(maxSamples), 'query.max-concurrency': String(maxConcurrency),
    'web.enable-remote-write-receiver': 'true', 'web.enable-otlp-receiver': 'true', 'web.enable-admin-api': 'false', 'web.enable-lifecycle': 'false',
  };
}

/** There is no such file; nothing of Faultline's own configuration is shown, because it may hold addresses that are nobody's business. */
export const CONFIG_DATA = { yaml: '# Faultline scrapes nothing: telemetry is sent to it. Its own settings are in docs/config.md.\nglobal: {}\nscrape_configs: []\n' };

/** Faultline scrapes nothing. The services that send to it stand where targets would, so that a list of them is not empty for no reason. */
export function targetsData(sources: readonly ApiSource[], state: string, now: UnixMs): object {
  const active = sources.map(({ service, sdk, signals, problems }) => {
    const lastSeenAt = Math.max(0, ...signals.map((signal) => signal.lastSeenAt));
    return {
      discoveredLabels: { __address__: '', service_name: service, telemetry_sdk: sdk },
      labels: { job: service }, scrapePool: 'push', scrapeUrl: '', globalUrl: '', lastError: problems[0] ?? '', lastScrape: rfc3339(lastSeenAt), lastScrapeDuration: 0,
      health: now - lastSeenAt <= SILENT_MS ? 'up' : 'down', scrapeInterval: '0s', scrapeTimeout: '0s',
    };
  });
  const wanted = (name: string): boolean => state === '' || state === 'any' || state === name;
  return { activeTargets: wanted('active') ? active : [], droppedTargets: [], droppedTargetCounts: {} };
}
