import type { ApiTraceSummary } from '#core/api/traces.js';
import type { RangeMs } from '../../time/range.js';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Between px of `box` and time or duration. Durations lie on a logarithmic axis, because they differ by powers of ten. */
export interface Scale {
  readonly x: (at: number) => number;
  readonly y: (ms: number) => number;
  readonly timeAt: (x: number) => number;
  readonly msAt: (y: number) => number;
  /** Durations to name on the axis: 1, 2 or 5 times a power of ten. */
  readonly levels: readonly number[];
}

const LEAST_MS = 0.001;
const MOST_LEVELS = 6;

export function createScale(traces: readonly ApiTraceSummary[], range: RangeMs, box: Box): Scale {
  const lengths = traces.map(({ durationMs }) => Math.max(LEAST_MS, durationMs));
  const [low, high] = lengths.length === 0 ? [1, 1_000] : [Math.min(...lengths) / 1.3, Math.max(...lengths) * 1.3];
  const [bottom, top] = [Math.log10(low), Math.log10(high)];
  const time = Math.max(1, range.to - range.from);
  return {
    x: (at) => box.left + ((at - range.from) / time) * (box.right - box.left),
    y: (ms) => box.bottom - ((Math.log10(Math.max(LEAST_MS, ms)) - bottom) / (top - bottom)) * (box.bottom - box.top),
    timeAt: (x) => range.from + ((x - box.left) / (box.right - box.left)) * time,
    msAt: (y) => 10 ** (bottom + ((box.bottom - y) / (box.bottom - box.top)) * (top - bottom)),
    levels: levelsOf(low, high),
  };
}

function levelsOf(low: number, high: number): readonly number[] {
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, step) => 10 ** (Math.floor(Math.log10(low)) + step));
  const within = (factors: readonly number[]): number[] => decades.flatMap((decade) => factors.map((factor) => Number((factor * decade).toPrecision(3)))).filter((ms) => ms >= low && ms <= high);
  return [[1, 2, 5], [1, 3], [1]].map(within).find((levels) => levels.length <= MOST_LEVELS) ?? within([1]);
}
