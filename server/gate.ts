/** Lets `running` works go at a time and `waiting` more queue, in order; the next one is thrown what `full` makes. */
export function createGate(running: number, waiting: number): <T>(work: () => Promise<T>, full: () => Error) => Promise<T> {
  const queue: (() => void)[] = [];
  let active = 0;
  return async (work, full) => {
    if (active >= running) {
      if (queue.length >= waiting) throw full();
      // The one that ends hands over its place.
      await new Promise<void>((resolve) => queue.push(resolve));
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
