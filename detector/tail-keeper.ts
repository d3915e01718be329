import { setImmediate } from 'node:timers/promises';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Store } from '#store/store.js';
import { SHARES, type KnownTails } from './known-tails.js';
import type { Watch } from './watch.js';

/** What the columns mean. A new meaning is a new version: what an older one kept is learned anew. */
const VERSION = 1;
/** All of it is kept once in so long: what a crash forgets at most. */
const KEEP_EVERY_MS = 3_600_000;

export interface TailKeeperOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Errors of other steps are others. */
  readonly stepMs: number;
  readonly watch: Pick<Watch, 'tails' | 'restoreTails'>;
  /** What the model that judges beside those knows of its errors, of one share of the series. */
  readonly shadowTails: (share: number) => readonly KnownTails[];
}

/** The copies in the store of how far models err on each series: with them bands are as wide after a restart as before it. What cannot be kept is tried again; detection goes on. */
export interface TailKeeper {
  /** Once the series that are watched are known. */
  load(): Promise<void>;
  /** Keeps the share that is due in `elapsedMs`. */
  keepSome(elapsedMs: number): Promise<void>;
  keepAll(): Promise<void>;
}

export const tailsMetricTable = { faultline_detector_tails_failures_total: { type: 'counter', help: 'Times that how far models err could not be read from or kept in the store.' } } as const;

export function createTailKeeper({ store, registry, logger, stepMs, watch, shadowTails }: TailKeeperOptions): TailKeeper {
  const metrics = registerMetrics(registry, tailsMetricTable);
  let due = 0;
  let next = 0;

  async function tried(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      metrics.faultline_detector_tails_failures_total.inc();
      logger.warn({ error: messageOf(error) }, what);
    }
  }

  const keep = (share: number): Promise<void> => keepTails(store, stepMs, share, [...watch.tails(share), ...shadowTails(share)]);

  return {
    load: () =>
      tried('how far models err could not be read; bands are those of new series until it is learned', async () => {
        for (let share = 0; share < SHARES; share += 1) {
          const kept = await store.query<KnownTails>('SELECT calibration, series, thresholds, excesses, counts FROM model_tails FINAL WHERE share = {share:UInt8} AND version = {version:UInt16} AND step = {step:UInt32}', { params: { share, version: VERSION, step: stepMs } });
          for (const tails of kept) watch.restoreTails(tails);
          await setImmediate();
        }
      }),
    keepSome: (elapsedMs) =>
      tried('how far models err could not be kept; trying again', async () => {
        // Once each, however long the store was away.
        due = Math.min(SHARES, due + (SHARES * elapsedMs) / KEEP_EVERY_MS);
        for (; due >= 1; due -= 1) {
          await keep(next);
          next = (next + 1) % SHARES;
        }
      }),
    keepAll: () =>
      tried('how far models err could not be kept; the last hour is forgotten', async () => {
        for (let share = 0; share < SHARES; share += 1) await keep(share);
      }),
  };
}

/** Keeps what is known of the errors of models on one share of the series. */
export async function keepTails(store: Store, stepMs: number, share: number, known: readonly KnownTails[]): Promise<void> {
  const some = known.filter(({ series }) => series.length > 0);
  if (some.length > 0) await store.insert('model_tails', some.map((tails) => ({ ...tails, share, version: VERSION, step: stepMs })));
}

/** What is kept of the errors of one model, whether it judges or not. */
export const loadTails = (store: Store, stepMs: number, calibration: string): Promise<KnownTails[]> =>
  store.query<KnownTails>('SELECT calibration, series, thresholds, excesses, counts FROM model_tails FINAL WHERE calibration = {calibration:String} AND version = {version:UInt16} AND step = {step:UInt32}', { params: { calibration, version: VERSION, step: stepMs } });
