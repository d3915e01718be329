import type { ServerResponse } from 'node:http';
import { PipelineError } from '#core/errors.js';

/** Lets `running` works go at a time and `waiting` more queue, in order; the next one is thrown what `full` makes. One whose `signal` aborts leaves the queue. */
export function createGate(running: number, waiting: number): <T>(work: () => Promise<T>, full: () => Error, signal?: AbortSignal) => Promise<T> {
  const queue: (() => void)[] = [];
  let active = 0;
  return async (work, full, signal) => {
    signal?.throwIfAborted();
    if (active >= running) {
      if (queue.length >= waiting) throw full();
      // The one that ends hands over its place.
      await new Promise<void>((resolve, reject) => {
        queue.push(resolve);
        signal?.addEventListener('abort', () => {
          const at = queue.indexOf(resolve);
          if (at < 0) return;
          queue.splice(at, 1);
          reject(signal.reason as Error);
        });
      });
    } else active += 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else active -= 1;
    }
  };
}

/** Aborts when nobody waits for the response any more. */
export function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => gone.abort(new PipelineError('QUERY_TIMEOUT', 'whoever asked did not wait for the answer'));
  if (response.closed) abort();
  else response.once('close', abort);
  return gone.signal;
}
