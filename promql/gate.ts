import { QueryError } from '#core/promql.js';

/** Does `work` when it is its turn. Rejects with QueryError `timeout` when that does not come by `deadline` of performance.now(), `canceled` when `signal` says that nobody waits for it any more. */
export type Gate = <T>(work: () => Promise<T>, deadline: number, signal: AbortSignal | undefined) => Promise<T>;

/** Lets `most` pieces of work run at a time; the others wait in order. */
export function createGate(most: number): Gate {
  let running = 0;
  const waiting = new Set<() => void>();

  function turn(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(enter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const giveUp = (error: QueryError): void => {
        leave();
        reject(error);
      };
      const cancel = (): void => giveUp(new QueryError('canceled', 'query was canceled in query queue'));
      const timer = setTimeout(() => giveUp(new QueryError('timeout', 'query timed out in query queue')), deadline - performance.now());
      waiting.add(enter);
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel);
    });
  }

  return async (work, deadline, signal) => {
    // The one that ends hands over its place.
    if (running >= most) await turn(deadline, signal);
    else running += 1;
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next) next();
      else running -= 1;
    }
  };
}
