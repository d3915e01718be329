import { statfs } from 'node:fs/promises';
import { schedule, type ScheduledTask } from 'node-cron';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Component } from '#core/types.js';
import { periodsOf, type Retention } from './migrate.js';
import type { Store } from './store.js';

/** What the period of each table follows. */
const FOLLOWS: Readonly<Record<string, keyof ReturnType<typeof periodsOf>>> = {
  otel_traces: 'traces', otel_traces_trace_id_ts: 'traces', otel_logs: 'logs', metric_samples: 'metrics', metric_histograms: 'metrics', metric_exemplars: 'metrics',
  metric_series: 'series', metric_1m: 'rollups', red_1m: 'rollups', service_edges: 'rollups', log_rates: 'rollups', log_pattern_rates: 'rollups', service_versions: 'rollups', service_processes: 'rollups', anomalies: 'rollups', muted_anomalies: 'rollups',
};
/** Tables whose oldest days are given up before the disk fills: what was sent, never what was found. */
const RAW = ['otel_traces', 'otel_traces_trace_id_ts', 'otel_logs', 'metric_samples', 'metric_histograms', 'metric_exemplars'];
/** The comment of a table for as long: a process that dies meanwhile leaves it, and the next one goes on. */
const CHANGING = 'its retention is being changed';
/** A table may be busy. */
const ALTER_LIMIT_S = 120;
const EVERY_FIVE_MINUTES = '*/5 * * * *';

export interface RetentionOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Seconds that each signal is kept. */
  readonly retention: Retention;
  /** Share of the disk that stays free, 0..1; the embedded engine only. */
  readonly minFree: number;
  readonly dataDir: string;
  /** Of the disk under a folder, in bytes. */
  readonly diskOf?: (folder: string) => Promise<Disk>;
}

interface Disk {
  readonly free: number;
  readonly size: number;
}

export const retentionMetricTable = {
  faultline_store_disk_free_ratio: { type: 'gauge', help: 'Free share of the disk that holds the embedded ClickHouse.' },
  faultline_store_dropped_partitions_total: { type: 'counter', help: 'Days of a table dropped before their time because the disk ran low.', labels: ['table'] },
} as const;

/** Keeps the tables' TTL as configured, and drops the oldest day when the disk runs low. `check` runs by itself every five minutes. */
export function createRetention({ store, registry, logger, retention, minFree, dataDir, diskOf = statDisk }: RetentionOptions): Component & { check(): Promise<void> } {
  const metrics = registerMetrics(registry, retentionMetricTable);
  let task: ScheduledTask | undefined;
  let running: Promise<void> = Promise.resolve();

  async function applyTtl(): Promise<void> {
    const tables = await store.query<{ name: string; engine: string; comment: string }>('SELECT name, engine_full AS engine, comment FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)}', { params: { names: Object.keys(FOLLOWS) } });
    const periods = periodsOf(retention);
    for (const { name, engine, comment } of tables) {
      const [, expression, seconds] = /TTL (.+?) \+ toIntervalSecond\((\d+)\)/.exec(engine) ?? [];
      const follows = FOLLOWS[name];
      if (!expression || !follows || (Number(seconds) === periods[follows] && comment !== CHANGING)) continue;
      const alter = (change: string): Promise<void> => store.command(`ALTER TABLE ${name} ${change}`, { timeoutSeconds: ALTER_LIMIT_S });
      await alter(`MODIFY COMMENT '${CHANGING}'`);
      await alter(`MODIFY TTL ${expression} + INTERVAL ${periods[follows]} SECOND SETTINGS materialize_ttl_after_modify = 0`);
      // Parts keep the time at which they were to go: it is worked out anew, of their times alone, beside everything else.
      await alter('MODIFY SETTING materialize_ttl_recalculate_only = 1');
      await alter('MATERIALIZE TTL SETTINGS mutations_sync = 0');
      await alter("MODIFY COMMENT ''");
      logger.info({ table: name, seconds: periods[follows] }, 'retention changed');
    }
  }

  async function check(): Promise<void> {
    if (store.mode !== 'embedded') return;
    const kept: string[] = [];
    for (;;) {
      const disk = await diskOf(dataDir);
      const free = disk.size > 0 ? disk.free / disk.size : 1;
      metrics.faultline_store_disk_free_ratio.set(free);
      if (free >= minFree) return;
      // What was dropped takes its room until nobody reads it any more; what merges leave is made again.
      const [going] = await store.query<{ bytes: string }>('SELECT sum(left) AS bytes FROM (SELECT sum(bytes_on_disk) AS left FROM system.parts WHERE database = currentDatabase() GROUP BY table, partition HAVING countIf(active AND rows > 0) = 0)');
      if (free + Number(going?.bytes ?? 0) / disk.size >= minFree) return;
      const [oldest] = await store.query<{ table: string; partition: string }>(
        'SELECT table, partition FROM system.parts WHERE active AND rows > 0 AND database = currentDatabase() AND table IN {raw:Array(String)} AND toDateOrZero(partition) < today() AND NOT has({kept:Array(String)}, table || partition) GROUP BY table, partition ORDER BY partition, sum(bytes_on_disk) DESC LIMIT 1',
        { params: { raw: RAW, kept } },
      );
      if (!oldest) {
        logger.error({ free }, `the disk is nearly full and only the data of today${kept.length > 0 ? ' and what cannot be dropped' : ''} is left: free space or shorten the retention`);
        return;
      }
      try {
        // ClickHouse guards what is larger than 50 GB, which is what there is to gain from.
        await store.command(`ALTER TABLE ${oldest.table} DROP PARTITION '${oldest.partition}' SETTINGS max_partition_size_to_drop = 0`);
      } catch (error) {
        kept.push(oldest.table + oldest.partition);
        logger.error({ ...oldest, free, error: messageOf(error) }, 'the disk is nearly full and the oldest day could not be dropped: the next one goes');
        continue;
      }
      metrics.faultline_store_dropped_partitions_total.inc({ table: oldest.table });
      logger.warn({ ...oldest, free }, 'the disk is nearly full: the oldest day was dropped');
    }
  }

  return {
    name: 'retention',
    check,
    async start() {
      await applyTtl();
      task = schedule(EVERY_FIVE_MINUTES, () => {
        running = running.then(check).catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'the disk was not checked; trying again'));
      });
      running = check().catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'the disk was not checked; trying again'));
    },
    async stop() {
      await task?.destroy();
      await running;
    },
  };
}

async function statDisk(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, size: blocks * bsize };
}
