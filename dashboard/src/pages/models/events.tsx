import type { ReactElement } from 'react';
import type { ApiModelEvent } from '#core/models.js';
import { EmptyState } from '../../parts/empty-state.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { eventText } from './wording.js';
import styles from './models.module.css';

const MOST = 30;

/** Who did what to which model, and why; newest first. */
export function Events({ events }: { readonly events: readonly ApiModelEvent[] }): ReactElement {
  return (
    <Section title="Events" note="who, when and why" flush>
      {events.length === 0 ? (
        <EmptyState title="Nothing happened yet">Registering, promoting and rolling back are kept here, with the name and the reason.</EmptyState>
      ) : (
        <ol className={styles['events']}>
          {events.slice(0, MOST).map((event) => (
            <li key={`${event.at} ${event.event} ${event.name} ${event.version}`}>
              <span>
                {eventText(event)}
                <span className="faint"> by {event.person}</span>
              </span>
              <span className="dim small">
                <RelativeTime at={event.at} />
              </span>
              {event.reason !== '' && <span className={styles['reason']}>{event.reason}</span>}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
