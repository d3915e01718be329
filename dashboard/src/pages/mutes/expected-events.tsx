import { Button, Modal } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import type { WindowState } from '#core/feedback.js';
import { useExpected, useFeedbackChange } from '../../api/feedback.js';
import { listed } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { TakesRole } from '../../parts/takes-role.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { Announce } from './announce.js';
import { scheduleText } from './schedule-text.js';
import styles from './mutes.module.css';

/** Maintenance, load tests, nightly jobs: what they explain opens as information, and nobody is notified. */
export function ExpectedEvents(): ReactElement {
  const events = useExpected();
  const change = useFeedbackChange();
  const now = useNow(30_000);
  /** null: none; 'new': an event that is not there yet. */
  const [edited, setEdited] = useState<WindowState | 'new' | null>(null);
  const columns: readonly Column<WindowState>[] = [
    { key: 'name', head: 'Event', width: '100%', cell: (one) => <strong>{one.name}</strong> },
    { key: 'services', head: 'Services', cell: (one) => <span className="dim" title={one.services.join(', ')} style={{ whiteSpace: 'nowrap' }}>{one.services.length === 0 ? 'all' : listed(one.services, 2)}</span> },
    { key: 'when', head: 'When', wideOnly: true, cell: (one) => <span style={{ whiteSpace: 'nowrap' }}>{scheduleText(one.schedule, now)}</span> },
    { key: 'state', head: 'State', wideOnly: true, cell: (one) => (one.activeUntil !== null ? <StateBadge bare state="expected">{`now, until ${clock(one.activeUntil, now)}`}</StateBadge> : one.nextAt === null ? <span className="faint">over</span> : <RelativeTime compact at={one.nextAt} />) },
    { key: 'by', head: 'By', wideOnly: true, cell: (one) => <span className="dim">{one.createdBy}</span> },
    { key: 'do', head: <span className="hidden-visually">Actions</span>, cell: (one) => (
      <TakesRole role="editor" brief><span style={{ whiteSpace: 'nowrap' }}>
        <Button size="compact-xs" variant="default" onClick={() => setEdited(one)}>Edit</Button>{' '}
        <Button size="compact-xs" variant="subtle" onClick={() => change.mutate({ kind: 'withdraw', id: one.id })}>Remove</Button>
      </span></TakesRole>
    ) },
  ];
  return (
    <>
      <Section title="Expected events" note="incidents that they explain open as information, without a notification" actions={<TakesRole role="editor" brief><Button size="compact-xs" variant="default" onClick={() => setEdited('new')}>Announce …</Button></TakesRole>} flush>
        {change.error && <p role="alert" className={styles['failure']}>Not done: {change.error.message}</p>}
        <Part query={events} name="expected events" skeleton={<Skeleton lines={3} />}>
          {({ windows }) => (
            <DataTable
              label="Expected events" columns={columns} rows={windows} rowKey={({ id }) => id}
              empty={<EmptyState title="Nothing is announced">Announce maintenance, a load test or a nightly job, and the trouble it makes in its services wakes nobody. What outlasts it by five minutes, or touches other services, does.</EmptyState>}
            />
          )}
        </Part>
      </Section>
      <Modal opened={edited !== null} onClose={() => setEdited(null)} title={edited === 'new' ? 'Announce an event' : 'Edit the event'} size="lg" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
        {edited !== null && <Announce event={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
      </Modal>
    </>
  );
}
