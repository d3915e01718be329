import { setImmediate } from 'node:timers/promises';
import { labelOf, labelSet, METRIC_NAME } from './labels.js';
import { matches } from './matchers.js';
import { runQuery, type RunOptions } from './run.js';
import type { SampleSource } from './source.js';
import { RecentSamples } from './store/recent-samples.js';
import type { Rows } from '#store/samples.js';
import type { StoredSeries } from './store/series-rows.js';

const SERIES = 60;
const ROOM = 8 * 1024 ** 2;
const INTERVAL_MS = 15_000;
const SAMPLES = 240;
const STEP_MS = 60_000;
/** On a machine with so little time for it, it is let be. */
const LIMIT_MS = 10_000;
const BOUNDS = ['0.01', '0.1', '0.5', '1', '5', '+Inf'];
/** What is asked so often runs as optimised code. */
const ROUNDS = 8;

/** What dashboards ask, of series that no store holds. */
const QUERIES = [
  'some_total', 'some_total > 3', 'rate(some_total[5m])', 'sum by (job) (rate(some_total[5m]))', 'topk(5, increase(some_total[1m]))', 'sum without (instance) (some_total)', 'count(some_total)',
  'sum by (job) (rate(some_total{code=~"5.."}[5m])) / on (job) group_left sum by (job) (rate(some_total[5m]))', 'quantile(0.9, rate(some_total[5m]))', 'histogram_quantile(0.9, sum by (le) (rate(some_bucket[5m])))',
  'max_over_time(some_bytes[1h])', 'avg by (job) (avg_over_time(some_bytes[5m]))', 'deriv(some_bytes[10m])', 'label_replace(some_bytes, "host", "$1", "instance", "(.*):.*") + 1',
];

/** Runs the engine's code over made-up samples until it is compiled, so that the first who ask do not wait for that. Takes a part of a second, in slices. */
export async function warmUp(): Promise<void> {
  const end = SAMPLES * INTERVAL_MS;
  const options: RunOptions = { source: madeUp(), limits: { maxSeries: Infinity, maxSamples: Infinity }, timeoutMs: LIMIT_MS, lookbackMs: 5 * STEP_MS, subqueryStepMs: STEP_MS, experimental: false };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const query of QUERIES) {
      await runQuery(query, { start: end - round, step: 1, steps: 1 }, true, options);
      await runQuery(query, { start: end / 2, step: STEP_MS, steps: end / 2 / STEP_MS }, false, options);
      await setImmediate();
    }
  }
}

/** A few counters, gauges and buckets, read as the newest samples are. */
function madeUp(): SampleSource {
  const memory = new RecentSamples(ROOM, -Infinity);
  const all = ['some_total', 'some_bytes', 'some_bucket'].map((name, metric) => ({ name, series: Array.from({ length: SERIES }, (_none, at) => seriesOf(name, metric * SERIES + at)) }));
  for (const { name, series } of all) memory.add(rowsOf(name, series), Infinity);
  return {
    select(matchers, from, to, limits) {
      const own = all.find(({ name }) => name === matchers.find((matcher) => matcher.name === METRIC_NAME)?.value)?.series ?? [];
      const found = memory.read(own.filter(({ labels }) => matchers.every((matcher) => matches(matcher, labelOf(labels, matcher.name)))), from, to, limits.maxSamples);
      return Promise.resolve(Array.from(found, ([{ labels }, samples]) => ({ labels, ...samples, histograms: undefined })));
    },
  };
}

function seriesOf(name: string, at: number): StoredSeries {
  const labels = labelSet([[METRIC_NAME, name], ['code', at % 5 === 0 ? '500' : '200'], ['instance', `host-${at}:9100`], ['job', `job-${at % 3}`], ['le', BOUNDS[at % BOUNDS.length] ?? '']]);
  return { id: BigInt(at), low: at, high: 0, labels };
}

function rowsOf(name: string, series: readonly StoredSeries[]): Rows {
  const rows = SERIES * SAMPLES;
  const ids = new Uint32Array(rows * 2);
  const times = new Float64Array(rows);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const at = row % SAMPLES;
    ids[row * 2] = series[Math.floor(row / SAMPLES)]?.low ?? 0;
    times[row] = (at + 1) * INTERVAL_MS - ((row * 7919) % 40);
    values[row] = name === 'some_bytes' ? 1e8 + ((row * 7919) % 9973) : at * (1 + Math.floor(row / SAMPLES));
  }
  return { rows, ids, times, values };
}
