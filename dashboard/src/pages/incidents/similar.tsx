import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { IncidentContext, SimilarIncident } from '#core/feedback.js';
import { lasting } from '../../format/duration.js';
import { percent } from '../../format/number.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import type { Answer } from '../../api/hooks.js';
import { verdictWord } from './verdict-words.js';
import styles from './incidents.module.css';

/** Earlier incidents that look alike, why they do, and what came of them. */
export function Similar({ query, className }: { readonly query: Answer<IncidentContext>; readonly className: string | undefined }): ReactElement {
  return (
    <Section id="similar" title="Similar incidents before" note="by what they showed, rare things counting more" flush className={className}>
      <Part query={query} name="similar incidents" skeleton={<Skeleton lines={2} />}>
        {({ similar, toldCause }) => (
          <div className={styles['lines']}>
            {toldCause !== '' && <p className={styles['note']}>People said that the cause of a similar incident was <strong>{toldCause}</strong>.</p>}
            {similar.length === 0 && <p className={styles['touches']} style={{ border: 0 }}>None so far. Incidents that show the same trouble in the same services appear here, with how they were judged and their notes.</p>}
            {similar.map((one) => <Past key={one.id} past={one} />)}
          </div>
        )}
      </Part>
    </Section>
  );
}

function Past({ past: { id, title, startsAt, endsAt, similarity, shared, verdict, cause, causeTold, notes } }: { readonly past: SimilarIncident }): ReactElement {
  return (
    <div className={styles['note']}>
      <div className="row">
        <Link to="/incidents/$id" params={{ id }} className={styles['title']}>{title}</Link>
        <span className="faint small"><RelativeTime at={startsAt} />{endsAt === null ? ' · not over' : ` · lasted ${lasting(endsAt - startsAt)}`}</span>
      </div>
      <p className="dim small">
        <strong>{percent(Number(similarity.toPrecision(2)))} alike</strong>: both showed {shared.join('; ')}. {verdict === null ? 'Nobody judged it.' : `Judged: ${verdictWord(verdict).toLowerCase()}.`} {cause !== '' && (causeTold ? `People said the cause was ${cause}.` : `Ranked first: ${cause}.`)}
      </p>
      {notes.map(({ at, author, text }) => <p key={`${at} ${author}`} className="small">{author}: {text}</p>)}
    </div>
  );
}
