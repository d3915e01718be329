import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { DetectorConfig } from '../config.js';
import { createLongMemories, FORGET_MS, type LongMemories } from './live.js';
import { loadMemories, saveMemories } from './table.js';

/** Every memory is kept once in so long: what a crash forgets at most. */
const KEEP_EVERY_MS = 3_600_000;
/** Reasons for which memories were refused that one line of the log names. */
const REASONS = 5;

export interface KeeperOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly config: DetectorConfig;
}

/** The long memories of this process, and their copies in the store. What cannot be kept is tried again; detection goes on. */
export interface Keeper {
  readonly memories: LongMemories;
  load(now: UnixMs): Promise<void>;
  /** Keeps the share of the memories that is due in `elapsedMs`. */
  keepSome(elapsedMs: number): Promise<void>;
  keepAll(): Promise<void>;
  /** Runs what gives memories their past. */
  recallSome(recall: () => Promise<void>): Promise<void>;
}

export const longMemoryMetricTable = {
  faultline_detector_long_memories: { type: 'gauge', help: 'Series with a long memory: those that speak, those that learn their first eight days, and those that wait for what the store holds of them.', labels: ['state'] },
  faultline_detector_long_memories_refused_total: { type: 'counter', help: 'Kept memories that could not be read and are learned anew.' },
  faultline_detector_long_memories_failures_total: { type: 'counter', help: 'Times that memories could not be read from or kept in the store.' },
} as const;

export function createKeeper({ store, registry, logger, config }: KeeperOptions): Keeper {
  const metrics = registerMetrics(registry, longMemoryMetricTable);
  const memories = createLongMemories({ stepMs: config.step, most: config.long_memory, sensitivity: config.sensitivity, falseAlarmEveryMs: config.false_alarm_every, recalls: true });

  async function tried(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      metrics.faultline_detector_long_memories_failures_total.inc();
      logger.warn({ error: messageOf(error) }, what);
    }
    const { known, speaking, waiting } = memories.counts();
    metrics.faultline_detector_long_memories.set({ state: 'speaking' }, speaking);
    metrics.faultline_detector_long_memories.set({ state: 'waiting' }, waiting);
    metrics.faultline_detector_long_memories.set({ state: 'learning' }, known - speaking - waiting);
  }

  return {
    memories,
    load: (now) =>
      tried('long memories could not be read; what is usual at a time of day is learned anew', async () => {
        const refused = await loadMemories(store, memories, now - FORGET_MS, config.long_memory);
        // They may be of a clock that was ahead.
        memories.setBack(now);
        if (refused.length === 0) return;
        metrics.faultline_detector_long_memories_refused_total.inc(refused.length);
        logger.warn({ refused: refused.length, first: refused[0]?.series, reasons: [...new Set(refused.map(({ reason }) => reason))].slice(0, REASONS) }, 'long memories were refused; these series learn anew what is usual at a time of day');
      }),
    keepSome: (elapsedMs) => tried('long memories could not be kept; trying again', () => saveMemories(store, memories, Math.ceil((memories.counts().known * elapsedMs) / KEEP_EVERY_MS))),
    recallSome: (recall) => tried('the past of series could not be read; trying again', recall),
    keepAll: () => tried('long memories could not be kept; the last hour is forgotten', () => saveMemories(store, memories, memories.counts().known)),
  };
}
