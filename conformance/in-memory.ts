import { runQuery, type RunOptions } from '../promql/run.js';
import { createMemorySource } from './memory.js';
import type { Point } from './compare.js';
import type { Subject } from './runner.js';

/** As Prometheus' own test engine: 5 minutes of lookback, subqueries every minute. */
const TEST_OPTIONS: Omit<RunOptions, 'source'> = { limits: { maxSeries: 10_000, maxSamples: 10_000_000 }, timeoutMs: 100_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true };

/** The engine alone, without store and HTTP. */
export function createMemorySubject(): Subject {
  const source = createMemorySource();
  return {
    async load(series, stepMs) {
      for (const one of series) source.load(one, stepMs);
    },
    async clear() {
      source.clear();
    },
    async ask({ text, start, end, stepMs, instant }) {
      const steps = instant ? 1 : Math.floor((end - start) / stepMs) + 1;
      const { result, warnings, infos } = await runQuery(text, { start, step: stepMs, steps, end }, instant, { ...TEST_OPTIONS, source });
      if (result.type === 'scalar') return { type: 'scalar', scalar: result.value, series: [], warnings, infos };
      if (result.type === 'string') return { type: 'string', string: result.value, series: [], warnings, infos };
      const series = result.series.map(({ labels, times, values, histograms }) => {
        const points = new Map<number, Point>();
        for (const [at, time] of times.entries()) points.set(time, values[at] ?? Number.NaN);
        for (const { time, histogram } of histograms) points.set(time, histogram);
        return { labels, points };
      });
      return { type: result.type, series, warnings, infos };
    },
  };
}
