/** Series as a fleet of web servers has them: counters that restart, gauges that wander, classic histograms. Everything follows from the index of a series and the time, so two stores can be given the same. */

export interface BenchSeries {
  /** Names sorted, `__name__` among them. */
  readonly labels: readonly (readonly [string, string])[];
  /** The value of scrape `index`; called once for each, in order. */
  readonly next: (index: number) => number;
  /** Milliseconds that this target's scrapes lie behind the beat; never none, since Prometheus before 3.0 counts a sample on the left edge of a window and those after do not. */
  readonly phaseMs: number;
}

export const SCRAPE_MS = 15_000;
const JITTER_MS = 40;
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'] as const;
const CODES = ['200', '201', '404', '500', '503'] as const;
const METHODS = ['GET', 'POST'] as const;
/** A restart every eight hours of scrapes, at a moment of each instance's own. */
const RESTART_EVERY = 1_920;

/** A cheap hash of two small numbers, 0 to 1. */
export function noise(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(b + 0x7f4a_7c15, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4_eb2f);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

export const scrapeTime = (start: number, index: number, series: BenchSeries): number => start + index * SCRAPE_MS + series.phaseMs + Math.floor(noise(series.phaseMs, index) * JITTER_MS);

function counter(seed: number, instance: number, perScrape: number): BenchSeries['next'] {
  let total = 0;
  return (index) => {
    if ((index + instance * 37) % RESTART_EVERY === 0) total = 0;
    return (total += Math.floor(perScrape * (0.5 + noise(seed, index))));
  };
}

function gauge(seed: number): BenchSeries['next'] {
  let value = 1e8 * (1 + noise(seed, 0));
  return (index) => (value = Math.round(value * (1 + (noise(seed, index) - 0.5) / 50)));
}

/** `size` series: half are counters of requests, a tenth gauges, the rest buckets, sums and counts. */
export function benchSeries(size: number): BenchSeries[] {
  const all: BenchSeries[] = [];
  const add = (instance: number, labels: Readonly<Record<string, string>>, next: BenchSeries['next']): void => {
    const own = { job: `job-${instance % 5}`, instance: `10.0.${Math.floor(instance / 250)}.${instance % 250}:9100`, ...labels };
    all.push({ labels: Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)), next, phaseMs: 50 + ((instance * 997) % (SCRAPE_MS - 200)) });
  };
  for (let at = 0; at < size / 2; at += 1) {
    const instance = Math.floor(at / 100);
    add(instance, { __name__: 'http_requests_total', path: `/api/v1/resource-${Math.floor((at % 100) / 10)}`, code: CODES[at % 5] ?? '200', method: METHODS[at % 2] ?? 'GET', shard: String(Math.floor((at % 10) / 5)) }, counter(at, instance, 5 + (at % 50)));
  }
  for (let at = 0; at < size / 10; at += 1) add(Math.floor(at / 20), { __name__: at % 2 === 0 ? 'process_resident_memory_bytes' : 'queue_depth_bytes', worker: String(at % 20) }, gauge(at + 1e6));
  const histograms = Math.floor((size * 0.4) / (BOUNDS.length + 2));
  for (let at = 0; at < histograms; at += 1) {
    const instance = Math.floor(at / 20);
    const labels = { path: `/api/v1/resource-${at % 20}` };
    for (const [bucket, le] of BOUNDS.entries()) add(instance, { __name__: 'http_request_duration_seconds_bucket', le, ...labels }, bucketCounter(at, bucket, instance));
    add(instance, { __name__: 'http_request_duration_seconds_sum', ...labels }, counter(at + 2e6, instance, 3));
    add(instance, { __name__: 'http_request_duration_seconds_count', ...labels }, bucketCounter(at, BOUNDS.length - 1, instance));
  }
  return all;
}

/** Buckets are cumulative: each holds at least what those below it gained. */
function bucketCounter(histogram: number, bucket: number, instance: number): BenchSeries['next'] {
  let total = 0;
  return (index) => {
    if ((index + instance * 37) % RESTART_EVERY === 0) total = 0;
    for (let below = 0; below <= bucket; below += 1) total += Math.floor(noise(histogram * 16 + below, index) * 12 * Math.exp(-((below - 5) ** 2) / 8));
    return total;
  };
}
