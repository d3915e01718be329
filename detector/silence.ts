import type { UnixMs } from '#core/types.js';
import type { Arrivals } from './arrival.js';
import type { Block } from './block.js';
import { WINDOW } from './models/shape.js';
import { isMissed, mayBeNone } from './rows.js';

/** What was seen so many steps before judging began comes in time. */
const LATE_STEPS = 2;

/** What it says that nothing comes of what is counted: that there was none, or nothing. */
export interface Silence {
  /** Judging goes on with the step at `at`. */
  judgingFrom(at: UnixMs): void;
  /** What comes next is learned: it was not seen in time. */
  beginAnew(): void;
  /** Somebody was asked something. */
  noteAsked(at: UnixMs): void;
  setBack(): void;
  /** Whether it would be missed: what was late when judging began may come late for ever, until it was seen in time. */
  isExpected(block: Block, row: number, at: UnixMs): boolean;
  /** Whether it means none: others are asked something, or, where nobody is who was asked in each step of the whole window, the service's own metrics go on. */
  isNone(block: Block, row: number, at: UnixMs): boolean;
}

export function createSilence(stepMs: number, arrivals: Pick<Arrivals, 'isHeard'>): Silence {
  /** When it began to judge after what it learned last. */
  let since = Number.POSITIVE_INFINITY;
  /** The last time without a pause in which somebody was asked something. */
  const asked = { from: Number.NaN, to: Number.NaN };

  const isExpected = (block: Block, row: number, at: UnixMs): boolean => block.inTime[row] === 1 || isMissed(block, row, at) || (block.lastSeenAt[row] ?? 0) >= since - LATE_STEPS * stepMs;

  return {
    judgingFrom(at) {
      since = Math.min(since, at);
    },
    beginAnew() {
      since = Number.POSITIVE_INFINITY;
    },
    noteAsked(at) {
      if (!(at - asked.to <= stepMs)) asked.from = at;
      asked.to = at;
    },
    setBack() {
      asked.to = Number.NaN;
    },
    isExpected,
    isNone(block, row, at) {
      if (!mayBeNone(block, row, at) || !isExpected(block, row, at)) return false;
      const series = block.series[row];
      return asked.to === at || (series?.kind === 'rate' && series.operation === '' && asked.to - asked.from >= (WINDOW - 1) * stepMs && arrivals.isHeard(series.service, at));
    },
  };
}
