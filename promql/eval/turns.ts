import { setImmediate } from 'node:timers/promises';
import { QueryError } from '#core/promql.js';

/** Samples that are looked at between two looks at the clock. */
export const TURN_SAMPLES = 10_000;
/** How long everything else in the process waits for a query. */
const TURN_MS = 25;

/** Work that stops now and then, so that others have a turn. */
export type Evaluation<T> = Generator<void, T, void>;

/** The time of one query. */
export interface Turns {
  /** Throws QueryError `timeout` when time is up, `canceled` when nobody waits any more. Whether others have waited for long enough: then `yield`. Called between series, and every TURN_SAMPLES. */
  checkTime(): boolean;
  /** Does `work`; the event loop has a turn whenever it stops. */
  inTurns<T>(work: Evaluation<T>): Promise<T>;
}

/** `steps` of something about so many series: `visit` does [from, to) of them. Loops run slower in a generator, so they belong in there. */
export function* stepwise(steps: number, series: number, turns: Turns, visit: (from: number, to: number) => void): Evaluation<void> {
  const between = Math.max(1, Math.floor(TURN_SAMPLES / series));
  for (let from = 0; from < steps; from += between) {
    if (turns.checkTime()) yield;
    visit(from, Math.min(from + between, steps));
  }
}

/** `deadline` is of performance.now(). */
export function createTurns(deadline: number, signal: AbortSignal | undefined): Turns {
  let end = Infinity;
  return {
    checkTime() {
      const now = performance.now();
      if (signal?.aborted) throw new QueryError('canceled', 'query was canceled in expression evaluation');
      if (now > deadline) throw new QueryError('timeout', 'query timed out in expression evaluation');
      return now > end;
    },
    async inTurns(work) {
      for (;;) {
        end = performance.now() + TURN_MS;
        const { done, value } = work.next();
        if (done) return value;
        await setImmediate();
      }
    },
  };
}
