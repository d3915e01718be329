import type { Store } from '#store/store.js';
import { loadRecent } from './recent-load.js';
import type { RecentSamples } from './recent-samples.js';
import { rowsIn } from '#store/samples.js';

/** Reading everything again may take this share of the time. */
const LOADING_SHARE = 0.2;
/** When there were too many series, it is tried again after this. */
const FULL_MS = 3_600_000;

/** The newest samples of the store. */
export interface Recent {
  /** What is kept, when it holds samples up to `to`: all of those after `from`. */
  upTo(to: number): { readonly from: number; readonly samples: RecentSamples } | undefined;
}

/** Keeps up to `maxBytes` of the samples that are inserted; what was there before is read back in the background. Nothing is kept when the store does not say what is inserted. */
export function createRecent(store: Store, maxBytes: number): Recent {
  const log = store.changes;
  if (!log || maxBytes === 0) return { upTo: () => undefined };
  let kept: RecentSamples | undefined;
  /** What came while what was there before is read. */
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isLoading = false;
  let nextLoadAt = -Infinity;
  /** Counts what changed in ways that are not known: what was read before does not hold after. */
  let generation = 0;

  function forget(): void {
    kept = undefined;
    generation += 1;
    waiting = [];
    waitingBytes = 0;
  }

  function takeIn(came: readonly Buffer[]): void {
    if (!kept) return;
    const now = Date.now();
    for (const blocks of came) for (const rows of rowsIn(blocks)) kept.add(rows, now);
    if (!kept.isFull) return;
    forget();
    nextLoadAt = performance.now() + FULL_MS;
  }

  async function load(): Promise<void> {
    isLoading = true;
    waiting = [];
    waitingBytes = 0;
    const own = generation;
    const began = performance.now();
    // When the store fails, queries will say so.
    const loaded = await loadRecent(store, maxBytes).catch(() => undefined);
    isLoading = false;
    nextLoadAt = performance.now() + (performance.now() - began) / LOADING_SHARE;
    if (own === generation) kept = loaded;
    const came = waiting;
    waiting = [];
    waitingBytes = 0;
    takeIn(came);
  }

  log.follow('metric_samples', (blocks) => {
    if (blocks === undefined) return forget();
    if (kept) return takeIn([blocks]);
    if (!isLoading) return;
    waiting.push(Buffer.from(blocks));
    waitingBytes += blocks.length;
    if (waitingBytes > maxBytes) forget();
  });
  void load();
  return {
    upTo(to) {
      if (!kept && !isLoading && performance.now() >= nextLoadAt) void load();
      const from = kept?.from(to);
      return kept && from !== undefined ? { from, samples: kept } : undefined;
    },
  };
}
