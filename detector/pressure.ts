import type { LeftOut } from './models/load.js';

/** The least often that a quiet metric series is judged, in steps. */
const MOST_STEPS = 8;
/** Share of a step below which there is time to spare: twice the work must fit. */
const SPARE_SHARE = 0.4;
/** Steps with time to spare before something is taken up again. */
const CALM_STEPS = 20;

/** What the detector does when a step takes longer than a step. */
export interface Pressure {
  /** Models that can wait must: the shadow first, then what was promoted beside those of the product. */
  readonly pressed: boolean;
  /** Long memories rest: nothing is fed to them; what they miss is read from the store when there is time again. */
  readonly resting: boolean;
  /** Of metric series that are in no trouble one of so many points is judged, in turns; the others are only remembered. Requests, errors, latencies and logs are judged in every step. */
  readonly every: number;
}

/** Watches how long steps take. `observe` is told of one step and what models were left out of it. */
export function createPressure(stepMs: number): { observe(ms: number, leftOut: LeftOut): Pressure } {
  let pressed = false;
  let resting = false;
  let every = 1;
  let calm = 0;
  return {
    observe(ms, leftOut) {
      calm = ms < stepMs * SPARE_SHARE ? calm + 1 : 0;
      if (ms > stepMs) {
        // Models give way first, then the long memories.
        if (leftOut === 'promoted' && resting) every = Math.min(every * 2, MOST_STEPS);
        if (leftOut === 'promoted') resting = true;
        pressed = true;
      } else if (calm >= CALM_STEPS) {
        calm = 0;
        if (every > 1) every /= 2;
        else if (resting) resting = false;
        else pressed = false;
      }
      return { pressed, resting, every };
    },
  };
}
