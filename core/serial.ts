/** Does one piece of work after another, in the order they come. One that fails keeps none from being done. */
export function createSerial(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
}

/** Whoever asks while `work` waits for its turn in a line shares it with those that wait: a hundred that come while one runs are served by one more. */
export function createShared(serial: ReturnType<typeof createSerial>, work: () => Promise<void>): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  return () =>
    (waiting ??= serial(() => {
      waiting = undefined;
      return work();
    }));
}
