import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createSerial } from '#core/serial.js';
import type { Component, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { AlertsMetrics } from '../alerts-metrics.js';
import type { DeliveryConfig } from '../config.js';
import type { Channel } from '../notify/receiver.js';
import { createLanes, type Item } from './lanes.js';
import type { Post } from './post.js';
import { countDead, loadNotification, loadPending, newestCreatedAt, saveNotifications, type Notification } from './table.js';
import { backoffMs, MAX_RETRY_AFTER_MS, verdictOf, type Verdict } from './verdict.js';

/** One receiver that hangs holds up no other, and is not asked more than this at a time. */
const MAX_IN_FLIGHT = 4;
/** A receiver that is down for long must not fill the memory; what comes on top is a dead letter at once. An end has room as much again. */
const MAX_PENDING = 10_000;
const SAVE_AGAIN_MS = 5000;
const LONGEST_SLEEP_MS = 60_000;
/** How long `stop` lets attempts under way finish. */
const GRACE_MS = 3000;
/** Only the newest of these is worth sending. */
const REPLACED = new Set(['updated', 'scale', 'repeat']);
/** What a newer message of `isState` takes the place of. */
const STATES = new Set(['firing', 'repeat']);

/** A message to be accepted. */
export interface Draft extends Pick<Notification, 'id' | 'receiver' | 'event' | 'incident' | 'body'> {
  /** What its writer wants to know of it after a restart. */
  readonly log?: string;
  /** Only its log counts: there is nothing to send. */
  readonly unsent?: boolean;
  /** It says how its lane stands now, and not what happened: those before it that still wait are not worth sending, but for ends. */
  readonly isState?: boolean;
}

export interface Outbox extends Component {
  /** Resolves when the messages are in the table: they are then sent at least once, whatever happens to this process. */
  add(drafts: readonly Draft[]): Promise<void>;
  /** Sends a dead letter again, under its id. Rejects with NOT_FOUND, or QUERY_INVALID when it is not dead. */
  replay(id: string): Promise<void>;
}

export interface OutboxOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: AlertsMetrics;
  readonly config: DeliveryConfig;
  /** Looked up at every attempt: channels come and go while the process runs. */
  readonly channelOf: (name: string) => Channel | undefined;
  readonly post: Post;
  /** 0..1, for jitter. */
  readonly random: () => number;
}

/**
 * Messages on their way. Those to one receiver about one incident form a lane and leave strictly in order: the next
 * waits until the one before it is delivered or dead. Lanes do not wait for each other.
 */
