import { type Family, NO_GAPS } from './series.js';

/** What counts now and then leaves a gap each time, and there may be many such series: the oldest go. A Collector sends over ten connections. */
const MOST_GAPS = 8;

/** Notes when a delta that is not older than the one before it began: what is missing between the two may come later, as connections of one sender overtake each other. */
export function noteOrder(family: Family, startMs: number): void {
  const lastMs = Math.round(family.lastNs / 1e6);
  if (lastMs === 0) {
    family.startMs = startMs;
    family.gaps = NO_GAPS;
  } else if (startMs > lastMs) {
    // One from the same time on is of a delta that was undone.
    const before = family.gaps.at(-2) === lastMs ? family.gaps.slice(0, -2) : family.gaps;
    family.gaps = [...before, lastMs, startMs].slice(-2 * MOST_GAPS);
  }
}

/** Whether nothing was counted of the time of a delta that is older than the last; from then on it was. */
export function fillsGap(family: Family, startMs: number, timeMs: number): boolean {
  if (startMs === 0 || startMs >= timeMs) return false;
  const { gaps, startMs: firstMs } = family;
  if (timeMs <= firstMs) {
    family.startMs = startMs;
    if (timeMs < firstMs) family.gaps = [timeMs, firstMs, ...gaps].slice(0, 2 * MOST_GAPS);
    return true;
  }
  for (let at = 0; at < gaps.length; at += 2) {
    const [from = 0, to = 0] = [gaps[at], gaps[at + 1]];
    if (startMs < from || timeMs > to) continue;
    family.gaps = [...gaps.slice(0, at), ...(from < startMs ? [from, startMs] : []), ...(timeMs < to ? [timeMs, to] : []), ...gaps.slice(at + 2)].slice(-2 * MOST_GAPS);
    return true;
  }
  return false;
}

/** Such a delta was not kept, and will come again. */
export function reopenGap(family: Family, startMs: number, timeMs: number): void {
  family.gaps = [startMs, timeMs, ...family.gaps].slice(0, 2 * MOST_GAPS);
}
