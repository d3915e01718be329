import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { lasting } from '../../format/duration.js';
import { shortClock, utc } from '../../format/time.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { inClock, shortName, whoIs } from '../incidents/wording.js';
import { causeText } from './cause-text.js';
import styles from './home.module.css';

/** Open incidents, one line each: how bad, what, why, since when. */
export function IncidentLines({ incidents }: { readonly incidents: readonly Incident[] }): ReactElement {
  const now = useNow(10_000);
  return (
    <div className={styles['lines']}>
      {incidents.map((incident) => (
        <Link key={incident.id} to="/incidents/$id" params={{ id: incident.id }} className={styles['incident']} data-row tabIndex={0}>
          <StateBadge bare state={incident.severity} />
          <span className={styles['what']}>
            <strong>{incident.title}</strong>
            <span className={styles['second']} style={{ display: 'block' }} title={inClock(incident.summary, incident.startsAt, now)}>
              {causeText(incident, now)}
            </span>
          </span>
          <span className={styles['status']}>
            <Who incident={incident} />
          </span>
          <span className={styles['age']} title={utc(incident.startsAt)}>
            {shortClock(incident.startsAt, now)} · {lasting(now - incident.startsAt)}
          </span>
        </Link>
      ))}
    </div>
  );
}

function Who({ incident }: { readonly incident: Incident }): ReactElement {
  const who = whoIs(incident);
  return <StateBadge bare state={incident.status === 'open' && who !== '' ? 'assigned' : incident.status}>{who === '' ? 'Nobody on it' : `${shortName(who)} is on it`}</StateBadge>;
}
