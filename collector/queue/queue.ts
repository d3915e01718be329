import { mkdir } from 'node:fs/promises';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Clock } from '#core/clock.js';
import type { Logger } from '#core/log.js';
import type { Component, UnixMs } from '#core/types.js';
import { lockFolder } from '#store/lock.js';
import type { Store } from '#store/store.js';
import type { CollectorConfig } from '../config.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { DecodedBlock } from '../decode/decoder.js';
import { createLane, type Lane } from './lane.js';
import { createSegmentFiles } from './segment-files.js';
import type { Segment } from './segment.js';

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
  /** When the oldest data arrived that ClickHouse has still to take, but for what it refuses while it takes others of the same table; Infinity when there is none. */
  waitingSince(): UnixMs;
  /** False from a write that failed until one as large comes about. */
  isWritable(): boolean;
  /** How much of `max_queue` is taken, 0..1. */
  fullness(): number;
}

/** A lane, and when it is drained next. */
interface Table {
  readonly lane: Lane;
  timer: NodeJS.Timeout | undefined;
  inserting: Promise<void>;
}

interface Waiting {
  readonly blocks: readonly DecodedBlock[];
  readonly size: number;
  resolve(): void;
  reject(error: PipelineError): void;
}

const DRAIN_LIMIT_MS = 2_000;
/** With so much of a table waiting, or some of it for long, the next insert follows at once. Else it waits for company: a larger insert costs less for each of its rows, and makes fewer parts to merge. */
const AT_ONCE_BYTES = 4 * 1024 * 1024;
/** After a write that failed so much, or as much as that, is tried every so often: nobody sends to what is not ready. */
const PROBE_BYTES = 1024 * 1024;
const PROBE_MS = 1_000;
/** What was written last before a crash is what its senders may not have heard of. */
const RECALLED_BYTES = 32 * 1024 * 1024;

export interface QueueOptions {
  readonly folder: string;
  readonly store: Store;
  readonly config: Pick<CollectorConfig, 'commit_interval' | 'insert_interval' | 'max_queue' | 'max_in_flight'>;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How many requests are being served: when all of them wait for a commit, nobody else will join it. */
  readonly requests?: () => number;
  /** Is shown the newest blocks that an earlier run left, before any is inserted. */
  readonly recall?: (table: string, native: Buffer) => void;
}

