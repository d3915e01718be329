import { Button, Popover, TextInput } from '@mantine/core';
import { IconCheck, IconEye, IconNote, IconRotate, IconUser, IconVolumeOff } from '@tabler/icons-react';
import { useRef, useState, type FormEvent, type ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { useBar } from '../../api/session.js';
import { KeyHint } from '../../parts/key-hint.js';
import { TakesRole } from '../../parts/takes-role.js';
import { usePageKeys } from '../../shell/use-page-keys.js';
import { useActor } from '../../shell/use-actor.js';
import { SilenceWindow } from '../alerts/silence-form.js';
import { MoreActions } from './more-actions.js';
import { alertOf } from './silenced.js';
import { shortName } from './wording.js';
import styles from './actions.module.css';

type Asked = 'acknowledge' | 'resolve' | 'reopen';
const VERBS: Readonly<Record<Asked, string>> = { acknowledge: 'Acknowledge', resolve: 'Resolve', reopen: 'Reopen' };

/** What a person does with it. The name is asked once and remembered in this browser. */
export function Actions({ incident }: { readonly incident: Incident }): ReactElement {
  const { id, status, assignee = '', mergedInto } = incident;
  const action = useIncidentAction(id);
  const [name, setName, signedIn] = useActor();
  const [asked, setAsked] = useState<Asked | null>(null);
  const barred = useBar('editor') !== '';
  const [assigning, setAssigning] = useState(false);
  const [silencing, setSilencing] = useState(false);
  const row = useRef<HTMLDivElement>(null);

  /** The button or form that had the focus goes away, or takes none while it is under way. */
  function keepFocus(): void {
    if (row.current?.contains(document.activeElement) || document.activeElement?.closest('[role="dialog"]')) row.current?.focus({ preventScroll: true });
  }
  function act(kind: Asked, by: string): void {
    keepFocus();
    setName(by);
    setAsked(null);
    action.mutate({ kind, by });
  }
  function assign(to: string): void {
    keepFocus();
    setAssigning(false);
    action.mutate({ kind: 'assign', to, by: name || to || 'somebody' });
  }
  const acknowledge = (): void => (name === '' ? setAsked('acknowledge') : act('acknowledge', name));
  usePageKeys((key) => {
    if (barred) return undefined;
    if (key === 'n') return focusNote;
    if (key === 'a' && status === 'open') return acknowledge;
    return key === 'r' && status !== 'resolved' ? () => setAsked('resolve') : undefined;
  });
  const form = (kind: Asked, question: string): ReactElement => <Ask key={kind} question={question} verb={VERBS[kind]} name={name} fixed={signedIn} onDone={(by) => act(kind, by)} />;

  return (
    <div ref={row} tabIndex={-1} role="group" aria-label="Actions" className="row wraps">
      <TakesRole role="editor">
      {status === 'open' && (
        <Popover opened={asked === 'acknowledge'} onDismiss={() => setAsked(null)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <Button size="xs" leftSection={<IconEye aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'acknowledge'} aria-keyshortcuts="a" onClick={acknowledge}>
              {name === '' ? 'Acknowledge' : `Acknowledge as ${shortName(name)}`} <KeyHint>a</KeyHint>
            </Button>
          </Popover.Target>
          <Popover.Dropdown className={styles['ask']}>{form('acknowledge', 'Others see that you are on it.')}</Popover.Dropdown>
        </Popover>
      )}
      <Popover opened={assigning} onDismiss={() => setAssigning(false)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
        <Popover.Target>
          <Button size="xs" variant="default" title={assignee} leftSection={<IconUser aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'assign'} onClick={() => setAssigning(true)}>
            {assignee === '' ? 'Assign' : shortName(assignee)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={styles['ask']}>
          <Ask question="Who works on it. Empty for nobody." label="Assign to" verb="Assign" name={action.isError && action.variables.kind === 'assign' ? action.variables.to : assignee || name} blank onDone={assign} />
        </Popover.Dropdown>
      </Popover>
      {status !== 'resolved' && <Button size="xs" variant="default" leftSection={<IconVolumeOff aria-hidden size={15} />} onClick={() => setSilencing(true)}>Silence</Button>}
      <Button size="xs" variant="default" leftSection={<IconNote aria-hidden size={15} />} aria-keyshortcuts="n" onClick={focusNote}>
        Note <KeyHint>n</KeyHint>
      </Button>
      {status !== 'resolved' && (
        <Popover opened={asked === 'resolve'} onDismiss={() => setAsked(null)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <Button size="xs" variant={status === 'acknowledged' ? 'filled' : 'default'} leftSection={<IconCheck aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'resolve'} aria-keyshortcuts="r" onClick={() => setAsked('resolve')}>
              Resolve <KeyHint>r</KeyHint>
            </Button>
          </Popover.Target>
          <Popover.Dropdown className={styles['ask']}>{form('resolve', 'It closes by itself once everything has returned to its band. Resolve it now, and it stays closed while its evidence simply goes on; trouble that ends and comes back opens it again.')}</Popover.Dropdown>
        </Popover>
      )}
      {status === 'resolved' && !mergedInto && (
        <Popover opened={asked === 'reopen'} onDismiss={() => setAsked(null)} position="bottom-end" width={300} trapFocus returnFocus shadow="none">
          <Popover.Target>
            <Button size="xs" variant="default" leftSection={<IconRotate aria-hidden size={15} />} loading={action.isPending && action.variables.kind === 'reopen'} onClick={() => setAsked('reopen')}>
              Reopen
            </Button>
          </Popover.Target>
          <Popover.Dropdown className={styles['ask']}>{form('reopen', 'It then stays open until somebody resolves it.')}</Popover.Dropdown>
        </Popover>
      )}
      <MoreActions incident={incident} name={name} />
      </TakesRole>
      <SilenceWindow matchers={silencing ? alertOf(id) : null} onClose={() => setSilencing(false)} />
      {action.error && (
        <p role="alert" className={styles['failure']}>
          Not done: {action.error.message}
        </p>
      )}
    </div>
  );
}

interface AskProps {
  readonly label?: string;
  /** Whether an empty text is an answer. */
  readonly blank?: boolean;
  /** The name is that of whoever is signed in: only the question is asked. */
  readonly fixed?: boolean;
  readonly question: string;
  readonly verb: string;
  readonly name: string;
  readonly onDone: (by: string) => void;
}

function Ask({ question, verb, name, onDone, label = 'Your name', blank = false, fixed = false }: AskProps): ReactElement {
  const [text, setText] = useState(name);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (blank || text.trim() !== '') onDone(text.trim());
  }
  return (
    <form onSubmit={submit} className={styles['form']}>
      <p className="dim">{question}</p>
      {!fixed && <TextInput size="xs" label={label} {...(blank ? {} : { description: 'Remembered in this browser' })} value={text} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />}
      <Button type="submit" size="xs" {...(fixed ? { 'data-autofocus': true } : {})} disabled={!blank && text.trim() === ''}>
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
