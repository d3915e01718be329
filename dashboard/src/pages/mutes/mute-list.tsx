import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { MuteState } from '#core/feedback.js';
import { useFeedbackChange, useMuted, useMutes } from '../../api/feedback.js';
import { day } from '../../format/time.js';
import { plural } from '../../format/name.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { TakesRole } from '../../parts/takes-role.js';
import { MutedLine } from '../incidents/muted-near.js';
import { EditMute } from './edit-mute.js';
import styles from './mutes.module.css';

/** Mutes with what they suppressed: visible, editable, and over by themselves. */
export function MuteList(): ReactElement {
  const mutes = useMutes();
  const change = useFeedbackChange();
  const [edited, setEdited] = useState<MuteState | null>(null);
  const [shown, setShown] = useState<MuteState | null>(null);
  const columns: readonly Column<MuteState>[] = [
    { key: 'text', head: 'Keeps out of incidents', width: '100%', cell: (one) => <span className={one.active ? undefined : 'faint'}><strong>{one.text}</strong><br /><span className="dim small">{one.reason}</span></span> },
    { key: 'by', head: 'By', wideOnly: true, cell: (one) => <span className="dim" style={{ whiteSpace: 'nowrap' }}>{one.createdBy}{one.incident !== '' && <> · <Link to="/incidents/$id" params={{ id: one.incident }} className="link">from</Link></>}</span> },
    { key: 'suppressed', head: 'Suppressed', numeric: true, cell: (one) => (one.suppressed === 0 ? '0' : <Button size="compact-xs" variant="default" aria-label={`Show the ${plural(one.suppressed, 'suppressed anomaly', 'suppressed anomalies')}`} onClick={() => setShown(one)}>{one.suppressed.toLocaleString('en-US')}</Button>) },
    { key: 'last', head: 'Last', wideOnly: true, cell: (one) => (one.lastSuppressedAt === null ? <span className="faint">never</span> : <RelativeTime compact at={one.lastSuppressedAt} />) },
    { key: 'expires', head: 'Until', wideOnly: true, cell: (one) => <span style={{ whiteSpace: 'nowrap' }}>{one.active ? day(one.expiresAt) : <span className="faint">expired</span>}</span> },
    { key: 'do', head: <span className="hidden-visually">Actions</span>, cell: (one) => (
      <TakesRole role="editor" brief><span style={{ whiteSpace: 'nowrap' }}>
        <Button size="compact-xs" variant="default" onClick={() => setEdited(one)}>Edit</Button>{' '}
        <Button size="compact-xs" variant="subtle" onClick={() => change.mutate({ kind: 'unmute', id: one.id })}>Remove</Button>
      </span></TakesRole>
    ) },
  ];
  return (
    <>
      <Section title="Mutes" note="what matters to nobody; it is stored all the same" flush>
        {change.error && <p role="alert" className={styles['failure']}>Not done: {change.error.message}</p>}
        <Part query={mutes} name="mutes" skeleton={<Skeleton lines={4} />}>
          {({ mutes: rows }) => (
            <DataTable
              label="Mutes" columns={columns} rows={rows} rowKey={({ id }) => id}
              empty={<EmptyState title="Nothing is muted">Judge an incident as noise or expected (keys 2 and 3 on its page), and Faultline proposes a mute here. It shows what the mute would have removed before you apply it.</EmptyState>}
            />
          )}
        </Part>
      </Section>
      <Modal opened={edited !== null} onClose={() => setEdited(null)} title="Edit the mute" size="lg" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
        {edited && <EditMute mute={edited} onDone={() => setEdited(null)} />}
      </Modal>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="Suppressed anomalies" size="xl" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
        {shown && <Suppressed mute={shown} />}
      </Modal>
    </>
  );
}

function Suppressed({ mute: { id, text } }: { readonly mute: MuteState }): ReactElement {
  return (
    <div className="stack">
      <p className="dim">{text}. The newest first, at most 100.</p>
      <Part query={useMuted(id)} name="suppressed anomalies">
        {({ muted }) => <>{muted.map(({ anomaly }) => <MutedLine key={anomaly.id} anomaly={anomaly} />)}</>}
      </Part>
    </div>
  );
}
