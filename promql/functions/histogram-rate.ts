import { forMetric } from '../eval/annotations.js';
import { difference, MIXED_SCHEMAS, sum, type Notes } from '../eval/histogram-gain.js';
import type { Window } from '../eval/ranges.js';
import { isReset } from '../histogram/arithmetic.js';
import { isCustom, type Histogram } from '../histogram/histogram.js';
import { labelOf, METRIC_NAME } from '../labels.js';

const nameOf = (window: Window): string => labelOf(window.labels, METRIC_NAME);

/** How far a histogram went over the window, resets added back; undefined, with a warning, when its samples do not fit together. */
export function histogramIncrease(window: Window, counter: boolean, notes: Notes): Histogram | undefined {
  let samples = window.histograms.slice(window.histogramFrom, window.histogramTo);
  const second = samples[1];
  let first = samples[0];
  const last = samples.at(-1);
  if (!first || !second || !last) return undefined;
  const name = nameOf(window);
  const isGauge = (histogram: Histogram): boolean => histogram.hint === 'gauge';
  if (counter ? samples.some(isGauge) : !samples.every(isGauge)) notes.annotations.warn(notCounterOrGauge(counter, name), notes.at);
  // After a reset the counter began at nothing, in whatever buckets the samples then have.
  const begunAnew = counter && isReset(second, first);
  if (begunAnew) {
    samples = samples.slice(1);
    first = second;
  }
  if (samples.some((histogram) => isCustom(histogram) !== isCustom(first))) {
    notes.annotations.warn(forMetric(MIXED_SCHEMAS, name), notes.at);
    return undefined;
  }
  // Like a float counter: the last minus the first, plus what was lost at each reset.
  let gained = begunAnew ? last : difference(last, first, notes);
  for (let at = 1; counter && at < samples.length; at += 1) {
    const previous = samples[at - 1];
    const current = samples[at];
    if (previous && current && isReset(current, previous)) gained = sum(gained, previous, notes);
  }
  return gained && { ...gained, hint: 'gauge' };
}

/** The difference of the window's last two samples, floats and histograms alike. */
export function lastHistograms(window: Window, counter: boolean, notes: Notes): Histogram | undefined {
  const last = window.histograms[window.histogramTo - 1];
  const previous = window.histograms[window.histogramTo - 2];
  if (!last || !previous) return undefined;
  const name = nameOf(window);
  if (counter ? last.hint === 'gauge' || previous.hint === 'gauge' : last.hint !== 'gauge' || previous.hint !== 'gauge') notes.annotations.warn(notCounterOrGauge(counter, name), notes.at);
  if (counter && isReset(last, previous)) return { ...last, hint: 'gauge' };
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
