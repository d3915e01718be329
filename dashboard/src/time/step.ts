import type { RangeMs } from './range.js';

/** A range whose ends are whole steps, so that the next question asks for the same moments and one more. */
export interface SteppedRange extends RangeMs {
  readonly stepMs: number;
}

/** About as many points as a chart has room for. */
const POINTS = 240;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400].map((seconds) => seconds * 1_000);

export function alignedRange({ from, to }: RangeMs): SteppedRange {
  const least = (to - from) / POINTS;
  const stepMs = STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
  return { from: Math.floor(from / stepMs) * stepMs, to: Math.floor(to / stepMs) * stepMs, stepMs };
}
