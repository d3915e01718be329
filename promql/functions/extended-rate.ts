import { forMetric } from '../eval/annotations.js';
import { edgeValues, extent, interpolateHistograms } from '../eval/edges.js';
import { difference, MIXED_SCHEMAS, sum, type Notes } from '../eval/histogram-gain.js';
import type { Window } from '../eval/ranges.js';
import { isReset, scale } from '../histogram/arithmetic.js';
import { isCustom, type Histogram } from '../histogram/histogram.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import type { RateOptions } from './float-rate.js';
import { floatCount, histogramCount, type WindowFrame } from './frame.js';
import { notCounterOrGauge } from './histogram-rate.js';

/**
 * Increase from one edge of an anchored or smoothed range to the other, where nothing is extrapolated.
 * Source: https://prometheus.io/docs/prometheus/latest/feature_flags/#extended-range-selectors
 */
export function extendedGain({ counter, perSecond }: RateOptions) {
  return (window: Window, frame: WindowFrame): number | Histogram | undefined => {
    const notes = { annotations: frame.context.annotations, at: frame.call.args[0] ?? frame.call };
    if (floatCount(window) > 0 && histogramCount(window) > 0) {
      notes.annotations.warn(forMetric('encountered a mix of histograms and floats', labelOf(window.labels, METRIC_NAME)), notes.at);
      return undefined;
    }
    const smoothed = frame.range.edges === 'smoothed';
    const seconds = perSecond ? frame.range.rangeMs / 1000 : 1;
    if (floatCount(window) > 0) {
      const gained = floatGain(window, smoothed, counter);
      return gained === undefined ? undefined : gained / seconds;
    }
    const gained = histogramGain(window, smoothed, counter, notes);
    return gained && { ...scale(gained, 1 / seconds), hint: 'gauge' };
  };
}

function floatGain(window: Window, smoothed: boolean, counter: boolean): number | undefined {
  const { times, values, start, end } = window;
  const found = extent(times, window.from, window.to, window, smoothed);
  if (!found) return undefined;
  const { left, right } = edgeValues(window, found, smoothed, counter);
  if (!counter) return right - left;
  // Interpolation has dealt with resets across an edge, so only what lies inside is looked at.
  const first = (times[found.first] ?? 0) <= start ? found.first + 1 : found.first;
  const last = (times[found.last] ?? 0) >= end ? found.last - 1 : found.last;
  let lost = 0;
  let previous = left;
  for (let at = first; at <= last; at += 1) {
    const value = values[at] ?? Number.NaN;
    if (value < previous) lost += previous;
    previous = value;
  }
  if (right < previous) lost += previous;
  return right - left + lost;
}

function histogramGain(window: Window, smoothed: boolean, counter: boolean, notes: Notes): Histogram | undefined {
  const { histogramTimes: times, histograms, start, end } = window;
  const found = extent(times, window.histogramFrom, window.histogramTo, window, smoothed);
  if (!found) return undefined;
  const { first, last } = found;
  const name = labelOf(window.labels, METRIC_NAME);
  const inside = histograms.slice(first, last + 1);
  if (inside.some((one) => isCustom(one) !== isCustom(inside[0] ?? one))) {
    notes.annotations.warn(forMetric(MIXED_SCHEMAS, name), notes.at);
    return undefined;
  }
  const leftMoved = smoothed && (times[first] ?? 0) < start;
  const rightMoved = smoothed && last > 0 && (times[last] ?? 0) > end;
  const left = leftMoved ? interpolateHistograms(times, histograms, first, start, counter, notes) : histograms[first];
  const right = rightMoved ? interpolateHistograms(times, histograms, last - 1, end, counter, notes) : histograms[last];
  if (!left || !right) return undefined;
  if (counter ? inside.some(({ hint }) => hint === 'gauge') : left.hint !== 'gauge' || right.hint !== 'gauge') notes.annotations.warn(notCounterOrGauge(counter, name), notes.at);
  let gained = difference(right, left, notes);
  if (!counter) return gained;
  for (const lost of beforeResets(histograms, first, last, { left, right, leftMoved })) gained = sum(gained, lost, notes);
  return gained;
}

/** What a counter was before each reset between the edges. */
function beforeResets(histograms: readonly Histogram[], first: number, last: number, { left, right, leftMoved }: { left: Histogram; right: Histogram; leftMoved: boolean }): Histogram[] {
  const [one, two] = [histograms[first], histograms[first + 1]];
  // The left edge lies between a sample and its reset: that reset is in it already.
  const across = leftMoved && one !== undefined && two !== undefined && isReset(two, one);
  const next = across ? first + 2 : first + 1;
  if (next > last) return [];
  const lost: Histogram[] = [];
  let previous = across ? two : left;
  // The last sample is the right edge, or what the right edge has its hint from.
  for (const current of [...histograms.slice(next, last), right]) {
    if (isReset(current, previous)) lost.push(previous);
    previous = current;
  }
  return lost;
}
