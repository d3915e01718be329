import type { Walk } from './state.js';

/** Turns surprise into alerts: one per episode, and fewer where alerts have been many. */
export interface Alarm {
  /** Feeds one point's surprise, 1 being what raises an alert. `severity` is what it has beyond what was needed. */
  advance(surprise: number): { readonly state: 'raised' | 'firing' | 'quiet'; readonly severity: number };
  walk(walk: Walk): void;
}

const HOUR_MS = 3_600_000;
/** Surprise below this is calm. */
const CALM = 0.5;
/** An episode ends after six hours of calm, in no fewer and no more points than these. */
const REST_MS = 6 * HOUR_MS;
const LEAST_REST = 12;
const MOST_REST = 60;
/** Within an episode only what is so much worse raises another. */
const WORSE = 0.5;
const LEAST_SEVERITY = 0.001;
/** Rows for which an alert fires while the surprise lasts. */
const FIRING_ROWS = 5;
/** Each alert raises what the next one needs by this, until as many points, or as much time, have passed: who cries wolf is believed less. */
const COST = 0.15;
const COST_POINTS = 1_000;
const COST_MS = 84 * HOUR_MS;
const LEAST_COST_POINTS = 24;

export function createAlarm(stepMs: number): Alarm {
  const rest = Math.max(LEAST_REST, Math.min(MOST_REST, REST_MS / stepMs));
  const pace = 1 / Math.max(LEAST_COST_POINTS, Math.min(COST_POINTS, COST_MS / stepMs));
  let open = false;
  let peak = 0;
  let calm = 0;
  let debt = 0;
  let since = 0;
  return {
    advance(surprise) {
      debt = Math.max(0, debt - pace);
      since += 1;
      calm = surprise >= CALM ? 0 : calm + 1;
      if (calm > rest) {
        open = false;
        peak = 0;
      }
      const need = 1 + COST * debt;
      if (surprise >= need && (!open || surprise > peak + WORSE)) {
        open = true;
        peak = surprise;
        debt += 1;
        since = 0;
        return { state: 'raised', severity: Math.max(LEAST_SEVERITY, surprise - need) };
      }
      return { state: open && surprise >= 1 && since < FIRING_ROWS ? 'firing' : 'quiet', severity: 0 };
    },
    walk(walk) {
      open = walk.number(open ? 1 : 0) === 1;
      peak = walk.number(peak);
      calm = walk.number(calm);
      debt = walk.number(debt);
      since = walk.number(since);
    },
  };
}
