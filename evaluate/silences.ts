import { seriesOf } from '#core/series.js';
import type { Anomaly, UnixMs } from '#core/types.js';
import { HABIT, PATIENCE } from '../detector/arrival.js';
import { ARRIVAL_METRIC } from '../detector/words.js';
import type { Measurement } from './layout.js';
import { groupBy } from './group-by.js';

/** Entities all of whose metrics came until the window, or into it, and no more: nothing is heard of them. `step` is the usual time between two points, milliseconds. */
export function silencesOf(metrics: readonly Measurement[], { start, end }: { readonly start: UnixMs; readonly end: UnixMs }, step: number): Anomaly[] {
  const newest = metrics.reduce((most, { times }) => Math.max(most, times.at(-1) ?? most), 0);
  const heardUntil = Math.min(end, newest);
  return [...groupBy(metrics, ({ entity }) => entity)].flatMap(([entity, own]) => {
    const times = [...new Set(own.flatMap((one) => one.times))].filter((at) => at <= heardUntil).toSorted((a, b) => a - b);
    const last = times.at(-1);
    if (last === undefined || times.length < HABIT) return [];
    const gap = times.reduce((most, at, index) => Math.max(most, at - (times[index - 1] ?? at)), step);
    const limit = PATIENCE * gap + step;
    const startsAt = last + gap;
    if (heardUntil - last <= limit || startsAt < start) return [];
    const series = seriesOf('metric', entity, '', ARRIVAL_METRIC, '');
    const points = own.length;
    return [{ id: series.id, series, startsAt, endsAt: null, peakAt: startsAt, updatedAt: heardUntil, value: 0, expected: points, lower: points, upper: points, score: (heardUntil - last) / limit, direction: 'absent', points: 1, contributions: [] }];
  });
}
