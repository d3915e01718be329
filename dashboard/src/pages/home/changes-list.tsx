import { IconCircleCheck, IconCircleDot, IconRocket, type Icon } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useAllIncidents, useDeploys } from '../../api/hooks.js';
import { number } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { rangeWords, resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { changesIn, type Change } from './changes.js';
import styles from './home.module.css';

const SHOWN = 12;
/** A rollout through the whole fleet is one line. */
const MOST_DEPLOYS = 500;
const KINDS: Readonly<Record<Change['kind'], readonly [icon: Icon, word: string]>> = { deploy: [IconRocket, 'New version'], opened: [IconCircleDot, 'Incident opened'], resolved: [IconCircleCheck, 'Incident resolved'] };

/** New versions and incidents in the page's time range. */
export function Changes(): ReactElement {
  const { range } = useRange();
  const now = useNow(10_000);
  const incidents = useAllIncidents();
  const deploys = useDeploys(MOST_DEPLOYS).data?.deploys ?? [];
  return (
    <Section title="What changed" note={`in ${rangeWords(range)}`} flush>
      <Part query={incidents} name="changes">
        {(data) => {
          const changes = changesIn(resolveRange(range, now), data.incidents, deploys).slice(0, SHOWN);
          if (changes.length === 0) return <EmptyState title="Nothing changed">New versions of services and incidents of the chosen time appear here. Versions are read from service.version.</EmptyState>;
          return (
            <ol className={styles['lines']}>
              {changes.map((change) => (
                <Line key={`${change.kind} ${change.at} ${change.service} ${change.incident}`} change={change} />
              ))}
            </ol>
          );
        }}
      </Part>
    </Section>
  );
}

function Line({ change: { at, kind, service, others, text, incident } }: { readonly change: Change }): ReactElement {
  const [Glyph, word] = KINDS[kind];
  return (
    <li className={styles['change']} data-kind={kind}>
      <span className="dim">
        <RelativeTime at={at} />
      </span>
      <Glyph size={15} role="img" aria-label={word} />
      <span>
        <span className="dim">{word}: </span>
        {incident === '' ? (
          <>
            <Link to="/services/$service" params={{ service }} className="in-text">{service}</Link>{others.length > 0 && <span title={others.join(', ')}> and {number(others.length)} more</span>} {text}
          </>
        ) : (
          <Link to="/incidents/$id" params={{ id: incident }} className="in-text">{text}</Link>
        )}
      </span>
    </li>
  );
}
