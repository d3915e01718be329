import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { openStore } from '#store/open.js';
import type { Store } from '#store/store.js';
import { detectorConfig } from '../../detector/config.js';
import { openInference } from '../../detector/onnx/inference.js';
import { createSteps } from '../../detector/steps.js';
import { breakDown } from './breakdown.js';
import { difference, NONE, since, spent, sum, threads, usage, type Usage } from './costs.js';
import { fill } from './fill.js';

/** Steps whose costs are left out: series are described, sessions warm up. */
const WARM_UP = 2;
const MIB = 1024 ** 2;
const SAMPLE_MS = 50;
/** Between two looks at the event loop. */
const DELAY_MS = 5;
/** Longest wait until ClickHouse has merged what was written. */
const MERGE_LIMIT_MS = 30_000;
const MERGE_POLL_MS = 20;

/** Starts the detector on a filled folder and times it; everything is as in the product, but that a step follows the other without a wait. */
export async function measure(dataDir: string, series: number, steps: number, step: string): Promise<void> {
  const config = detectorConfig.parse({ step, max_series: 10_000_000 });
  const began = usage();
  const inner = await openStore({ dataDir });
  const times = { write: 0, models: 0 };
  const timed = async <T>(part: keyof typeof times, work: () => Promise<T>): Promise<T> => {
    const since = performance.now();
    try {
      return await work();
    } finally {
      times[part] += performance.now() - since;
    }
  };
  const store: Store = { ...inner, insert: (table, rows) => timed('write', () => inner.insert(table, rows)), insertNative: (table, blocks) => timed('write', () => inner.insertNative(table, blocks)) };
  const before = threads();
  const inference = await openInference();
  const modelThreads = threads().filter((thread) => !before.includes(thread));
  const rss = watchRss();
  try {
    const live = createSteps({ store, config, models: inference.ask, anomalies: { consume: async () => {} }, observer: { consume: async ({ runMs }) => void (times.models += runMs) } });
    const [newest] = await inner.query<{ until: string }>('SELECT toString(toUnixTimestamp64Milli(max(time))) AS until FROM metric_samples');
    const until = (Math.floor(Number(newest?.until) / config.step) + 1) * config.step;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const start = usage();
    delay.enable();
    await live.learn(until);
    delay.disable();
    report('cold start', start, series, delay.percentile(99) / 1e6, delay.max / 1e6);
    console.log(`            ${(since(began).wallMs / 1000).toFixed(1)} s from opening the store, ${rss.peak()} MiB at most`);
    const delays = createHistogram();
    // Telemetry comes between two steps, and that of the step after is there already, as for a detector that is behind.
    let written = until;
    const next = async (): Promise<void> => {
      for (const needed = live.doneUntil() + 2 * config.step; written < needed; written += config.step) await fill(inner, series, written, written + config.step, config.step);
    };
    const total = { wallMs: 0, cpuMs: 0 };
    let used = NONE;
    let mergesMs = 0;
    for (let done = 0; done < WARM_UP + steps; done += 1) {
      await next();
      // What the telemetry costs to merge is not the detector's.
      await merged(inner);
      if (done === WARM_UP) {
        used = NONE;
        mergesMs = 0;
        delays.reset();
        Object.assign(times, { write: 0, models: 0 });
        Object.assign(total, { wallMs: 0, cpuMs: 0 });
      }
      const from = usage();
      const before = spent(modelThreads);
      const stop = watchDelay(delays);
      await live.advance(written);
      stop();
      used = sum(used, difference(spent(modelThreads), before));
      const took = since(from);
      total.wallMs += took.wallMs;
      total.cpuMs += took.cpuMs;
      const stored = usage();
      await merged(inner);
      mergesMs += since(stored).cpuMs;
    }
    const { learned, learning } = live.watch.counts();
    const watched = learned + learning;
    console.log(
      `a step      ${(total.wallMs / steps).toFixed(0)} ms for ${watched} series (${learned} learned): ${thousands((watched * steps) / total.wallMs)} series/s; ${((total.cpuMs * 1000) / steps / watched).toFixed(1)} µs of processor time per series, and ${((mergesMs * 1000) / steps / watched).toFixed(1)} µs to merge the scores afterwards\n` +
        `            the models answered within ${(times.models / steps).toFixed(0)} ms, while it read; inserts ${(times.write / steps).toFixed(0)} ms\n` +
        `event loop  p99 ${(delays.percentile(99) / 1e6).toFixed(0)} ms, longest ${(delays.max / 1e6).toFixed(0)} ms\nmemory      ${rss.peak()} MiB at most, ${rss.now()} MiB at the end`,
    );
    await breakDown(inner, live, config, { used, steps, watched, next });
  } finally {
    rss.stop();
    await inference.close();
    await inner.close();
  }
}

/** Resolves when ClickHouse merges nothing. */
async function merged(store: Store): Promise<void> {
  for (const limit = performance.now() + MERGE_LIMIT_MS; performance.now() < limit; await setTimeout(MERGE_POLL_MS)) {
    const [row] = await store.query<{ merges: string }>('SELECT count() AS merges FROM system.merges');
    if (row?.merges === '0') return;
  }
}

/** Records how long turns of the event loop take, in nanoseconds, until it is stopped. A monitor of Node's that is enabled again counts the time between as a delay. */
function watchDelay(into: RecordableHistogram): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    into.record(Math.max(1, Math.round((now - last) * 1e6)));
    last = now;
  }, DELAY_MS);
  return () => clearInterval(timer);
}

function report(what: string, before: Usage, series: number, p99: number, longest: number): void {
  const { wallMs, cpuMs } = since(before);
  console.log(`${what.padEnd(12)}${(wallMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} s of processor time for ${series} metric series; event loop p99 ${p99.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`);
}

const thousands = (perMs: number): string => Math.round(perMs * 1000).toLocaleString('en-US');

function watchRss(): { peak(): string; now(): string; stop(): void } {
  let most = 0;
  const look = (): void => void (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(look, SAMPLE_MS);
  return {
    peak: () => (look(), (most / MIB).toFixed(0)),
    now: () => (process.memoryUsage.rss() / MIB).toFixed(0),
    stop: () => clearInterval(timer),
  };
}
