import { Button, Checkbox, Popover, TextInput } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useModelAction, type ModelTarget } from '../../api/actions.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import styles from './models.module.css';

interface DecideProps {
  readonly target: ModelTarget;
  readonly label: string;
  readonly icon: Icon;
  /** What happens. */
  readonly question: string;
  readonly primary?: boolean;
  /** What speaks against it: each asks for a reason. */
  readonly closedGates?: readonly string[];
}

/** A button that asks who and why before it acts: both are kept with the event. */
export function Decide({ target, label, icon: Glyph, question, primary = false, closedGates = [] }: DecideProps): ReactElement {
  const action = useModelAction();
  const [name, setName, signedIn] = useActor();
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const barred = closedGates.length > 0;
  const ready = name.trim() !== '' && (!barred || (force && reason.trim() !== ''));

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (ready) action.mutate({ ...target, by: name.trim(), reason: reason.trim(), force: barred && force }, { onSuccess: () => setAsked(false) });
  }

  return (
    <TakesRole role="admin" brief>
    <Popover opened={asked} onDismiss={() => setAsked(false)} position="bottom-end" width={340} trapFocus returnFocus shadow="none">
      <Popover.Target>
        <Button size="xs" variant={primary && !barred ? 'filled' : 'default'} leftSection={<Glyph aria-hidden size={15} />} loading={action.isPending} onClick={() => setAsked(!asked)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles['ask']} aria-label={label}>
        <form onSubmit={submit} className={styles['form']}>
          <p>{question}</p>
          {barred && (
            <>
              <p className="dim">Against it:</p>
              <ul className={styles['against']}>
                {closedGates.map((gate) => (
                  <li key={gate}>{gate}</li>
                ))}
              </ul>
              <Checkbox size="xs" label={`${label} all the same`} checked={force} onChange={(event) => setForce(event.currentTarget.checked)} />
            </>
          )}
          {!signedIn && <TextInput size="xs" label="Your name" description="Remembered in this browser" value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />}
          <TextInput size="xs" label={barred ? 'Reason, kept with the event' : 'Reason (if you like)'} value={reason} maxLength={1_000} onChange={(event) => setReason(event.currentTarget.value)} />
          <Button type="submit" size="xs" disabled={!ready} loading={action.isPending}>
            {label}
          </Button>
          {action.error && (
            <p role="alert" className={styles['failure']}>
              Not done: {action.error.message}
            </p>
          )}
        </form>
      </Popover.Dropdown>
    </Popover>
    </TakesRole>
  );
}
