import { Button, Textarea, TextInput } from '@mantine/core';
import { useSyncExternalStore, type FormEvent, type ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { KeyHint } from '../../parts/key-hint.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import styles from './incidents.module.css';

interface NotesProps {
  readonly incident: Incident;
  readonly className: string | undefined;
}

/** Begun and not sent, by incident, until the page closes. */
const drafts = new Map<string, string>();
const listeners = new Set<() => void>();

function write(id: string, text: string): void {
  drafts.set(id, text);
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What people wrote, oldest first, and a place to write. A note that is left for another incident stays in the field; one that was refused comes back into it. */
export function Notes({ incident: { id, notes }, className }: NotesProps): ReactElement {
  const action = useIncidentAction(id);
  const [name, setName, signedIn] = useActor();
  const text = useSyncExternalStore(subscribe, () => drafts.get(id) ?? '');
  const ready = text.trim() !== '' && name.trim() !== '';
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!ready || action.isPending) return;
    const sent = text.trim();
    // Whoever goes on, here or to another page, begins the next note.
    write(id, '');
    action.mutateAsync({ kind: 'note', author: name.trim(), text: sent }).catch(() => write(id, [sent, drafts.get(id) ?? ''].filter(Boolean).join('\n')));
  }
  return (
    <Section id="notes" title="Notes" note={notes.length === 0 ? 'what you try and find, for those who come after you' : String(notes.length)} flush className={[className, notes.length === 0 && 'on-screen'].filter(Boolean).join(' ')}>
      <div className={styles['lines']}>
        {notes.map(({ at, author, text: said }) => (
          <div key={`${at} ${author}`} className={styles['note']}>
            <div className="row small">
              <strong>{author}</strong>
              <span className="dim">
                <RelativeTime at={at} />
              </span>
            </div>
            <p>{said}</p>
          </div>
        ))}
      </div>
      <form className={styles['form']} onSubmit={submit}>
        <TakesRole role="editor">
        <Textarea
          maw={900} data-note aria-label="Note" placeholder="Write a note" autosize minRows={2} maxRows={8} maxLength={10_000} value={text}
          onChange={(event) => write(id, event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !event.repeat && submit(event)}
        />
        <div className="row">
          {!signedIn && <TextInput size="xs" aria-label="Your name" placeholder="Your name" value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} />}
          <Button type="submit" size="xs" variant="default" disabled={!ready} loading={action.isPending} aria-keyshortcuts="Control+Enter">
            Add note <KeyHint>Ctrl Enter</KeyHint>
          </Button>
          {action.error && <span role="alert" style={{ color: 'var(--critical)' }}>{action.error.message}</span>}
        </div>
        </TakesRole>
      </form>
    </Section>
  );
}
