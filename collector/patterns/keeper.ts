import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import type { LogPattern, PatternMiner } from './miner.js';

const SAVE_MS = 5_000;

/** Keeps the templates of log patterns in the store, so that they outlive the process. */
export function createPatternKeeper({ miner, store, clock, logger }: { miner: PatternMiner; store: Store; clock: Clock; logger: Logger }): Component {
  const firstSeen = new Map<string, number>();
  let unsaved: LogPattern[] = [];

  async function save(): Promise<void> {
    unsaved = [...unsaved, ...miner.takeChanged()];
    if (unsaved.length === 0) return;
    const now = clock();
    const rows = [...new Map(unsaved.map((pattern) => [pattern.id, pattern])).values()].map((pattern) => {
      const first = firstSeen.get(pattern.id) ?? now;
      firstSeen.set(pattern.id, first);
      return { ...pattern, first_seen: rfc3339(first), updated_at: rfc3339(now) };
    });
    await store.insert('log_patterns', rows);
    unsaved = [];
  }

  const saving = createRepeat(SAVE_MS, save, (error) => logger.warn({ error: messageOf(error) }, 'log patterns were not saved; trying again'));

  return {
    name: 'log patterns',
    async start() {
      const rows = await store.query<LogPattern & { first: string }>(
        // However old: a template that has not changed for months is still the one that its messages get.
        'SELECT toString(id) AS id, service, argMax(template, updated_at) AS template, toUnixTimestamp64Milli(min(first_seen)) AS first FROM log_patterns GROUP BY id, service ORDER BY max(updated_at) DESC LIMIT 10000',
      );
      for (const { id, first } of rows) firstSeen.set(id, Number(first));
      miner.restore(rows);
      saving.start();
    },
    async stop() {
      await saving.stop();
      await saving.run();
    },
  };
}
