import type { UnixMs } from '#core/types.js';
import { clock, day, shortClock } from '../format/time.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY] as const;
const SPACE = { seconds: 66, minutes: 48 } as const;

export interface Tick {
  readonly at: UnixMs;
  readonly text: string;
}

/** At most `most` round times of the viewer's zone between `from` and `to`. */
export function timeTicks(from: UnixMs, to: UnixMs, most: number): readonly Tick[] {
  if (!(to > from) || most < 1) return [];
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  // Where clocks change, longer steps are counted on the viewer's clock: a day has 23 or 25 hours then.
  const atOf = (local: number): UnixMs => (step > HOUR ? new Date(1970, 0, 1, 0, 0, 0, local).getTime() : local + zone);
  const ticks: Tick[] = [];
  for (let local = Math.ceil((from - zone) / step) * step; atOf(local) <= to; local += step) ticks.push({ at: atOf(local), text: tickText(atOf(local), step) });
  return ticks;
}

/** Least pixels between the times of an axis of `width` that shows `span`: their texts do not touch, seconds take more. */
export function tickSpace(span: number, width: number): number {
  return (span / width) * SPACE.seconds < MINUTE ? SPACE.seconds : SPACE.minutes;
}

/** A time on an axis whose ticks are `step` apart: no finer than the axis tells. */
export function tickText(at: UnixMs, step: number): string {
  if (step >= DAY) return day(at, at);
  return step < MINUTE ? clock(at, at) : shortClock(at, at);
}