export function createOutbox({ store, logger, clock, metrics, config, channelOf, post, random }: OutboxOptions): Outbox {
  const lanes = createLanes();
  /** No message waits longer than this at a time. */
  const longestWaitMs = Math.max(config.max_backoff, MAX_RETRY_AFTER_MS);
  const inFlight = new Map<string, number>();
  /** Receivers that asked for a pause, with its end. */
  const paused = new Map<string, UnixMs>();
  const working = new Set<Promise<void>>();
  /** Ahead of the clock where that was set back, also before a restart: messages keep their order, and wait for nothing. */
  let lastCreated = 0;
  const serial = createSerial();
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let aborter = new AbortController();

  const next = (row: Notification, change: Partial<Notification>): Notification => ({ ...row, ...change, version: Math.max(row.version + 1, clock()) });

  function count({ receiver, status, error }: Notification): void {
    metrics.faultline_alerts_notifications_total.inc({ receiver, outcome: status });
    metrics.faultline_alerts_pending_notifications.set({ receiver }, lanes.waitingFor(receiver));
    if (status !== 'dead') return;
    metrics.faultline_alerts_dead_letters.inc({ receiver });
    logger.error({ receiver, error }, 'a notification was given up');
  }

  /** What waits and is not worth sending once this is. */
  function replacedBy(draft: Draft): readonly Item[] {
    if (draft.unsent || !(draft.isState || REPLACED.has(draft.event))) return [];
    return lanes.of(draft).filter(({ row, busy }) => !busy && row.status === 'pending' && (draft.isState ? STATES.has(row.event) : row.event === draft.event));
  }

  /** Without its end what was told stays open for good: one goes behind what waits of its lane, and others while there is room. */
  function hasRoom(draft: Draft): boolean {
    const waiting = lanes.waitingFor(draft.receiver);
    if (waiting < MAX_PENDING || replacedBy(draft).length > 0) return true;
    if (draft.event !== 'resolved') return false;
    const last = lanes.of(draft).at(-1);
    return last ? last.row.event !== 'resolved' : waiting < 2 * MAX_PENDING;
  }

  async function add(drafts: readonly Draft[]): Promise<void> {
    const rows = drafts.map((draft): Notification => {
      const { id, receiver, event, incident, body, log = '', unsent = false } = draft;
      lastCreated = Math.max(clock(), lastCreated + 1);
      const row = { id, receiver, event, incident, body, log, status: 'pending', attempts: 0, nextAt: clock(), createdAt: lastCreated, version: 1, error: '' } as const;
      if (unsent) return { ...row, status: 'unsent' };
      return hasRoom(draft) ? row : { ...row, status: 'dead', error: `${MAX_PENDING} messages wait for this receiver already` };
    });
    const replaced = drafts.flatMap(replacedBy);
    // Busy keeps them from being sent while they are struck out.
    for (const item of replaced) item.busy = true;
    const superseded = replaced.map(({ row }) => next(row, { status: 'superseded', error: 'a newer message took its place' }));
    try {
      await saveNotifications(store, [...superseded, ...rows]);
    } catch (error) {
      for (const item of replaced) item.busy = false;
      throw error;
    }
    for (const item of replaced) lanes.remove(item);
    for (const row of rows) if (row.status === 'pending') lanes.add(row, clock());
    for (const row of [...superseded, ...rows]) {
      if (row.status === 'pending') metrics.faultline_alerts_pending_notifications.set({ receiver: row.receiver }, lanes.waitingFor(row.receiver));
      else count(row);
    }
    pump();
  }

  /** One at a time: two that ask for the same message send it once. */
  const replay = (id: string): Promise<void> => serial(() => replayOne(id));

  async function replayOne(id: string): Promise<void> {
    const row = await loadNotification(store, id);
    if (!row) throw new PipelineError('NOT_FOUND', `no notification ${id}`);
    if (row.status !== 'dead') throw new PipelineError('QUERY_INVALID', `notification ${id} is ${row.status}; only a dead letter is sent again`);
    const again = next(row, { status: 'pending', attempts: 0, nextAt: clock(), error: '' });
    await saveNotifications(store, [again]);
    lanes.add(again, clock());
    metrics.faultline_alerts_dead_letters.dec({ receiver: row.receiver });
    metrics.faultline_alerts_pending_notifications.set({ receiver: row.receiver }, lanes.waitingFor(row.receiver));
    pump();
  }

  /** Starts all that is due and sleeps until the next is. */
  function pump(): void {
    clearTimeout(timer);
    if (!running) return;
    const now = clock();
    let wakeAt = now + LONGEST_SLEEP_MS;
    for (const item of lanes.heads()) {
      if (item.busy) continue;
      const { receiver } = item.row;
      const dueAt = Math.max(item.dueAt, paused.get(receiver) ?? 0);
      // One that is due later was made to wait before the clock was set back.
      if (dueAt > now && dueAt <= now + longestWaitMs) wakeAt = Math.min(wakeAt, dueAt);
      else if ((inFlight.get(receiver) ?? 0) < MAX_IN_FLIGHT) launch(item);
    }
    timer = setTimeout(pump, Math.max(1, wakeAt - now));
  }

  function launch(item: Item): void {
    const { receiver } = item.row;
    item.busy = true;
    inFlight.set(receiver, (inFlight.get(receiver) ?? 0) + 1);
    const work = advance(item).finally(() => {
      item.busy = false;
      inFlight.set(receiver, (inFlight.get(receiver) ?? 1) - 1);
      working.delete(work);
      pump();
    });
    working.add(work);
  }

  /** One attempt, then its result into the table; only the latter when the attempt was made before. */
  async function advance(item: Item): Promise<void> {
    const channel = channelOf(item.row.receiver);
    if (item.row.status === 'pending') {
      const verdict: Verdict = channel ? await attempt(channel, item.row) : { outcome: 'dead', reason: 'this receiver is no longer configured' };
      // Cut off by stop: as if it had not begun, and sent again after the next start.
      if (verdict.outcome !== 'delivered' && aborter.signal.aborted) return;
      item.row = judged(item, verdict);
      item.dueAt = item.row.nextAt;
    }
    const { status } = item.row;
    try {
      if (status === 'delivered' || status === 'dead') await channel?.settled?.(item.row, status);
      await saveNotifications(store, [item.row]);
    } catch (error) {
      metrics.faultline_alerts_save_failures_total.inc();
      logger.warn({ receiver: item.row.receiver, error: messageOf(error) }, 'the fate of a notification could not be recorded; trying again');
      item.dueAt = Math.max(item.dueAt, clock() + SAVE_AGAIN_MS);
      return;
    }
    if (status === 'pending') return;
    lanes.remove(item);
    count(item.row);
  }

  async function attempt(channel: Channel, row: Notification): Promise<Verdict> {
    const stopTimer = metrics.faultline_alerts_attempt_duration_seconds.startTimer({ receiver: channel.name });
    let verdict: Verdict;
    try {
      verdict = 'deliver' in channel ? await channel.deliver(row, clock(), { post, config, signal: aborter.signal }) : verdictOf(await post(await channel.request(row, clock()), aborter.signal), clock());
    } catch (error) {
      const final = error instanceof PipelineError && !error.retryable;
      verdict = final ? { outcome: 'dead', reason: error.message } : { outcome: 'again', reason: messageOf(error), retryAfterMs: null };
    }
    stopTimer();
    metrics.faultline_alerts_attempts_total.inc({ receiver: channel.name, outcome: verdict.outcome });
    return verdict;
  }

  function judged({ row, since }: Item, verdict: Verdict): Notification {
    const attempts = row.attempts + 1;
    switch (verdict.outcome) {
      case 'delivered':
        return next(row, { attempts, status: 'delivered', error: '' });
      case 'dead':
        return next(row, { attempts, status: 'dead', error: verdict.reason });
      case 'again': {
        const now = clock();
        const nextAt = now + backoffMs(attempts, config, verdict.retryAfterMs, random());
        if (verdict.retryAfterMs !== null) paused.set(row.receiver, now + verdict.retryAfterMs);
        if (nextAt - since > config.give_up_after) return next(row, { attempts, status: 'dead', error: `given up after ${attempts} attempts: ${verdict.reason}` });
        return next(row, { attempts, nextAt, error: verdict.reason });
      }
    }
  }

  return {
    name: 'outbox',
    add,
    replay,
    async start() {
      // What was accepted before the start is in the table too.
      lanes.clear();
      for (const row of await loadPending(store)) lanes.add(row, Math.min(row.createdAt, clock()));
      lastCreated = Math.max(lastCreated, await newestCreatedAt(store));
      for (const [receiver, count] of lanes.waiting()) metrics.faultline_alerts_pending_notifications.set({ receiver }, count);
      for (const { receiver, dead } of await countDead(store)) metrics.faultline_alerts_dead_letters.set({ receiver }, dead);
      aborter = new AbortController();
      running = true;
      pump();
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      const grace = setTimeout(() => aborter.abort(), GRACE_MS);
      await Promise.allSettled(working);
      clearTimeout(grace);
    },
  };
}
