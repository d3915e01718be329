import { Button, TextInput } from '@mantine/core';
import { useCallback, useState, type FormEvent, type ReactElement } from 'react';
import type { IncidentContext } from '#core/feedback.js';
import type { CauseDetail, Incident, VerdictKind } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { useBar } from '../../api/session.js';
import { KeyHint } from '../../parts/key-hint.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { TakesRole } from '../../parts/takes-role.js';
import { usePageKeys } from '../../shell/use-page-keys.js';
import { useActor } from '../../shell/use-actor.js';
import { CauseForm } from './cause-form.js';
import { LessonPart } from './lesson-part.js';
import { Proposals } from './proposals.js';
import { VERDICTS, verdictWord } from './verdict-words.js';
import styles from './verdict-bar.module.css';

interface VerdictBarProps {
  readonly incident: Incident;
  readonly context: IncidentContext | undefined;
  readonly className: string | undefined;
}

/** Was this right? One key says it; what a mute or a named cause would change is shown before it is applied. */
export function VerdictBar({ incident, context, className }: VerdictBarProps): ReactElement {
  const { id, verdict } = incident;
  const action = useIncidentAction(id);
  const [name, setName] = useActor();
  const barred = useBar('editor') !== '';
  const [asked, setAsked] = useState<VerdictKind | null>(null);
  const { mutate } = action;
  const judged = verdict ?? null;
  const said = verdict?.kind === 'wrong_cause' ? verdict.cause : '';
  const judge = useCallback(
    (kind: VerdictKind | null, cause = '', detail: CauseDetail | null = null, by = name) => {
      if (by === '') return setAsked(kind);
      const asks = kind === 'wrong_cause' && cause === '';
      // What was named stays in the form until it is told.
      if (cause === '') setAsked(asks ? kind : null);
      // A cause that was named stays until another one is.
      if (asks && said !== '') return;
      mutate({ kind: 'verdict', verdict: kind, anomaly: '', cause, detail, by }, { onSuccess: () => cause !== '' && setAsked(null) });
    },
    [mutate, name, said],
  );
  usePageKeys(useCallback((key: string) => {
    if (barred) return undefined;
    const verdictOf = VERDICTS[Number(key) - 1];
    return verdictOf || (key === '0' && judged) ? () => judge(verdictOf?.kind ?? null) : undefined;
  }, [judge, barred, judged]));
  const proposals = action.data?.proposals ?? [];
  return (
    <Section
      id="verdict"
      title="Was this right?"
      note={judged ? <>{verdictWord(judged.kind)}{judged.cause !== '' && `: it was ${judged.cause}${judged.detail ? ` (${judged.detail.kind} ${judged.detail.name})` : ''}`}, says {judged.by} · <RelativeTime compact at={judged.at} /></> : 'your verdict teaches Faultline, and can be taken back'}
      className={[className, judged ? styles['said'] : 'on-screen'].filter(Boolean).join(' ')}
    >
      <div className="stack">
        <div className={styles['bar']} role="group" aria-label="Verdict">
          <TakesRole role="editor">
          {VERDICTS.map(({ kind, word, means }, index) => (
            <Button key={kind} size="xs" variant={judged?.kind === kind ? 'filled' : 'default'} aria-pressed={judged?.kind === kind} aria-keyshortcuts={String(index + 1)} title={`${means} (${index + 1})`} loading={action.isPending && action.variables.kind === 'verdict' && action.variables.verdict === kind} onClick={() => judge(kind)}>
              {word} <KeyHint>{String(index + 1)}</KeyHint>
            </Button>
          ))}
          {judged && (
            <Button size="xs" variant="subtle" aria-keyshortcuts="0" onClick={() => judge(null)}>
              Take back <KeyHint>0</KeyHint>
            </Button>
          )}
          </TakesRole>
        </div>
        {asked !== null && name === '' && <NameForm verb={verdictWord(asked)} onDone={(by) => (setName(by), judge(asked, '', null, by))} />}
        {asked === 'wrong_cause' && name !== '' && <CauseForm candidates={context?.candidates ?? incident.services.map((service) => ({ service, detail: null }))} suggested={context?.toldCause ?? ''} onDone={(cause, detail) => judge('wrong_cause', cause, detail)} onSkip={() => setAsked(null)} />}
        {judged && judged.kind === 'wrong_cause' && judged.cause !== '' && context && asked === null && <LessonPart key={`${judged.cause} ${judged.at}`} incident={incident} verdict={judged} lesson={context.lesson} />}
        {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
        {proposals.length > 0 && judged && (judged.kind === 'noise' || judged.kind === 'expected') && <Proposals key={action.submittedAt} proposals={proposals} />}
      </div>
    </Section>
  );
}

function NameForm({ verb, onDone }: { readonly verb: string; readonly onDone: (by: string) => void }): ReactElement {
  const [text, setText] = useState('');
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== '') onDone(text.trim());
  }
  return (
    <form className={styles['form']} onSubmit={submit}>
      <TextInput size="xs" label="Your name" description="Remembered in this browser" value={text} maxLength={200} data-autofocus autoFocus onChange={(event) => setText(event.currentTarget.value)} />
      <Button type="submit" size="xs" disabled={text.trim() === ''}>{verb}</Button>
    </form>
  );
}
