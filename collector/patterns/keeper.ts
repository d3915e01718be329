import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { LogPattern, PatternMiner } from './miner.js';

const SAVE_MS = 5_000;

interface KeeperOptions {
  readonly miner: PatternMiner;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<CollectorMetrics, 'faultline_collector_log_patterns'>;
}

/** Keeps the templates of log patterns in the store, so that they outlive the process. */
export function createPatternKeeper({ miner, store, clock, logger, metrics }: KeeperOptions): Component {
  let unsaved: LogPattern[] = [];
  let isWarned = false;

  async function save(): Promise<void> {
    unsaved = [...unsaved, ...miner.takeChanged()];
    metrics.faultline_collector_log_patterns.set(miner.size);
    if (miner.crowded !== undefined && !isWarned) {
      isWarned = true;
      logger.warn({ service: miner.crowded }, 'a service says more different things in its logs than have patterns; the rest of them is its pattern <*>');
    }
    if (unsaved.length === 0) return;
    const now = clock();
    const firstSeen = await loadFirstSeen(unsaved);
    const rows = [...new Map(unsaved.map((pattern) => [pattern.id, pattern])).values()].map((pattern) => ({ ...pattern, first_seen: rfc3339(firstSeen.get(pattern.id) ?? now), updated_at: rfc3339(now) }));
    await store.insert('log_patterns', rows);
    unsaved = [];
  }

  /** Also of those that were let go of. */
  async function loadFirstSeen(patterns: readonly LogPattern[]): Promise<ReadonlyMap<string, number>> {
    const rows = await store.query<{ id: string; first: string }>(
      'SELECT toString(id) AS id, toUnixTimestamp64Milli(min(first_seen)) AS first FROM log_patterns WHERE service IN {services:Array(String)} AND toString(id) IN {ids:Array(String)} GROUP BY id',
      { params: { services: [...new Set(patterns.map(({ service }) => service))], ids: patterns.map(({ id }) => id) } },
    );
    return new Map(rows.map(({ id, first }) => [id, Number(first)]));
  }

  const saving = createRepeat(SAVE_MS, save, (error) => logger.warn({ error: messageOf(error) }, 'log patterns were not saved; trying again'));

  return {
    name: 'log patterns',
    async start() {
      miner.restore(
        await store.query<LogPattern>(
          // However old: a template that has not changed for months is still the one that its messages get.
          'SELECT toString(id) AS id, service, argMax(template, updated_at) AS template FROM log_patterns GROUP BY id, service ORDER BY max(updated_at) DESC LIMIT 500 BY service LIMIT 10000',
        ),
      );
      saving.start();
    },
    async stop() {
      await saving.stop();
      await saving.run();
    },
  };
}
