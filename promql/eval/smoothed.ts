import type { VectorSelector } from '../ast.js';
import { isCustom } from '../histogram/histogram.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import { forMetric } from './annotations.js';
import { checkHeld, lookAt, type Context, type Grid } from './context.js';
import { interpolate, interpolateHistograms } from './edges.js';
import { MIXED_SCHEMAS } from './histogram-gain.js';
import { slide, split, type Window } from './ranges.js';
import type { Evaluation } from './turns.js';
import { emptySeries, isEmpty, setFloat, setHistogram, type VectorSeries } from './value.js';

/** Each series at every step on the line between the samples before and after, neither farther away than the lookback; the sample before when there is none after. */
export function* selectSmoothed(selector: VectorSelector, grid: Grid, context: Context): Evaluation<VectorSeries[]> {
  const windows = { rangeMs: context.lookbackMs, end: lookAt(selector, context), reach: { backMs: 0, aheadMs: context.lookbackMs } };
  const found: VectorSeries[] = [];
  for (const data of context.data.get(selector) ?? []) {
    if (context.checkTime()) yield;
    checkHeld(found.length + 1, grid, context);
    const series = emptySeries(data.labels, grid.steps);
    yield* slide(split(data), windows, grid, context, (window, step) => {
      const floats = window.to > window.from;
      const histograms = window.histogramTo > window.histogramFrom;
      if (floats && histograms) context.annotations.warn(forMetric('encountered a mix of histograms and floats', labelOf(data.labels, METRIC_NAME)), selector);
      else if (floats) putFloat(series, window, step);
      else putHistogram(series, window, step, selector, context);
    });
    if (!isEmpty(series)) found.push(series);
  }
  return found;
}

function putFloat(series: VectorSeries, { times, values, from, to, end }: Window, step: number): void {
  let after = to;
  while (after > from && (times[after - 1] ?? 0) >= end) after -= 1;
  if (after < to && times[after] === end) setFloat(series, step, values[after] ?? Number.NaN);
  else if (after > from) setFloat(series, step, after < to ? interpolate(times, values, after - 1, end, false) : (values[after - 1] ?? Number.NaN));
}

function putHistogram(series: VectorSeries, { histogramTimes: times, histograms, histogramFrom: from, histogramTo: to, end }: Window, step: number, selector: VectorSelector, { annotations }: Context): void {
  let at = to;
  while (at > from && (times[at - 1] ?? 0) >= end) at -= 1;
  const before = at > from ? histograms[at - 1] : undefined;
  const after = at < to ? histograms[at] : undefined;
  if (after && times[at] === end) return setHistogram(series, step, after);
  if (!before) return;
  // A hint tells of the sample before, not of the value.
  if (!after) return setHistogram(series, step, { ...before, hint: 'unknown' });
  if (isCustom(before) !== isCustom(after)) return annotations.warn(forMetric(MIXED_SCHEMAS, labelOf(series.labels, METRIC_NAME)), selector);
  const counter = before.hint !== 'gauge' || after.hint !== 'gauge';
  const value = interpolateHistograms(times, histograms, at - 1, end, counter, { annotations, at: selector });
  if (value) setHistogram(series, step, value);
}
