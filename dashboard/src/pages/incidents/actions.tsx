import { Button, Popover, TextInput } from '@mantine/core';
import { IconCheck, IconEye, IconNote } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { useRemembered } from '../../shell/use-remembered.js';
import { NAME_KEY } from './name-key.js';
import styles from './actions.module.css';

/** What a person does with it. The name is asked once and remembered in this browser. */
export function Actions({ incident: { id, status } }: { readonly incident: Incident }): ReactElement {
  const action = useIncidentAction(id);
  const [name, setName] = useRemembered(NAME_KEY, '');
  const [asked, setAsked] = useState<'acknowledge' | 'resolve' | null>(null);

  function act(kind: 'acknowledge' | 'resolve', by: string): void {
    setName(by);
    setAsked(null);
    action.mutate({ kind, by });
  }
  const form = (kind: 'acknowledge' | 'resolve', question: string): ReactElement => <Ask key={kind} question={question} verb={kind === 'resolve' ? 'Resolve' : 'Acknowledge'} name={name} onDone={(by) => act(kind, by)} />;

  return (
    <div className={styles['actions']}>
      {status === 'open' && (
        <Popover opened={asked === 'acknowledge'} onDismiss={() => setAsked(null)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <Button size="xs" leftSection={<IconEye aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'acknowledge'} onClick={() => (name === '' ? setAsked('acknowledge') : act('acknowledge', name))}>
              {name === '' ? 'Acknowledge' : `Acknowledge as ${name}`}
            </Button>
          </Popover.Target>
          <Popover.Dropdown className={styles['ask']}>{form('acknowledge', 'Others see that you are on it.')}</Popover.Dropdown>
        </Popover>
      )}
      <Button size="xs" variant="default" leftSection={<IconNote aria-hidden size={15} />} onClick={() => focusNote()}>
        Note
      </Button>
      {status !== 'resolved' && (
        <Popover opened={asked === 'resolve'} onDismiss={() => setAsked(null)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <Button size="xs" variant={status === 'acknowledged' ? 'filled' : 'default'} leftSection={<IconCheck aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'resolve'} onClick={() => setAsked('resolve')}>
              Resolve
            </Button>
          </Popover.Target>
          <Popover.Dropdown className={styles['ask']}>{form('resolve', 'It closes by itself once everything has returned to its band. Resolve it now, and it opens again if the trouble comes back.')}</Popover.Dropdown>
        </Popover>
      )}
      {action.error && (
        <p role="alert" className={styles['failure']}>
          Not done: {action.error.message}
        </p>
      )}
    </div>
  );
}

interface AskProps {
  readonly question: string;
  readonly verb: string;
  readonly name: string;
  readonly onDone: (by: string) => void;
}

function Ask({ question, verb, name, onDone }: AskProps): ReactElement {
  const [text, setText] = useState(name);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== '') onDone(text.trim());
  }
  return (
    <form onSubmit={submit} className={styles['form']}>
      <p className="dim">{question}</p>
      <TextInput size="xs" label="Your name" description="Remembered in this browser" value={text} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />
      <Button type="submit" size="xs" disabled={text.trim() === ''}>
        {verb}
      </Button>
    </form>
  );
}

function focusNote(): void {
  const field = document.querySelector<HTMLElement>('[data-note]');
  field?.scrollIntoView({ block: 'center' });
  field?.focus();
}
