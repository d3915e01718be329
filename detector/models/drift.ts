import { DAY_MS } from '#core/clock.js';
import type { ApiDrift } from '#core/models.js';
import type { SeriesKind } from '#core/types.js';
import type { DetectorConfig } from '../config.js';
import type { Judged } from '../judged.js';

/** Upper edges of the bins that normalised values are counted in; one more bin is above. */
const EDGES = [-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];
const BINS = EDGES.length + 1;
/** Points of either side below which a comparison says nothing. */
const LEAST_POINTS = 1000;
/** Hours of the time before of which something is known: with fewer it lacks times of the day. */
const LEAST_HOURS = 24;
/** An empty bin counts as this share. */
const LEAST_SHARE = 1e-4;
/** The usual reading of the index: above it the population is another. */
const DRIFTED = 0.25;
/** Alarms beyond so many times the budget, and at least so many, are drift too. */
const BUDGET_TIMES = 20;

/** What one kind of series showed over some time. */
export interface InputCounts {
  counts: number[];
  points: number;
  outside: number;
}

/** That of some time, and in how many hours of it there was something. */
export interface StoredInputs extends InputCounts {
  readonly hours: number;
}

export const noInputs = (): InputCounts => ({ counts: Array.from({ length: BINS }, () => 0), points: 0, outside: 0 });

/** Counts the readings of a step by kind of series. */
export function countInputs(into: Map<SeriesKind, InputCounts>, { parts }: Judged): void {
  for (const { rings, rows, places, series, values, scores } of parts) {
    for (let row = 0; row < rows; row += 1) {
      const kind = series[row]?.kind ?? 'metric';
      const kinds = into.get(kind) ?? noInputs();
      into.set(kind, kinds);
      const place = places[row] ?? 0;
      const z = ((values[row] ?? 0) - (rings.centres[place] ?? 0)) / (rings.spreads[place] ?? 1);
      let bin = 0;
      while (bin < EDGES.length && !(z < (EDGES[bin] ?? 0))) bin += 1;
      kinds.counts[bin] = (kinds.counts[bin] ?? 0) + 1;
      kinds.points += 1;
      if ((scores[row] ?? 0) > 1) kinds.outside += 1;
    }
  }
}

/** Compares the last day of one kind, with the episodes that began in it, with the time before. */
export function driftOf(kind: string, recent: InputCounts, before: StoredInputs, episodes: number, { step, false_alarm_every }: Pick<DetectorConfig, 'step' | 'false_alarm_every'>): ApiDrift {
  const enough = recent.points >= LEAST_POINTS && before.points >= LEAST_POINTS && before.hours >= LEAST_HOURS;
  const stability = enough ? stabilityIndex(before.counts, recent.counts) : null;
  const seriesMonths = (recent.points * step) / (30 * DAY_MS);
  const alarmRate = seriesMonths > 0 ? episodes / seriesMonths : 0;
  const budget = (30 * DAY_MS) / false_alarm_every;
  return { kind, stability, outside: recent.points > 0 ? recent.outside / recent.points : 0, alarmRate, budget, drifted: (stability ?? 0) > DRIFTED || (enough && alarmRate > budget * BUDGET_TIMES && episodes >= BUDGET_TIMES) };
}

/** Population stability index of two histograms over the same bins. */
export function stabilityIndex(before: readonly number[], recent: readonly number[]): number {
  const share = (counts: readonly number[], bin: number, total: number): number => Math.max((counts[bin] ?? 0) / total, LEAST_SHARE);
  const totals = [before, recent].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  return before.reduce((sum, _, bin) => {
    const p = share(before, bin, totals[0] ?? 1);
    const q = share(recent, bin, totals[1] ?? 1);
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}
