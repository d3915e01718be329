import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { PageHead } from '../../parts/page-head.js';
import { ExpectedEvents } from './expected-events.js';
import { LessonList } from './lesson-list.js';
import { MuteList } from './mute-list.js';

/** What people do not want to hear of, what they announced, and what they taught. */
export function MutesPage(): ReactElement {
  return (
    <div className="stack">
      <PageHead title="Mutes and expected events">
        <Link to="/incidents" className="link small">Incidents</Link>
      </PageHead>
      <MuteList />
      <ExpectedEvents />
      <LessonList />
    </div>
  );
}
