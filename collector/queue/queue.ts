import { messageOf, PipelineError } from '#core/errors.js';
import type { Clock } from '#core/clock.js';
import type { Logger } from '#core/log.js';
import type { Component } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { CollectorConfig } from '../config.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { DecodedBlock } from '../decode/decoder.js';
import { createSegmentFiles, type Segment } from './segment-files.js';

export interface QueueStatus {
  readonly bytes: number;
  readonly segments: number;
  /** Age of the oldest data that is not in ClickHouse, milliseconds. */
  readonly oldestMs: number;
}

/** Owns data from its acknowledgement until ClickHouse has it. */
export interface Queue extends Component {
  /** Resolves when `blocks` are on disk, synced. Throws QUEUE_FULL or SHUTTING_DOWN, both retryable. */
  put(blocks: readonly DecodedBlock[]): Promise<void>;
  status(): QueueStatus;
}

interface Waiting {
  readonly blocks: readonly DecodedBlock[];
  resolve(): void;
  reject(error: PipelineError): void;
}

const MAX_INSERT_BYTES = 32 * 1024 * 1024;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
const DRAIN_LIMIT_MS = 2_000;

export interface QueueOptions {
  readonly folder: string;
  readonly store: Store;
  readonly config: CollectorConfig;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function createQueue({ folder, store, config, metrics, logger, clock }: QueueOptions): Queue {
  const files = createSegmentFiles(folder, clock);
  const segments = new Map<string, Segment[]>();
  let waiting: Waiting[] = [];
  let bytes = 0;
  let next = 0;
  let open = false;
  let commitTimer: NodeJS.Timeout | undefined;
  let insertTimer: NodeJS.Timeout | undefined;
  let committing: Promise<void> = Promise.resolve();
  let inserting: Promise<boolean> = Promise.resolve(true);
  let retryMs = FIRST_RETRY_MS;

  const count = (): number => [...segments.values()].reduce((sum, list) => sum + list.length, 0);
  function gauge(): void {
    metrics.faultline_collector_queue_size_bytes.set(bytes);
    metrics.faultline_collector_queue_segments.set(count());
  }

  /** Everybody who waits shares one write and one sync per table. */
  async function commit(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const byTable = new Map<string, DecodedBlock[]>();
    for (const block of batch.flatMap((item) => item.blocks)) byTable.set(block.table, [...(byTable.get(block.table) ?? []), block]);
    next += 1;
    const number = next;
    try {
      const written = await Promise.all([...byTable].map(([table, blocks]) => files.write(table, number, number, blocks.map((block) => block.native))));
      await files.sync();
      for (const segment of written) segments.set(segment.table, [...(segments.get(segment.table) ?? []), segment]);
      for (const item of batch) item.resolve();
    } catch (error) {
      for (const item of batch) {
        bytes -= sizeOf(item.blocks);
        item.reject(new PipelineError('QUEUE_FULL', `the queue on disk cannot be written: ${messageOf(error)}`, { retryable: true, cause: error }));
      }
    }
    gauge();
  }

  /** Inserts what is queued, table by table, oldest first. False when ClickHouse did not take it. */
  async function insertAll(): Promise<boolean> {
    let taken = true;
    for (const table of segments.keys()) {
      while (taken && (segments.get(table)?.length ?? 0) > 0) taken = await insertOldest(table);
    }
    gauge();
    return taken;
  }

  async function insertOldest(table: string): Promise<boolean> {
    const list = segments.get(table) ?? [];
    let size = 0;
    const chosen = list.filter((segment) => (size += segment.bytes) <= MAX_INSERT_BYTES || segment === list[0]);
    const rest = list.slice(chosen.length);
    const [first] = chosen;
    if (!first) return true;
    const segment = chosen.length > 1 ? await files.merge(chosen) : first;
    // Commits may have appended meanwhile.
    const arrived = (segments.get(table) ?? []).slice(chosen.length + rest.length);
    segments.set(table, [segment, ...rest, ...arrived]);
    const finish = metrics.faultline_collector_insert_duration_seconds.startTimer({ table });
    try {
      await store.insertNativeFile(table, files.path(segment), segment.name);
      finish();
      await files.remove(segment);
    } catch (error) {
      const failure = error instanceof PipelineError ? error : new PipelineError('STORE_UNAVAILABLE', messageOf(error), { retryable: true, cause: error });
      metrics.faultline_collector_insert_failures_total.inc({ code: failure.code });
      if (failure.retryable) {
        logger.warn({ table, error: failure.message }, 'ClickHouse did not take an insert; the data stays queued');
        return false;
      }
      logger.error({ table, segment: segment.name, error: failure.message }, 'ClickHouse refused a segment for good; it is kept in queue/rejected');
      metrics.faultline_collector_set_aside_bytes_total.inc(segment.bytes);
      await files.setAside(segment);
    }
    bytes -= segment.bytes;
    segments.set(table, (segments.get(table) ?? []).slice(1));
    return true;
  }

  function scheduleInsert(delayMs: number): void {
    insertTimer = setTimeout(() => {
      inserting = insertAll().catch((error: unknown) => {
        logger.error({ error: messageOf(error) }, 'the queue could not be drained; trying again');
        return false;
      });
      void inserting.then((taken) => {
        if (!open) return;
        retryMs = taken ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
        scheduleInsert(taken ? config.insert_interval : retryMs);
      });
    }, delayMs);
  }

  return {
    name: 'queue',
    async start() {
      const left = await files.recover();
      for (const segment of left) {
        segments.set(segment.table, [...(segments.get(segment.table) ?? []), segment]);
        bytes += segment.bytes;
      }
      if (left.length > 0) logger.info({ segments: left.length, bytes }, 'acknowledged data of an earlier run is being inserted');
      // Numbers never repeat, even after an empty restart: ClickHouse remembers tokens.
      next = Math.max(clock() * 1000, ...left.map((segment) => segment.last));
      open = true;
      gauge();
      scheduleInsert(0);
    },
    put(blocks) {
      if (!open) return Promise.reject(new PipelineError('SHUTTING_DOWN', 'Faultline is stopping; send again later', { retryable: true }));
      if (blocks.length === 0) return Promise.resolve();
      const size = sizeOf(blocks);
      if (bytes + size > config.max_queue) return Promise.reject(new PipelineError('QUEUE_FULL', 'the queue on disk is full because ClickHouse does not take data; send again later', { retryable: true }));
      bytes += size;
      const done = new Promise<void>((resolve, reject) => waiting.push({ blocks, resolve, reject }));
      commitTimer ??= setTimeout(() => {
        commitTimer = undefined;
        committing = committing.then(commit);
      }, config.commit_interval);
      return done;
    },
    status() {
      const oldest = Math.min(...[...segments.values()].flatMap((list) => (list[0] ? [list[0].createdAt] : [])));
      return { bytes, segments: count(), oldestMs: Number.isFinite(oldest) ? Math.max(0, clock() - oldest) : 0 };
    },
    async stop() {
      open = false;
      clearTimeout(commitTimer);
      clearTimeout(insertTimer);
      commitTimer = undefined;
      await committing;
      await commit();
      await inserting;
      let limit: NodeJS.Timeout | undefined;
      await Promise.race([insertAll().catch(() => false), new Promise((resolve) => (limit = setTimeout(resolve, DRAIN_LIMIT_MS)))]);
      clearTimeout(limit);
    },
  };
}

function sizeOf(blocks: readonly DecodedBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.native.length, 0);
}
