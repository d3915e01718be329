import { fingerprint } from '#core/fingerprint.js';
import type { Labels } from '#core/types.js';
import type { RuleLab } from '../alerts/rules/unit/unit-run.js';
import { parseHistogram, parseLabels, parseSeries, type Written } from '../promql/notation.js';
import { toPromHistogram, toPromResult } from '../promql/engine.js';
import { compareLabels, fromRecord, toRecord, type LabelSet } from '../promql/labels.js';
import { matchesAll } from '../promql/matchers.js';
import { runQuery } from '../promql/run.js';
import { FLOAT, HISTOGRAM, STALE, type SampleSource, type SeriesData } from '../promql/source.js';

/** As Prometheus' own test engine. */
const OPTIONS = { limits: { maxSeries: 100_000, maxSamples: 50_000_000 }, timeoutMs: 100_000, lookbackMs: 300_000, subqueryStepMs: 60_000, experimental: true };

interface LabSeries {
  readonly labels: LabelSet;
  /** Sorted. */
  readonly times: number[];
  readonly samples: Written[];
}

/** The PromQL engine over series in memory. */
export function createRuleLab(): RuleLab {
  const all = new Map<string, LabSeries>();

  function put(labels: Labels, time: number, sample: Written): void {
    const key = fingerprint(labels);
    const series = all.get(key) ?? { labels: fromRecord(labels), times: [], samples: [] };
    all.set(key, series);
    const at = firstAfter(series.times, time - 1);
    const isKnown = series.times[at] === time;
    series.times.splice(at, isKnown ? 1 : 0, time);
    series.samples.splice(at, isKnown ? 1 : 0, sample);
  }

  const source: SampleSource = {
    async select(matchers, from, to) {
      const found = [...all.values()].filter(({ labels }) => matchesAll(matchers, labels)).map((series) => columns(series, from, to));
      return found.filter(({ times }) => times.length > 0).toSorted((a, b) => compareLabels(a.labels, b.labels));
    },
  };

  return {
    load(series, values, stepMs) {
      const { labels, samples } = parseSeries(`${series} ${values}`);
      for (const [index, sample] of samples.entries()) if (sample !== undefined) put(toRecord(labels), index * stepMs, sample);
    },
    async write({ samples, ended }, time) {
      for (const { labels, value } of samples) put(labels, time, value);
      for (const labels of ended) put(labels, time, 'stale');
    },
    async instant(query, time, { lookbackMs } = {}) {
      const { result, warnings, infos } = await runQuery(query, { start: time, step: 1, steps: 1 }, true, { ...OPTIONS, lookbackMs: lookbackMs ?? OPTIONS.lookbackMs, source });
      return { result: toPromResult(result, time), warnings, infos };
    },
    labels: (text) => toRecord(parseLabels(text.trim()).labels),
    histogram: (text) => toPromHistogram(parseHistogram(text.trim())),
  };
}

/** The place of the first of the sorted `times` that is after `time`. */
function firstAfter(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function columns({ labels, times, samples }: LabSeries, from: number, to: number): SeriesData {
  const [first, end] = [firstAfter(times, from), firstAfter(times, to)];
  const kept = samples.slice(first, end);
  return {
    labels,
    times: Float64Array.from(times.slice(first, end)),
    values: Float64Array.from(kept, (sample) => (typeof sample === 'number' ? sample : Number.NaN)),
    kinds: Uint8Array.from(kept, (sample) => (typeof sample === 'number' ? FLOAT : sample === 'stale' ? STALE : HISTOGRAM)),
    histograms: kept.map((sample) => (typeof sample === 'object' ? sample : undefined)),
  };
}
