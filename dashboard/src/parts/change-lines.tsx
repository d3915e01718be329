import { IconAdjustments, IconArrowBackUp, IconArrowsDiff, IconCircleCheck, IconCircleDot, IconFileText, IconRefresh, IconRocket, type Icon } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiChange, ChangeKind } from '#core/api/services.js';
import { lasting } from '../format/duration.js';
import { number } from '../format/number.js';
import { readable } from '../format/readable.js';
import { RelativeTime } from './relative-time.js';
import styles from './change-lines.module.css';

const KINDS: Readonly<Record<ChangeKind, readonly [icon: Icon, word: string]>> = {
  deploy: [IconRocket, 'New version'], rollback: [IconArrowBackUp, 'Rolled back'], configuration: [IconAdjustments, 'Other configuration'], scaling: [IconArrowsDiff, 'Scaling'], restart: [IconRefresh, 'Restart'],
  'incident-opened': [IconCircleDot, 'Incident opened'], 'incident-resolved': [IconCircleCheck, 'Incident resolved'], 'log-pattern': [IconFileText, 'New in the logs'],
};
const NAMED = 3;
/** What was over within this happened at once. */
const AT_ONCE_MS = 60_000;

/** What changed, one line each. On the page of a service its name goes without saying. */
export function ChangeLines({ changes, of = '' }: { readonly changes: readonly ApiChange[]; readonly of?: string }): ReactElement {
  return (
    <ol className={styles['lines']}>
      {changes.map((change) => (
        <Line key={`${change.kind} ${change.at} ${change.services[0]} ${change.incident}`} change={change} of={of} />
      ))}
    </ol>
  );
}

function Line({ change: { at, until, kind, services, serviceCount, text: raw, incident }, of }: { readonly change: ApiChange; readonly of: string }): ReactElement {
  const [Glyph, word] = KINDS[kind];
  // As the patterns of the logs are written.
  const text = kind === 'log-pattern' ? readable(raw).replaceAll('<*>', '∗') : raw;
  return (
    <li className={styles['change']} data-kind={kind}>
      <span className="dim">
        <RelativeTime at={at} />
      </span>
      <Glyph size={15} role="img" aria-label={word} />
      <span>
        <span className="dim">{word}: </span>
        {incident !== '' ? <Link to="/incidents/$id" params={{ id: incident }} className="in-text">{text}</Link> : serviceCount === 1 && services[0] === of ? text : <><Names services={services} count={serviceCount} /> <span className="faint">·</span> {text}</>}
        {until - at >= AT_ONCE_MS && <span className="faint"> · within {lasting(until - at)}</span>}
      </span>
    </li>
  );
}

function Names({ services, count }: { readonly services: readonly string[]; readonly count: number }): ReactElement {
  // One name more is as short as "and 1 more".
  const shown = services.slice(0, count === NAMED + 1 ? count : NAMED);
  const others = services.slice(shown.length);
  return (
    <>
      {shown.map((service, place) => (
        <span key={service}>
          {place > 0 && (place === count - 1 ? ' and ' : ', ')}
          <Link to="/services/$service" params={{ service }} className="in-text">{service}</Link>
        </span>
      ))}
      {count > shown.length && <span title={[...others, ...(count > services.length ? ['…'] : [])].join(', ')}> and {number(count - shown.length)} more</span>}
    </>
  );
}
