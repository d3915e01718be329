import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import { Link, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import { useOpenIncidents } from '../api/hooks.js';
import { plural } from '../format/name.js';
import { number } from '../format/number.js';
import { PAGES } from './pages.js';
import styles from './rail.module.css';

interface RailProps {
  readonly narrow: boolean;
  readonly onToggle: () => void;
}

/** Not by `scrollIntoView`: the Tab key would go on from there, past the link that skips the rail. */
function centre(pages: HTMLElement | null): void {
  const current = pages?.querySelector<HTMLElement>('[aria-current]');
  if (pages && current) pages.scrollLeft += current.getBoundingClientRect().left - pages.getBoundingClientRect().left - (pages.clientWidth - current.clientWidth) / 2;
}

/** The pages. On a phone a bar at the bottom that scrolls to the one shown. */
export function Rail({ narrow, onToggle }: RailProps): ReactElement {
  const { incidents = [], matching = 0 } = useOpenIncidents().data ?? {};
  const unseen = incidents.filter(({ status }) => status === 'open').length;
  const pages = useRef<HTMLUListElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => centre(pages.current), [path]);
  const Fold = narrow ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className={styles['rail']} aria-label="Pages" data-narrow={narrow || undefined}>
      <Link to="/" className={styles['mark']} aria-label="Faultline, home">
        <svg viewBox="0 0 32 32" width={24} height={24} aria-hidden>
          <path d="M2 20h7l4-11 5 15 4-9h8" fill="none" stroke="var(--accent)" strokeWidth={2.8} strokeLinecap="round" strokeLinejoin="round" />
        </svg>
        <span className={styles['word']}>Faultline</span>
      </Link>
      <ul ref={pages} className={styles['pages']}>
        {PAGES.map(({ to, name, icon: Glyph }) => (
          <li key={to}>
            <Link to={to} className={styles['page']} activeOptions={{ exact: to === '/', includeSearch: false }} title={narrow ? name : undefined}>
              <Glyph aria-hidden className="icon" size={18} />
              <span className={styles['word']}>{name}</span>
              {to === '/incidents' && matching > 0 && (
                <span className={styles['count']} data-unseen={unseen > 0 || undefined} aria-label={`${plural(matching, 'incident')} not resolved`}>
                  {number(matching)}
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
      <button type="button" className={styles['fold']} onClick={onToggle} aria-label={narrow ? 'Expand: show the names of the pages' : 'Collapse: hide the names of the pages'} title="[">
        <Fold aria-hidden size={18} className="icon" />
        <span className={styles['word']}>{narrow ? 'Expand' : 'Collapse'}</span>
      </button>
    </nav>
  );
}
