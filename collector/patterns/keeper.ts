import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import { LOGS_RENEWED_S, LOGS_SINCE } from '#store/logs-since.js';
import type { Store } from '#store/store.js';
import type { CollectorMetrics } from '../collector-metrics.js';
import type { LogPattern, PatternMiner } from './miner.js';

const SAVE_MS = 5_000;

interface Renewed {
  readonly from: UnixMs;
  readonly services: ReadonlyMap<string, UnixMs>;
}

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
  /** Services that logged when messages had other patterns, and since when. */
  let renewed: Renewed = { from: 0, services: new Map() };

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
    const rows = [...new Map(unsaved.map((pattern) => [pattern.id, pattern])).values()].map((pattern) => ({ ...pattern, first_seen: rfc3339(firstSeen.get(pattern.id) ?? begunBefore(pattern.service, now) ?? now), updated_at: rfc3339(now) }));
    await store.insert('log_patterns', rows);
    unsaved = [];
  }

  /** A message that is given another pattern than before is not new: it was seen since its service was, as far as anybody knows. */
  function begunBefore(service: string, now: UnixMs): UnixMs | undefined {
    return now >= renewed.from && now < renewed.from + LOGS_RENEWED_S * 1000 ? renewed.services.get(service) : undefined;
  }

  async function loadRenewed(): Promise<Renewed> {
    const rows = await store.query<{ since: number; service: string; begun: string }>(`SELECT ${LOGS_SINCE} AS since, service, toUnixTimestamp64Milli(min(first_seen)) AS begun FROM log_patterns GROUP BY service HAVING begun < toInt64(since) * 1000`);
    return { from: (rows[0]?.since ?? 0) * 1000, services: new Map(rows.map(({ service, begun }) => [service, Number(begun)])) };
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
      renewed = await loadRenewed();
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
