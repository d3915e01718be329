import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Consumer, IncidentEvent } from '#core/types.js';
import type { Store } from '#store/store.js';
import type { IncidentsConfig } from './config.js';
import type { IncidentsMetrics } from './incidents-metrics.js';
import { isFoundLate } from './lifecycle.js';
import { asExplained, newsOf } from './news.js';
import { saveIncidents } from './store-incidents.js';
import type { Tracked } from './tracked.js';

export interface PublisherOptions {
  readonly store: Store;
  readonly metrics: IncidentsMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: IncidentsConfig;
  readonly events: Consumer<IncidentEvent>;
}

export interface Publisher {
  /** Stores incidents, all of them or none, with what is due of each: its type here, or what could not be told yet where that says more. */
  readonly keep: (all: readonly (readonly [one: Tracked, type: IncidentEvent['type'] | null])[]) => Promise<void>;
  /** Tells what is due of one that is stored. */
  readonly tell: (one: Tracked) => Promise<void>;
  /** Stores an incident and tells what is due of it. */
  readonly publish: (one: Tracked, type: IncidentEvent['type'] | null) => Promise<void>;
  /** Whether its opening is not told yet, as it may be over by now. */
  readonly isHeld: (one: Tracked) => boolean;
}

export function createPublisher({ store, metrics, logger, clock, config, events }: PublisherOptions): Publisher {
  const isHeld = ({ due, heldUntil, incident }: Tracked): boolean => due === 'opened' && clock() < heldUntil && isFoundLate(incident.evidence, config, clock());

  const keep: Publisher['keep'] = async (all) => {
    const dirty = new Set(all.flatMap(([one]) => (one.dirty ? one : [])));
    for (const [one, type] of all) {
      if (!one.dirty) one.incident = asExplained(one.incident);
      one.version = Math.max(one.version + 1, clock());
      one.storedAt = clock();
      one.due = outranks(one, type) ? one.due : (type ?? one.due);
      // What cannot be stored is with the next step.
      one.dirty = true;
    }
    await saveIncidents(store, all.map(([one]) => one));
    for (const [one] of all) {
      one.dirty = dirty.has(one) && one.incident.status !== 'resolved';
      one.renewed = false;
    }
  };

  async function tell(one: Tracked): Promise<void> {
    if (one.due === null || isHeld(one)) return;
    try {
      await events.consume({ type: one.due, incident: one.incident });
    } catch (error) {
      // It stays due: that of one nobody can be told must not keep the others from being found.
      one.refusedAt = clock();
      return logger.warn({ incident: one.incident.id, error: messageOf(error) }, 'nobody could be told of an incident; trying again');
    }
    metrics.faultline_incidents_events_total.inc({ type: one.due });
    one.due = null;
    one.told = newsOf(one.incident);
    one.version += 1;
    await saveIncidents(store, [one]);
  }

  async function publish(one: Tracked, type: IncidentEvent['type'] | null): Promise<void> {
    await keep([[one, type]]);
    await tell(one);
  }

  return { keep, tell, publish, isHeld };
}

/** Whether what could not be told yet says more than `type` does: a note on what is over does not tell that it is. */
const outranks = ({ due, incident }: Tracked, type: IncidentEvent['type'] | null): boolean => (due === 'opened' && type !== 'resolved') || (due === 'resolved' && type === 'updated' && incident.status === 'resolved');
