import { setImmediate as nextTurn } from 'node:timers/promises';

/** Decoding that can pause after every record. */
export type Work<T> = Generator<undefined, T>;

/** How long one body may hold the event loop at a time. */
const SLICE_MS = 8;
/** Records between two looks at the clock. */
const STRIDE = 64;

/** Does all of it at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Does all of it in slices, between which everything else has its turn. */
export async function finishInSlices<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const ends = performance.now() + SLICE_MS;
    for (let record = 1; record % STRIDE !== 0 || performance.now() < ends; record += 1) {
      const step = work.next();
      if (step.done) return step.value;
    }
    await nextTurn();
  }
}
