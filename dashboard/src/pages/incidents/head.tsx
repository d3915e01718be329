import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiChart } from '#core/api/charts.js';
import type { Incident } from '#core/types.js';
import { clock, zoneOf } from '../../format/time.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { CopyText } from '../../parts/copy-text.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { Unjudged } from '../status/unjudged.js';
import { ImpactFacts } from './impact.js';
import { Silenced } from './silenced.js';
import { inClock, latestText, lifeOf, shortName } from './wording.js';
import styles from './incidents.module.css';

export function Head({ incident, charts }: { readonly incident: Incident; readonly charts: readonly ApiChart[] }): ReactElement {
  const now = useNow();
  const { severity, status, title, summary, startsAt, endsAt, acknowledgedBy, assignee = '', severityBy = '', expected, mergedInto, apart = [] } = incident;
  const latest = endsAt === null ? latestText(incident, charts, now) : '';
  return (
    <header className={styles['head']}>
      <title>{`${title} · Faultline`}</title>
      <div className={styles['badges']}>
        <StateBadge state={severity} {...(severityBy === '' ? {} : { children: `${severity.charAt(0).toUpperCase()}${severity.slice(1)}, set by ${severityBy}` })} />
        <StateBadge state={status}>{`${status === 'acknowledged' && acknowledgedBy !== '' ? `Acknowledged by ${shortName(acknowledgedBy)}` : status === 'open' ? 'Open' : status === 'resolved' ? 'Resolved' : 'Acknowledged'} · ${lifeOf(incident, now)}`}</StateBadge>
        {assignee !== '' && <StateBadge state="assigned">{`Assigned to ${shortName(assignee)}`}</StateBadge>}
        {expected && <StateBadge state="expected">{`Expected: ${expected.name}, until ${clock(expected.until, now)}`}</StateBadge>}
      </div>
      <h1>{title}</h1>
      {endsAt === null && <Unjudged />}
      {summary !== '' && <p className={styles['summary']} title={summary}>{inClock(summary, startsAt, now)}</p>}
      {latest !== '' && <p><strong>Latest:</strong> {latest}</p>}
      {endsAt === null && <Silenced id={incident.id} />}
      {mergedInto && <p>It is a part of <Link to="/incidents/$id" params={{ id: mergedInto }}>another incident</Link> since somebody merged them.</p>}
      {apart.length > 0 && (
        <p className="small">
          Split, and kept apart from{' '}
          {apart.map((other, index) => <span key={other}>{index > 0 && ', '}<Link to="/incidents/$id" params={{ id: other }} className="link">{other.slice(0, 8)}</Link></span>)}
        </p>
      )}
      <ImpactFacts incident={incident} />
      <p className="small dim">
        Began <RelativeTime at={startsAt} />
        {endsAt !== null && (
          <>
            {', ended '}
            <RelativeTime at={endsAt} />
          </>
        )}
        {` · ${zoneOf(startsAt)} · `}
        <CopyText mono text={incident.id} />
        {' · '}
        <a className="link" href={`/api/incidents/${encodeURIComponent(incident.id)}/report`} download={`incident-${incident.id}.md`}>Report (Markdown)</a>
      </p>
    </header>
  );
}
