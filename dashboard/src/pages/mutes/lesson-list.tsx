import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { LessonState } from '#core/feedback.js';
import { useFeedbackChange, useLessons } from '../../api/feedback.js';
import { day } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import styles from './mutes.module.css';

/** What people named as causes, and that ranks higher in similar incidents. */
export function LessonList(): ReactElement {
  const lessons = useLessons();
  const change = useFeedbackChange();
  const [by] = useActor();
  const columns: readonly Column<LessonState>[] = [
    { key: 'text', head: 'Ranks higher', width: '100%', cell: (one) => <span className={one.active ? undefined : 'faint'}><strong>{one.text}</strong><br /><span className="dim small">where this shows: {one.signs.join(', ')}</span></span> },
    { key: 'by', head: 'By', wideOnly: true, cell: (one) => <span className="dim" style={{ whiteSpace: 'nowrap' }}>{one.createdBy} · <Link to="/incidents/$id" params={{ id: one.id }} className="link">from</Link></span> },
    { key: 'weighed', head: 'Weighed in', numeric: true, cell: (one) => one.weighed.toLocaleString('en-US') },
    { key: 'expires', head: 'Until', wideOnly: true, cell: (one) => <span style={{ whiteSpace: 'nowrap' }}>{one.active ? day(one.expiresAt) : <span className="faint">expired</span>}</span> },
    { key: 'do', head: <span className="hidden-visually">Actions</span>, cell: (one) => (
      <TakesRole role="editor" brief><Button size="compact-xs" variant="subtle" aria-label={`Forget ${one.text}`} onClick={() => change.mutate({ kind: 'forget', id: one.id, by: by || 'somebody' })}>Forget</Button></TakesRole>
    ) },
  ];
  return (
    <Section title="Learned causes" note="what people named ranks higher in similar incidents, which say so" flush>
      {change.error && <p role="alert" className={styles['failure']}>Not done: {change.error.message}</p>}
      <Part query={lessons} name="learned causes" skeleton={<Skeleton lines={3} />}>
        {({ lessons: rows }) => (
          <DataTable
            label="Learned causes" columns={columns} rows={rows} rowKey={({ id }) => id}
            empty={<EmptyState title="No cause was learned">Judge an incident as wrong cause (key 4 on its page) and name the right one. Faultline shows which incidents it would have ranked otherwise before you apply it.</EmptyState>}
          />
        )}
      </Part>
    </Section>
  );
}
