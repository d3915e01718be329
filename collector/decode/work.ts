import { setImmediate as nextTurn } from 'node:timers/promises';

/** Decoding that can pause after every record; it says how many bytes that took, if that is worth saying. */
export type Work<T> = Generator<number | undefined, T>;

/** How long one body may hold the event loop at a time. */
const SLICE_MS = 4;
/** Records, and bytes of them, between two looks at the clock. */
const STRIDE = 64;
export const STRIDE_BYTES = 65_536;
/** Less is no long record. */
const LONG_BYTES = 1_024;

/** When the share of this turn of the event loop that is for bodies decoded at once is used up; 0 when none of it is used. */
let shareEnds = 0;
let waiting = 0;

function isUsedUp(): boolean {
  if (shareEnds === 0) {
    shareEnds = performance.now() + SLICE_MS;
    setImmediate(() => (shareEnds = 0));
  }
  return performance.now() >= shareEnds;
}

/** Whether a body may be decoded at once: those that arrive together could hold the event loop as long as a large one. */
export const hasRoom = (): boolean => waiting === 0 && !isUsedUp();

/** Waits, behind those that wait already, for a turn with room. */
export async function room(): Promise<void> {
  waiting += 1;
  do await nextTurn();
  while (isUsedUp());
  waiting -= 1;
}

/** Whether a record of so many bytes may take as long as many others. */
export const isLong = (bytes: number): boolean => bytes > LONG_BYTES;

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
    let [records, bytes] = [0, 0];
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      records += 1;
      bytes += step.value ?? 0;
      if (records < STRIDE && bytes < STRIDE_BYTES) continue;
      if (performance.now() >= ends) break;
      [records, bytes] = [0, 0];
    }
    await nextTurn();
  }
}
