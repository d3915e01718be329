import { forMetric } from '../eval/annotations.js';
import { difference, MIXED_SCHEMAS, sum, type Notes } from '../eval/histogram-gain.js';
import type { Window } from '../eval/ranges.js';
import { isReset } from '../histogram/arithmetic.js';
import { isCustom, mapCounts, type Histogram } from '../histogram/histogram.js';
import { labelOf, METRIC_NAME } from '../labels.js';
import { beganAnew } from './start-times.js';

const nameOf = (window: Window): string => labelOf(window.labels, METRIC_NAME);

/** How far a histogram went over the window, resets added back; undefined, with a warning, when its samples do not fit together. */
export function histogramIncrease(window: Window, counter: boolean, notes: Notes): Histogram | undefined {
  const { histograms, histogramFrom: from, histogramTo: to } = window;
  const [first, second, last] = [histograms[from], histograms[from + 1], histograms[to - 1]];
  if (!first || !second || !last) return undefined;
  const name = nameOf(window);
  // Between its ends, a gauge is not looked at.
  const looked = counter ? histograms.slice(from, to) : [first, last];
  const isGauge = (histogram: Histogram): boolean => histogram.hint === 'gauge';
  if (counter ? looked.some(isGauge) : !looked.every(isGauge)) notes.annotations.warn(notCounterOrGauge(counter, name), notes.at);
  // After a reset the counter began at nothing, in whatever buckets the samples then have.
  const begunAnew = counter && wasReset(window, from + 1);
  if (looked.slice(begunAnew ? 1 : 0).some((histogram) => isCustom(histogram) !== isCustom(last))) {
    notes.annotations.warn(forMetric(MIXED_SCHEMAS, name), notes.at);
    return undefined;
  }
  // Like a float counter: the last minus the first, plus what was lost at each reset.
  let gained = difference(last, begunAnew ? mapCounts(second, () => 0) : first, notes);
  for (let at = from + (begunAnew ? 2 : 1); counter && at < to; at += 1) {
    const previous = histograms[at - 1];
    if (previous && wasReset(window, at)) gained = sum(gained, previous, notes);
  }
  return gained && { ...gained, hint: 'gauge' };
}

/** Whether sample `at` tells of a reset since the one before. */
function wasReset({ histograms, histogramTimes, histogramStarts }: Window, at: number): boolean {
  const [previous, current] = [histograms[at - 1], histograms[at]];
  return previous !== undefined && current !== undefined && (beganAnew(histogramStarts, histogramTimes, at) || isReset(current, previous));
}

/** The difference of the window's last two samples, floats and histograms alike. */
export function lastHistograms(window: Window, counter: boolean, notes: Notes): Histogram | undefined {
  const last = window.histograms[window.histogramTo - 1];
  const previous = window.histograms[window.histogramTo - 2];
  if (!last || !previous) return undefined;
  const name = nameOf(window);
  if (counter ? last.hint === 'gauge' || previous.hint === 'gauge' : last.hint !== 'gauge' || previous.hint !== 'gauge') notes.annotations.warn(notCounterOrGauge(counter, name), notes.at);
  if (counter && wasReset(window, window.histogramTo - 1)) return { ...last, hint: 'gauge' };
  if (isCustom(last) !== isCustom(previous)) {
    notes.annotations.warn(forMetric(MIXED_SCHEMAS, name), notes.at);
    return undefined;
  }
  const result = difference(last, previous, notes);
  return result && { ...result, hint: 'gauge' };
}

export function notCounterOrGauge(counter: boolean, name: string): string {
  return `this native histogram metric is not a ${counter ? 'counter' : 'gauge'}: ${JSON.stringify(name)}`;
}
