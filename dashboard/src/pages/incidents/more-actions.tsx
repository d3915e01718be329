import { Button, Menu, Modal, Select } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { Incident, Severity } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { useOpenIncidents } from '../../api/hooks.js';
import { shortClock } from '../../format/time.js';
import { useNow } from '../../time/use-now.js';
import styles from './actions.module.css';

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];
/** Options in sight; what is typed finds the others. */
const OFFERED = 50;

/** What is done by hand more rarely: severity, and making another incident a part of this one. */
export function MoreActions({ incident: { id, severity, severityBy = '', status }, name }: { readonly incident: Incident; readonly name: string }): ReactElement {
  const action = useIncidentAction(id);
  const others = (useOpenIncidents().data?.incidents ?? []).filter((one) => one.id !== id);
  const [merging, setMerging] = useState(false);
  const by = name || 'somebody';
  return (
    <>
      <Menu position="bottom-end" shadow="none" width={340}>
        <Menu.Target>
          <Button size="xs" variant="default" aria-label="More" title="Severity, merge" loading={action.isPending} px={8}>
            <IconDots aria-hidden size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Severity{severityBy !== '' && `, set by ${severityBy}`}</Menu.Label>
          {SEVERITIES.map((one) => <Menu.Item key={one} disabled={one === severity && severityBy !== ''} onClick={() => action.mutate({ kind: 'severity', severity: one, by })}>{one}</Menu.Item>)}
          {severityBy !== '' && <Menu.Item onClick={() => action.mutate({ kind: 'severity', severity: null, by })}>as the evidence says</Menu.Item>}
          {status !== 'resolved' && others.length > 0 && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setMerging(true)}>Make another a part of this one …</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={merging} onClose={() => setMerging(false)} title="Make another a part of this one" size="lg" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
        <MergeForm others={others} busy={action.isPending} failure={action.error?.message} onDone={(other) => action.mutate({ kind: 'merge', other, by }, { onSuccess: () => setMerging(false) })} />
      </Modal>
      {action.error && !merging && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
    </>
  );
}

interface MergeFormProps {
  readonly others: readonly Incident[];
  readonly busy: boolean;
  readonly failure: string | undefined;
  readonly onDone: (other: string) => void;
}

function MergeForm({ others, busy, failure, onDone }: MergeFormProps): ReactElement {
  const [other, setOther] = useState<string | null>(null);
  const now = useNow(60_000);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (other !== null) onDone(other);
  }
  return (
    <form onSubmit={submit} className={styles['form']}>
      <p className="dim">Its evidence moves here, and it is over.</p>
      <Select
        size="xs" searchable label="Open incident" placeholder="Part of its title" nothingFoundMessage="No open incident is called so" limit={OFFERED} data-autofocus
        data={others.map(({ id, title, startsAt }) => ({ value: id, label: `${title} · since ${shortClock(startsAt, now)}` }))} value={other} onChange={setOther}
      />
      {failure !== undefined && <p role="alert" className={styles['failure']}>Not done: {failure}</p>}
      <Button type="submit" size="xs" loading={busy} disabled={other === null}>Merge</Button>
    </form>
  );
}
