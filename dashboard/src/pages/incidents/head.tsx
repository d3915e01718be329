import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { CopyText } from '../../parts/copy-text.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { lifeOf } from './wording.js';
import styles from './incidents.module.css';

export function Head({ incident }: { readonly incident: Incident }): ReactElement {
  const now = useNow();
  const { severity, status, title, summary, startsAt, endsAt, acknowledgedBy } = incident;
  return (
    <header className={styles['head']}>
      <title>{`${title} · Faultline`}</title>
      <div className={styles['badges']}>
        <StateBadge state={severity} />
        <StateBadge state={status}>{`${status === 'acknowledged' && acknowledgedBy !== '' ? `Acknowledged by ${acknowledgedBy}` : status === 'open' ? 'Open' : status === 'resolved' ? 'Resolved' : 'Acknowledged'} · ${lifeOf(incident, now)}`}</StateBadge>
      </div>
      <h1>{title}</h1>
      {summary !== '' && <p className={styles['summary']}>{summary}</p>}
      <p className="small dim">
        Began <RelativeTime at={startsAt} />
        {endsAt !== null && (
          <>
            {', ended '}
            <RelativeTime at={endsAt} />
          </>
        )}
        {' · '}
        <CopyText mono text={incident.id} />
        {' · '}
        <a className="link" href={`/api/incidents/${encodeURIComponent(incident.id)}/report`} download={`incident-${incident.id}.md`}>Report (Markdown)</a>
      </p>
    </header>
  );
}
