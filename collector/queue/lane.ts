import { messageOf, PipelineError } from '#core/errors.js';
import type { Clock } from '#core/clock.js';
import type { Logger } from '#core/log.js';
import type { Store } from '#store/store.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { SegmentFiles } from './segment-files.js';
import type { Segment } from './segment.js';

/** Larger inserts make fewer parts to merge; this much is held once in memory while it is joined, and by ClickHouse while it is sorted. */
const MAX_INSERT_BYTES = 64 * 1024 * 1024;
const MAX_MERGED = 1_024;
/** With so much waiting behind an insert, the next one is prepared beside it; with less, what arrives meanwhile may join. */
const AHEAD_BYTES = 4 * 1024 * 1024;
/** While what is queued is older than this, every so many inserts one takes the newest: what happens now is seen before an outage is caught up with. */
const BACKLOG_MS = 30_000;
const NEWEST_EVERY = 4;
/** While ClickHouse is away, this many small files become one. */
const COMPACT_AT = 64;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A segment that failed so often lets the others go first. */
const YIELD_AFTER = 3;
/** It is set aside when ClickHouse has taken others of its table between so many of its failures, for so long. */
const SUSPECT_AFTER = 10;
const SUSPECT_MS = 600_000;

interface Queued {
  segment: Segment;
  /** A merged insert with it was refused: it goes alone, so that one bad block does not take its neighbours along. */
  alone: boolean;
  failures: number;
  suspicions: number;
  firstFailedAt: number;
  lastFailedAt: number;
}

export interface LaneOptions {
  readonly table: string;
  readonly files: SegmentFiles;
  readonly store: Store;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called when bytes have left the queue, stored or set aside. */
  readonly gone: (bytes: number) => void;
}

/** The segments of one table, on their way into ClickHouse. Lanes do not wait for each other. */
export interface Lane {
  add(segment: Segment): void;
  /** Inserts what is queued, oldest first, until `stopping` says so or ClickHouse does not take it; it then waits longer each time. */
  drain(stopping: () => boolean): Promise<void>;
  /** `oldestAt`: when the oldest of it arrived; `waitingSince`: the same without what ClickHouse refuses while it takes others. Infinity where there is none. */
  status(): { readonly segments: number; readonly bytes: number; readonly oldestAt: number; readonly waitingSince: number };
}

const oldest = (some: readonly Queued[]): number => some.reduce((least, { segment }) => Math.min(least, segment.createdAt), Infinity);

