import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { LessonEffect, LessonState } from '#core/feedback.js';
import type { Incident, Verdict } from '#core/types.js';
import { LESSON_DAYS, useFeedbackChange, useLessonEffect } from '../../api/feedback.js';
import { plural } from '../../format/name.js';
import { day } from '../../format/time.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import { placeText } from './wording.js';
import styles from './verdict-bar.module.css';

/** So many incidents are named. */
const MOST_NAMED = 5;

/** What the named cause teaches: looked at in the light of the last days, learned, forgotten again. */
export function LessonPart({ incident, verdict, lesson }: { readonly incident: Incident; readonly verdict: Verdict; readonly lesson: LessonState | null }): ReactElement {
  const [by] = useActor();
  const change = useFeedbackChange();
  const { cause } = verdict;
  const failure = change.error && <p role="alert" className={styles['failure']}>Not done: {change.error.message}</p>;
  if (lesson) {
    return (
      <div className="stack">
        <p role="status">
          <strong>{lesson.text}</strong> ranks higher in incidents like this until {day(lesson.expiresAt)}, says {lesson.createdBy}, <RelativeTime compact at={lesson.createdAt} />. It weighed in {plural(lesson.weighed, 'incident')} so far. <Link to="/incidents/mutes" className="link">All that was learned</Link>
        </p>
        <div className="row">
          <TakesRole role="editor"><Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate({ kind: 'forget', id: incident.id, by: by || 'somebody' })}>Forget it</Button></TakesRole>
        </div>
        {failure}
      </div>
    );
  }
  return <Offer incident={incident} verdict={verdict} cause={cause} by={by || 'somebody'} />;
}

function Offer({ incident: { id }, verdict, cause, by }: { readonly incident: Incident; readonly verdict: Verdict; readonly cause: string; readonly by: string }): ReactElement {
  const change = useFeedbackChange();
  const { data, error } = useLessonEffect(id, verdict);
  const effect = data?.effect;
  const isWorse = (effect?.worse.length ?? 0) > 0;
  if (error) return <p className={styles['effect']} role="status">Kept with this incident. Nothing can be learned from it: {error.message}.</p>;
  if (!effect) return <p className={styles['effect']} role="status">Ranking the incidents of the last {LESSON_DAYS} days again …</p>;
  return (
    <div className="stack">
      <p>{cause} can rank higher in incidents that look like this one. What that would have changed:</p>
      <Effect effect={effect} cause={cause} />
      <div className="row">
        <TakesRole role="editor">
          <Button size="xs" {...(isWorse ? { variant: 'default', className: styles['danger'] ?? '' } : {})} loading={change.isPending} onClick={() => change.mutate({ kind: 'learn', id, by, force: isWorse })}>
            {isWorse ? 'Learn it although it would have ranked a known cause lower' : `Rank ${cause} higher from now on`}
          </Button>
        </TakesRole>
      </div>
      {change.error && <p role="alert" className={styles['failure']}>Not learned: {change.error.message}</p>}
    </div>
  );
}

function Effect({ effect: { own, incidents, similar, changed, worse }, cause }: { readonly effect: LessonEffect; readonly cause: string }): ReactElement {
  return (
    <div className={styles['effect']} data-loud={worse.length > 0 || undefined} role="status">
      <p>
        In this incident {cause} {own.before === null ? 'ranks nowhere' : `ranks ${placeText(own.before)}`}; in one just like it, {own.after === null ? 'it would not be among the first either' : <>it would rank <strong>{placeText(own.after)}</strong></>}.
        {' '}Of {plural(incidents, 'other incident')} in {LESSON_DAYS} days <strong>{similar.toLocaleString('en-US')}</strong> {similar === 1 ? 'looks' : 'look'} alike{similar === 0 ? '.' : <>, and the first cause of <strong>{changed.length.toLocaleString('en-US')}</strong> would be another{changed.length === 0 ? '.' : ':'}</>}
      </p>
      {changed.length > 0 && (
        <ul>
          {changed.slice(0, MOST_NAMED).map(({ id, title, from, to }) => <li key={id}><Link to="/incidents/$id" params={{ id }} className="link">{title}</Link>: {from} → {to}</li>)}
          {changed.length > MOST_NAMED && <li>and {changed.length - MOST_NAMED} more</li>}
        </ul>
      )}
      {worse.length > 0 && (
        <>
          <p><strong>It would rank the right cause lower in {plural(worse.length, 'incident')}:</strong></p>
          <ul>{worse.slice(0, MOST_NAMED).map(({ id, title, right }) => <li key={id}><Link to="/incidents/$id" params={{ id }} className="link">{title}</Link>: {right}</li>)}</ul>
        </>
      )}
      {worse.length === 0 && changed.length > 0 && <p>None of those whose cause people told would be worse.</p>}
    </div>
  );
}
