import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import type { Component, Consumer } from '#core/types.js';
import type { Store } from '#store/store.js';
import { loadLastLogs } from '../outbox/table.js';
import { alertSamples, RESTART_GRACE_MS } from '../rules/alerting.js';
import type { RuleAlert } from '../rules/rule-alert.js';
import type { SeriesWriter } from '../rules/series-writer.js';
import { ALERT_KEY } from './subjects.js';

/** How often it is looked whether their rules were evaluated by now. */
const LOOK_MS = 30_000;

export interface LeftOversOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notices: Consumer<readonly RuleAlert[]>;
  readonly writer: SeriesWriter;
  /** Whether a rule has the alert, firing or lately over; null while that is not known, as of one that is pending. */
  readonly has: (alert: RuleAlert) => boolean | null;
}

export interface LeftOvers extends Component {
  /** Looks now. */
  look(): Promise<void>;
}

/** Alerts that receivers were told of before a restart and that no rule has after it, because the rule is gone or they ended meanwhile: receivers are told that they are over, and so are their series: where the rule comes back, it fires anew. */
export function createLeftOvers({ store, clock, logger, notices, writer, has }: LeftOversOptions): LeftOvers {
  let open: readonly RuleAlert[] = [];
  let startedAt = 0;

  async function look(): Promise<void> {
    const now = clock();
    if (now - startedAt < RESTART_GRACE_MS) return;
    const known = open.map((alert) => ({ alert, had: has(alert) }));
    const over = known.filter(({ had }) => had === false).map(({ alert }) => alert);
    if (over.length > 0) await writer.write({ samples: [], ended: alertSamples(over.map((alert) => ({ ...alert, state: 'firing' }))).map(({ labels }) => labels) }, now);
    await notices.consume(over.map((alert) => ({ ...alert, resolvedAt: now })));
    open = known.filter(({ had }) => had === null).map(({ alert }) => alert);
    // It is under way: nobody may wait for its end here.
    if (open.length === 0) void looking.stop();
  }

  const looking = createRepeat(LOOK_MS, look, (error) => logger.warn({ error: messageOf(error) }, 'the ends of alerts from before the start could not be told; trying again'));

  return {
    name: 'left-overs',
    look,
    async start() {
      startedAt = clock();
      // JSON has no NaN and no infinities.
      open = (await loadLastLogs(store, ALERT_KEY)).map((log) => JSON.parse(log) as RuleAlert).map((alert) => ({ ...alert, value: alert.value ?? Number.NaN }));
      if (open.length > 0) looking.start();
    },
    stop: () => looking.stop(),
  };
}
