import type { PromAnswer, PromHistogram, PromSeries, PromStats } from '#core/promql.js';
import type { Labels, UnixMs } from '#core/types.js';

/** Answers in the JSON of https://prometheus.io/docs/prometheus/latest/querying/api/, written column by column without an object per sample. */
export function answerJson(answer: PromAnswer, limit: number, stats: string): string {
  const { result } = answer;
  let warnings = answer.warnings;
  let body: string;
  if (result.type === 'scalar') body = point(result.time, quoted(result.value));
  else if (result.type === 'string') body = point(result.time, JSON.stringify(result.value));
  else {
    const isCut = limit > 0 && result.series.length > limit;
    if (isCut) warnings = [...warnings, 'results truncated due to limit'];
    body = `[${(isCut ? result.series.slice(0, limit) : result.series).map(result.type === 'vector' ? vectorItem : matrixItem).join(',')}]`;
  }
  return success(`{"resultType":"${result.type}","result":${body}${stats === '' || !answer.stats ? '' : `,"stats":${JSON.stringify(statsOf(answer.stats))}`}}`, warnings, answer.infos);
}

/** Prometheus' names, seconds. */
function statsOf({ queuedMs, preparedMs, evaluatedMs, samples }: PromStats): object {
  const [queue, prepare, evaluate] = [queuedMs / 1000, preparedMs / 1000, evaluatedMs / 1000];
  const timings = { evalTotalTime: prepare + evaluate, resultSortTime: 0, queryPreparationTime: prepare, innerEvalTime: evaluate, execQueueTime: queue, execTotalTime: queue + prepare + evaluate };
  return { timings, samples: { totalQueryableSamples: samples, peakSamples: samples } };
}

export function success(data: string, warnings: readonly string[] = [], infos: readonly string[] = []): string {
  return `{"status":"success","data":${data}${warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : ''}${infos.length > 0 ? `,"infos":${JSON.stringify(infos)}` : ''}}`;
}

const written = new WeakMap<Labels, string>();

/** Labels as JSON; the engine gives one object for one label set, so the text of each is made once. */
function metricJson(metric: Labels): string {
  const known = written.get(metric);
  if (known !== undefined) return known;
  const text = JSON.stringify(metric);
  written.set(metric, text);
  return text;
}

/** The beginnings of points at `times`, which the series of one answer share. */
let latest: { readonly times: Float64Array; readonly texts: readonly string[] } | undefined;

function beginnings(times: Float64Array): readonly string[] {
  if (latest?.times !== times) latest = { times, texts: Array.from(times, (time) => `[${seconds(time)},"`) };
  return latest.texts;
}

function vectorItem({ metric, times, values, histograms }: PromSeries): string {
  const [native] = histograms;
  const sample = native ? `"histogram":${point(native.time, histogramJson(native.histogram))}` : `"value":${point(times[0] ?? 0, quoted(values[0] ?? Number.NaN))}`;
  return `{"metric":${metricJson(metric)},${sample}}`;
}

function matrixItem({ metric, times, values, histograms }: PromSeries): string {
  const parts = [`"metric":${metricJson(metric)}`];
  if (times.length > 0) {
    const starts = beginnings(times);
    let points = '';
    for (let at = 0; at < times.length; at += 1) points += `${at === 0 ? '' : ','}${starts[at]}${numeral(values[at] ?? Number.NaN)}"]`;
    parts.push(`"values":[${points}]`);
  }
  if (histograms.length > 0) parts.push(`"histograms":[${histograms.map(({ time, histogram }) => point(time, histogramJson(histogram))).join(',')}]`);
  return `{${parts.join(',')}}`;
}

function point(time: UnixMs, value: string): string {
  return `[${seconds(time)},${value}]`;
}

/** Seconds with three decimals, or none when they are whole. */
export function seconds(time: UnixMs): string {
  return time % 1000 === 0 ? String(time / 1000) : (time / 1000).toFixed(3);
}

/** A float as Go writes it, in quotes: JSON has no infinities. */
export function quoted(value: number): string {
  return `"${numeral(value)}"`;
}

function numeral(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : Object.is(value, -0) ? '-0' : String(value);
}

function histogramJson({ count, sum, buckets }: PromHistogram): string {
  const listed = buckets.map(([boundaries, lower, upper, inside]) => `[${boundaries},${quoted(lower)},${quoted(upper)},${quoted(inside)}]`);
  return `{"count":${quoted(count)},"sum":${quoted(sum)}${listed.length > 0 ? `,"buckets":[${listed.join(',')}]` : ''}}`;
}