export function createLane({ table, files, store, metrics, logger, clock, gone }: LaneOptions): Lane {
  const queued: Queued[] = [];
  let retryMs = FIRST_RETRY_MS;
  let retryAt = 0;
  let turn = 0;
  /** When ClickHouse last took anything for this table: what is wrong with the table is not wrong with what waits for it. */
  let takenAt = 0;

  const fresh = (segment: Segment): Queued => ({ segment, alone: false, failures: 0, suspicions: 0, firstFailedAt: 0, lastFailedAt: 0 });

  /** How many from `from` on can become one segment; at least 1. */
  function mergeable(from: number): number {
    let bytes = 0;
    let count = 0;
    for (const { segment, alone } of queued.slice(from, from + MAX_MERGED)) {
      bytes += segment.bytes;
      if (segment.claimed || alone || bytes > MAX_INSERT_BYTES) break;
      count += 1;
    }
    return Math.max(count, 1);
  }

  /** Thousands of small files are slow to read back; nothing else is to be done while ClickHouse is away. */
  async function compact(): Promise<void> {
    for (let from = 0; from < queued.length; ) {
      const count = mergeable(from);
      if (count < COMPACT_AT) {
        from += count;
        continue;
      }
      const parts = queued.slice(from, from + count).map(({ segment }) => segment);
      queued.splice(from, count, fresh(await files.merge(parts)));
      await files.remove(parts);
      return;
    }
  }

  /** Where the next insert begins: at the oldest that is not `underWay`, and now and then at the newest. */
  function nextFrom(underWay: Queued | undefined): number {
    const oldest = queued[0] === underWay ? 1 : 0;
    turn += 1;
    if (turn % NEWEST_EVERY !== 0 || clock() - (queued[oldest]?.segment.createdAt ?? Infinity) < BACKLOG_MS) return oldest;
    let from = queued.length;
    let bytes = 0;
    for (; from > oldest && queued.length - from < MAX_MERGED; from -= 1) {
      const entry = queued[from - 1];
      bytes += entry?.segment.bytes ?? 0;
      if (!entry || entry.segment.claimed || entry.alone || bytes > MAX_INSERT_BYTES) break;
    }
    return from < queued.length ? from : oldest;
  }

  /** Claims the next segments, together. A disk too full for that still lets them go one by one. */
  async function gather(underWay?: Queued): Promise<Queued | undefined> {
    const from = nextFrom(underWay);
    const chosen = queued.slice(from, from + mergeable(from));
    const [first] = chosen;
    if (!first) return undefined;
    if (chosen.length > 1) {
      const joint = await files.join(chosen.map(({ segment }) => segment)).catch(() => undefined);
      if (joint) {
        const entry = fresh(joint);
        queued.splice(queued.indexOf(first), chosen.length, entry);
        return entry;
      }
    }
    try {
      first.segment = await files.claim(first.segment);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      logger.error({ table, segment: first.segment.token }, 'a file of acknowledged data is gone from the queue folder; who removes files there?');
      lose(first);
      return undefined;
    }
    return first;
  }

  function hasBacklog(entry: Queued): boolean {
    return queued.reduce((bytes, { segment }) => bytes + segment.bytes, -entry.segment.bytes) >= AHEAD_BYTES;
  }

  /** False when ClickHouse does not take it at present. */
  async function insert(entry: Queued): Promise<boolean> {
    const { segment } = entry;
    try {
      await files.lay(segment);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        // One of its files is gone; the others go by themselves.
        await separate(entry);
        return true;
      }
      // On a full disk those go first that need no room.
      queued.push(...queued.splice(queued.indexOf(entry), 1));
      throw error;
    }
    const finish = metrics.faultline_collector_insert_duration_seconds.startTimer({ table });
    try {
      await store.insertNativeFile(table, files.path(segment), segment.token);
    } catch (error) {
      const failure = error instanceof PipelineError ? error : new PipelineError('STORE_UNAVAILABLE', messageOf(error), { cause: error });
      metrics.faultline_collector_insert_failures_total.inc({ code: failure.code });
      if (failure.retryable && !isPoison(entry)) {
        // Others were taken since it failed before: one of its parts is why.
        if (segment.parts && entry.suspicions > 0) {
          await separate(entry);
          return true;
        }
        logger.warn({ table, error: failure.message }, 'ClickHouse did not take an insert; the data stays queued');
        await files.lift(segment);
        return false;
      }
      if (segment.parts) await separate(entry);
      else await setAside(entry, failure.message);
      return true;
    }
    finish();
    takenAt = clock();
    await files.remove([segment]);
    queued.splice(queued.indexOf(entry), 1);
    gone(segment.bytes);
    return true;
  }

  /** Counts a failure that may pass. True when it has not passed for this one for long, while it did for others. */
  function isPoison(entry: Queued): boolean {
    const now = clock();
    if (entry.failures > 0 && takenAt > entry.lastFailedAt) entry.suspicions += 1;
    entry.failures += 1;
    entry.firstFailedAt ||= now;
    entry.lastFailedAt = now;
    if (entry.failures >= YIELD_AFTER) queued.push(...queued.splice(queued.indexOf(entry), 1));
    return entry.suspicions >= SUSPECT_AFTER && now - entry.firstFailedAt >= SUSPECT_MS;
  }

  /** Each part goes alone, as suspect as all of them were: one is why, and is not waited for anew. */
  async function separate(entry: Queued): Promise<void> {
    await files.part(entry.segment);
    queued.splice(queued.indexOf(entry), 1, ...(entry.segment.parts ?? []).map((part) => ({ ...entry, segment: part, alone: true })));
  }

  async function setAside(entry: Queued, reason: string): Promise<void> {
    logger.error({ table, segment: entry.segment.token, error: reason }, 'ClickHouse refuses a segment for good; it is kept in queue/rejected');
    await files.setAside(entry.segment).catch((error: unknown) => logger.error({ segment: entry.segment.token, error: messageOf(error) }, 'the segment could not be moved to queue/rejected'));
    lose(entry);
  }

  function lose(entry: Queued): void {
    metrics.faultline_collector_set_aside_bytes_total.inc(entry.segment.bytes);
    queued.splice(queued.indexOf(entry), 1);
    gone(entry.segment.bytes);
  }

  return {
    add: (segment) => void queued.push(fresh(segment)),
    async drain(stopping) {
      let ahead: Promise<Queued | undefined> | undefined;
      try {
        const waitMs = retryAt - clock();
        // Longer than any wait: the clock was set back.
        if (waitMs > 0 && waitMs <= LAST_RETRY_MS) return await compact();
        while (queued.length > 0 && !stopping()) {
          const entry = await (ahead ?? gather());
          ahead = undefined;
          if (!entry) continue;
          if (hasBacklog(entry)) {
            ahead = gather(entry);
            ahead.catch(() => undefined);
          }
          if (await insert(entry)) retryMs = FIRST_RETRY_MS;
          else {
            retryAt = clock() + retryMs;
            retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
            return;
          }
        }
      } catch (error) {
        retryAt = clock() + LAST_RETRY_MS;
        logger.error({ table, error: messageOf(error) }, 'the queue folder cannot be worked on; trying again');
      } finally {
        // What was prepared in vain stays claimed, under a token of its own.
        await ahead?.catch(() => undefined);
      }
    },
    status: () => ({ segments: queued.length, bytes: queued.reduce((sum, { segment }) => sum + segment.bytes, 0), oldestAt: oldest(queued), waitingSince: oldest(queued.filter(({ suspicions }) => suspicions === 0)) }),
  };
}
