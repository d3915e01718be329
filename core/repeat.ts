/** Work that is done again and again. */
export interface Repeat {
  start(): void;
  /** Does it now, unless it is under way. Resolves when it is done, or has failed. */
  run(): Promise<void>;
  /** Resolves when what is under way is done. */
  stop(): Promise<void>;
}

/** Does `work` every `everyMs`, unless it is still under way: work that takes longer than its timer would be a backlog without end. `failed` is told why it did not get done. */
export function createRepeat(everyMs: number, work: () => Promise<void>, failed: (error: unknown) => void): Repeat {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  const run = (): Promise<void> => (underWay ??= work().catch(failed).finally(() => (underWay = undefined)));
  return {
    start() {
      timer = setInterval(() => void run(), everyMs).unref();
    },
    run,
    async stop() {
      clearInterval(timer);
      await underWay;
    },
  };
}
