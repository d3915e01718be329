import { HOUR_MS } from '#core/clock.js';
import type { Walk } from './state.js';

/** Turns surprise into alerts: one per episode, and fewer where alerts have been many. */
export interface Alarm {
  /** Feeds one point's surprise, 1 being what raises an alert. `severity` is what it has beyond what was needed. */
  advance(surprise: number): { readonly state: 'raised' | 'firing' | 'quiet'; readonly severity: number };
  walk(walk: Walk): void;
}

/** Within an episode only what is so much worse raises another. */
const WORSE = 0.5;
/** What an episode asks of the next alert falls by e in so many points of calm, which is surprise below this. */
const FADE_POINTS = 12;
const CALM = 0.6;
/** The same for how much cheaper an alert is that follows another: false alarms come alone, trouble does not. */
const COMPANY_POINTS = 12;
const LEAST_SEVERITY = 0.001;
/** Rows for which an alert fires while the surprise lasts. */
const FIRING_ROWS = 2;
/** Each alert raises what the next one needs by this, until as many points, or as much time, have passed: who cries wolf is believed less. */
const COST = 0.15;
const COST_POINTS = 1_000;
const COST_MS = 84 * HOUR_MS;
const LEAST_COST_POINTS = 24;

export function createAlarm(stepMs: number): Alarm {
  const pace = 1 / Math.max(LEAST_COST_POINTS, Math.min(COST_POINTS, COST_MS / stepMs));
  const fade = Math.exp(-1 / FADE_POINTS);
  /** What the last episode asks beyond 1. */
  let bar = 0;
  let debt = 0;
  let since = COST_POINTS;
  return {
    advance(surprise) {
      debt = Math.max(0, debt - pace);
      since += 1;
      if (surprise < CALM) bar *= fade;
      const need = 1 + COST * debt;
      if (surprise >= Math.max(need, 1 + bar)) {
        bar = surprise - 1 + WORSE;
        debt += 1 - Math.exp(-since / COMPANY_POINTS);
        since = 0;
        return { state: 'raised', severity: Math.max(LEAST_SEVERITY, surprise - need) };
      }
      return { state: surprise >= 1 && since < FIRING_ROWS ? 'firing' : 'quiet', severity: 0 };
    },
    walk(walk) {
      bar = walk.number(bar);
      debt = walk.number(debt);
      since = walk.number(since);
    },
  };
}
