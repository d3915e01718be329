import { useSyncExternalStore } from 'react';
import { serverNow } from './server-now.js';

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Nobody kept it while nobody looked.
  if (timer === undefined) now = serverNow();
  timer ??= setInterval(() => {
    now = serverNow();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time by the server's clock, in steps of `everyMs`: one timer serves every clock on the page. */
export function useNow(everyMs = 5_000): number {
  const read = (): number => Math.floor(now / everyMs) * everyMs;
  return useSyncExternalStore(subscribe, read, read);
}
