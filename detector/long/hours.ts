import { HOUR_MS } from '#core/clock.js';
import { createMemory, type Memory } from './memory.js';
import type { Walk } from './state.js';

/** An hour of fewer rows shows nothing that the rows do not. */
const LEAST_ROWS = 3;

/**
 * A second memory, of hourly means. Where a day has steep edges that come a little early or late, rows are often far off, and a peak that does not come is within what is usual of a row;
 * it is far outside what is usual of an hour.
 */
export interface Hours {
  /** Takes the next value. Gives the memory as the hour before left it; undefined where that was not seen, and for a gap. */
  observe(time: number, value: number): Memory | undefined;
  walk(walk: Walk): void;
}

/** None where rows are as rare as hours. */
export function createHours(stepMs: number, band: number): Hours | undefined {
  if (stepMs * LEAST_ROWS > HOUR_MS) return undefined;
  const memory = createMemory(HOUR_MS, { shapes: true, band });
  let hour = -Infinity;
  let measured = NaN;
  let sum = 0;
  let count = 0;
  return {
    observe(time, value) {
      const now = Math.floor(time / HOUR_MS);
      if (now > hour) {
        if (count > 0) {
          memory.observe(hour * HOUR_MS, sum / count);
          measured = hour;
        }
        hour = now;
        sum = count = 0;
      }
      if (!Number.isFinite(value)) return undefined;
      sum += value;
      count += 1;
      return measured === now - 1 ? memory : undefined;
    },
    walk(walk) {
      hour = walk.number(hour);
      measured = walk.number(measured);
      sum = walk.number(sum);
      count = walk.number(count);
      memory.walk(walk);
    },
  };
}
