import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { UnixMs } from '#core/types.js';
import type { Outbox } from '../outbox/outbox.js';
import type { KnownAlert } from './alert-book.js';
import { notificationsOf, type Told } from './flush.js';
import { RETRY_MS, type Group, type Groups } from './groups.js';
import type { Membership } from './membership.js';
import type { NotificationLog } from './notification-log.js';
import type { Integration } from './notification.js';
import type { RoutingMetrics } from './routing-metrics.js';
import type { Suppression } from './suppression.js';

export interface TellerOptions {
  readonly metrics: RoutingMetrics;
  readonly logger: Logger;
  readonly log: NotificationLog;
  readonly members: Membership;
  readonly outbox: Pick<Outbox, 'add'>;
  readonly externalURL: string;
}

/** Tells the receivers of groups what is due. */
export interface Teller {
  /** `integrations` are by receiver. What could not be made or accepted is tried again soon; the others are told. */
  tell(due: readonly Group[], groups: Pick<Groups, 'settle'>, integrations: ReadonlyMap<string, readonly Integration[]>, held: Suppression, now: UnixMs): Promise<void>;
}

/** A group that was looked at. */
interface Looked {
  readonly group: Group;
  readonly slot: UnixMs;
  readonly alerts: readonly KnownAlert[];
  readonly told: readonly Told[];
}

export function createTeller({ metrics, logger, log, members, outbox, externalURL }: TellerOptions): Teller {
  /** What is told of one group. */
  function look(group: Group, integrations: readonly Integration[], held: Suppression, now: UnixMs): Told[] {
    if (held.mutedBy(group.route).length > 0) {
      metrics.faultline_alerts_held_back_total.inc({ by: 'time' }, group.alerts.size);
      return [];
    }
    const names = integrations.map(({ name }) => name);
    // What its own alerts held back as long as it lasted is not told as over.
    const isPast = ({ labels, endsAt, fingerprint }: KnownAlert): boolean => endsAt <= now && members.madeOf(labels) !== undefined && !log.isTold(names, group.key, fingerprint);
    const shown = [...group.alerts.values()].filter((alert) => {
      const { labels } = alert;
      const by = isPast(alert) ? 'alert' : held.inhibitedBy(labels, group.route).length > 0 ? 'alert' : held.silencedBy(labels).length > 0 ? 'silence' : undefined;
      if (by) metrics.faultline_alerts_held_back_total.inc({ by });
      return by === undefined;
    }).map((alert) => ({ ...alert, annotations: members.annotated(alert.labels, alert.annotations) }));
    return notificationsOf(group, shown, { integrations, log, externalURL, now });
  }

  /** What is to be told of one group; undefined when that cannot be made out. No group keeps the others from being told. */
  function prepare(group: Group, integrations: readonly Integration[], held: Suppression, now: UnixMs): Looked | undefined {
    // A timer that is a little late must not push what is repeated to the next interval.
    const slot = Math.abs(now - group.nextAt) < group.route.groupIntervalMs ? group.nextAt : now;
    group.triedAt ??= slot;
    try {
      return { group, slot, alerts: [...group.alerts.values()], told: look(group, integrations, held, slot) };
    } catch (error) {
      failed([group], now, error);
      return undefined;
    }
  }

  function failed(groups: readonly Group[], now: UnixMs, error: unknown): void {
    metrics.faultline_alerts_flush_failures_total.inc();
    logger.warn({ groups: groups.length, receiver: groups[0]?.route.receiver, error: messageOf(error) }, 'messages about alerts could not be made or accepted; trying again');
    for (const group of groups) group.nextAt = now + RETRY_MS;
  }

  return {
    async tell(due, groups, integrations, held, now) {
      const looked = due.flatMap((group) => prepare(group, integrations.get(group.route.receiver) ?? [], held, now) ?? []);
      const drafts = looked.flatMap(({ told }) => told.map(({ draft }) => draft));
      try {
        if (drafts.length > 0) await outbox.add(drafts);
      } catch (error) {
        return failed(looked.map(({ group }) => group), now, error);
      }
      for (const { group, slot, alerts, told } of looked) {
        for (const { integration, entry } of told) log.put(integration, group.key, entry);
        group.flushed = true;
        group.triedAt = null;
        group.nextAt = slot + group.route.groupIntervalMs;
        groups.settle(group, alerts, now);
      }
    },
  };
}