export function createQueue({ folder, store, config, metrics, logger, clock, recall, requests = () => Infinity }: QueueOptions): Queue {
  const files = createSegmentFiles(folder, clock);
  const tables = new Map<string, Table>();
  let waiting: Waiting[] = [];
  /** Acknowledged or about to be, and of that what is still in memory alone. */
  let bytes = 0;
  let unwritten = 0;
  let next = 0;
  /** Requests in the commit under way. */
  let beingWritten = 0;
  let open = false;
  /** How much a write has to bring about before the queue is writable again; 0 while it is. */
  let wanted = 0;
  let probeTimer: NodeJS.Timeout | undefined;
  let unlock: () => void = () => undefined;
  let commitTimer: NodeJS.Timeout | undefined;
  /** Set while `stop` gives what is queued a last chance. */
  let draining: NodeJS.Timeout | undefined;
  let committing: Promise<void> = Promise.resolve();

  function enter(segment: Segment): void {
    const known = tables.get(segment.table);
    const table = known ?? opened(segment.table);
    table.lane.add(segment);
    if (!known && open) insertLater(table, config.insert_interval);
  }

  function opened(name: string): Table {
    const table: Table = { lane: createLane({ table: name, files, store, metrics, logger, clock, gone: (size) => (bytes -= size) }), timer: undefined, inserting: Promise.resolve() };
    tables.set(name, table);
    return table;
  }

  function status(): QueueStatus {
    const all = [...tables.values()].map(({ lane }) => lane.status());
    const oldest = Math.min(...all.map(({ oldestAt }) => oldestAt));
    return { bytes, segments: all.reduce((sum, { segments }) => sum + segments, 0), oldestMs: Number.isFinite(oldest) ? Math.max(0, clock() - oldest) : 0 };
  }

  function gauge(): void {
    metrics.faultline_collector_queue_size_bytes.set(bytes);
    metrics.faultline_collector_queue_segments.set(status().segments);
  }

  function written(size: number): void {
    if (size < wanted) return;
    clearTimeout(probeTimer);
    if (wanted > 0) logger.info('the queue on disk can be written again');
    wanted = 0;
  }

  function notWritten(error: unknown, size: number): void {
    metrics.faultline_collector_write_failures_total.inc();
    if (wanted === 0) logger.error({ error: messageOf(error) }, 'the queue on disk cannot be written; senders are told to come again');
    wanted = Math.max(wanted, size, PROBE_BYTES);
    clearTimeout(probeTimer);
    if (open) probeTimer = setTimeout(() => void probe(wanted), PROBE_MS);
  }

  const probe = (size: number): Promise<void> => files.probe(size).then(() => written(size), (error: unknown) => notWritten(error, size));

  /** Everybody who waits shares one write and one sync per table. */
  async function commit(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    beingWritten = batch.length;
    const size = batch.reduce((sum, item) => sum + item.size, 0);
    const byTable = new Map<string, Buffer[]>();
    for (const { blocks } of batch) {
      for (const { table, native } of blocks) {
        const parts = byTable.get(table);
        if (parts) parts.push(native);
        else byTable.set(table, [native]);
      }
    }
    next += 1;
    try {
      for (const segment of await files.write(next, byTable)) enter(segment);
      written(size);
      for (const item of batch) item.resolve();
    } catch (error) {
      notWritten(error, size);
      for (const item of batch) {
        bytes -= item.size;
        item.reject(new PipelineError('QUEUE_FULL', `the queue on disk cannot be written: ${messageOf(error)}`, { cause: error }));
      }
    }
    for (const item of batch) unwritten -= item.size;
    beingWritten = 0;
    gauge();
  }

  function commitSoon(): void {
    clearTimeout(commitTimer);
    commitTimer = undefined;
    committing = committing.then(commit);
  }

  function isYoung({ lane }: Table): boolean {
    const queued = lane.status();
    return queued.bytes < AT_ONCE_BYTES && clock() - queued.oldestAt < config.insert_interval;
  }

  async function insert(table: Table): Promise<void> {
    let inserts = 0;
    await table.lane.drain(() => draining === undefined && (!open || (inserts++ > 0 && isYoung(table))));
    gauge();
  }

  function insertLater(table: Table, delayMs: number): void {
    table.timer = setTimeout(() => {
      table.inserting = insert(table).then(() => {
        if (open) insertLater(table, config.insert_interval);
      });
    }, delayMs);
  }

  async function recallNewest(segments: readonly Segment[]): Promise<void> {
    if (!recall) return;
    let left = RECALLED_BYTES;
    for (const segment of segments.toSorted((a, b) => b.last - a.last)) {
      left -= segment.bytes;
      if (left < 0) return;
      recall(segment.table, await files.read(segment));
    }
  }

  return {
    name: 'queue',
    status,
    waitingSince: () => Math.min(...[...tables.values()].map(({ lane }) => lane.status().waitingSince)),
    isWritable: () => wanted === 0,
    fullness: () => bytes / config.max_queue,
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      unlock = await lockFolder(folder);
      const { segments, damaged } = await files.recover();
      // Numbers rise, also when the clock was set back.
      next = clock() * 1000;
      for (const segment of segments) {
        enter(segment);
        bytes += segment.bytes;
        next = Math.max(next, segment.last);
      }
      if (segments.length > 0) logger.info({ segments: segments.length, bytes }, 'acknowledged data of an earlier run is being inserted');
      await recallNewest(segments);
      for (const segment of damaged) {
        logger.error({ segment: segment.token, bytes: segment.bytes }, 'a file of the queue is damaged, by the disk or by a power cut before its senders were told; it is kept in queue/rejected');
        metrics.faultline_collector_set_aside_bytes_total.inc(segment.bytes);
      }
      open = true;
      gauge();
      for (const table of tables.values()) insertLater(table, 0);
    },
    put(blocks) {
      if (!open) return Promise.reject(new PipelineError('SHUTTING_DOWN', 'Faultline is stopping; send again later'));
      if (blocks.length === 0) return Promise.resolve();
      const size = blocks.reduce((sum, block) => sum + block.native.length, 0);
      if (bytes + size > config.max_queue) return Promise.reject(new PipelineError('QUEUE_FULL', 'the queue on disk is full because ClickHouse does not take data; send again later'));
      if (unwritten + size > config.max_in_flight && unwritten > 0) return Promise.reject(new PipelineError('QUEUE_FULL', 'the disk does not keep up with what arrives; send again later'));
      bytes += size;
      unwritten += size;
      const done = new Promise<void>((resolve, reject) => waiting.push({ blocks, size, resolve, reject }));
      if (waiting.length + beingWritten >= requests()) commitSoon();
      else commitTimer ??= setTimeout(commitSoon, config.commit_interval);
      return done;
    },
    async stop() {
      open = false;
      clearTimeout(commitTimer);
      clearTimeout(probeTimer);
      for (const { timer } of tables.values()) clearTimeout(timer);
      commitTimer = undefined;
      await committing;
      await commit();
      await new Promise<void>((resolve) => {
        draining = setTimeout(resolve, DRAIN_LIMIT_MS);
        void Promise.all([...tables.values()].map((table) => table.inserting.then(() => insert(table)))).then(() => resolve());
      });
      clearTimeout(draining);
      draining = undefined;
      unlock();
      unlock = () => undefined;
    },
  };
}
