import { Button, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { ApiSilence } from '#core/api/alerts.js';
import { useAlertAction, useMatchingAlerts } from '../../api/alerts.js';
import { plural } from '../../format/name.js';
import { shortClock } from '../../format/time.js';
import { useActor } from '../../shell/use-actor.js';
import { serverNow } from '../../time/server-now.js';
import { useNow } from '../../time/use-now.js';
import { matchersIn } from './matchers.js';
import styles from './alerts.module.css';

const HOUR = 3_600_000;
const AS_IT_IS = '';
const LENGTHS = [{ value: String(HOUR / 2), label: '30 min' }, { value: String(HOUR), label: '1 h' }, { value: String(4 * HOUR), label: '4 h' }, { value: String(24 * HOUR), label: '1 d' }, { value: String(168 * HOUR), label: '7 d' }];

interface SilenceFormProps {
  readonly matchers: string;
  /** The silence that is changed, or made again once it is over. */
  readonly old?: ApiSilence | null;
  readonly onClose: () => void;
}

/** The window in which a silence is written; closed while there are no matchers to begin with. */
export function SilenceWindow({ matchers, old = null, onClose }: Omit<SilenceFormProps, 'matchers'> & { readonly matchers: string | null }): ReactElement {
  return (
    <Modal opened={matchers !== null} onClose={onClose} title={isKept(old) ? 'Change the silence' : 'Silence alerts'} size="lg" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
      {matchers !== null && <SilenceForm matchers={matchers} old={old} onClose={onClose} />}
    </Modal>
  );
}

/** Whether it is still to be changed. */
const isKept = (old: ApiSilence | null): old is ApiSilence => old !== null && old.status.state !== 'expired';

/** A silence to be, from the matchers given. Says how many alerts it would hold back. */
function SilenceForm({ matchers: given, old = null, onClose }: SilenceFormProps): ReactElement {
  const [text, setText] = useState(given);
  const [length, setLength] = useState(isKept(old) ? AS_IT_IS : String(HOUR));
  const [comment, setComment] = useState(old?.comment ?? '');
  const [name, setName, signedIn] = useActor();
  const [author, setAuthor] = useState(name);
  const action = useAlertAction();
  const matchers = matchersIn(text);
  const found = useMatchingAlerts(matchers === null ? '' : text);
  const now = useNow();
  const kept = isKept(old) ? { ...old, begins: Date.parse(old.startsAt), ends: Date.parse(old.endsAt) } : null;
  const endsAfter = (at: number): number => (length === AS_IT_IS && kept ? kept.ends : Math.max(at, kept?.begins ?? 0) + Number(length));
  const ready = matchers !== null && !found.error && comment.trim() !== '' && author.trim() !== '';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!ready) return;
    setName(author.trim());
    const at = serverNow();
    const text = (time: number): string => new Date(time).toISOString();
    action.mutate({ kind: 'silence', draft: { ...(kept ? { id: kept.id } : {}), matchers, startsAt: text(kept?.begins ?? at), endsAt: text(endsAfter(at)), createdBy: author.trim(), comment: comment.trim() } }, { onSuccess: onClose });
  }

  return (
    <form onSubmit={submit} className={styles['form']}>
      <Textarea
        size="xs" label="Alerts with all of" description={'Matchers, such as alertname="Down", job=~"api|web". Leave one out to silence more.'} autosize minRows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus
        error={text.trim() !== '' && matchers === null ? 'This is not a list of matchers' : (found.error?.message ?? null)}
      />
      <p className="dim" role="status">{matchers === null ? 'Nothing would be silenced.' : `${plural(found.data?.length ?? 0, 'alert')} that ${found.data?.length === 1 ? 'fires' : 'fire'} now would be silenced.`}</p>
      <div className="row">
        <SegmentedControl size="xs" aria-label="For how long" data={kept ? [{ value: AS_IT_IS, label: 'As it is' }, ...LENGTHS] : LENGTHS} value={length} onChange={setLength} />
        <span className="faint">until {shortClock(endsAfter(now), now)}</span>
      </div>
      <TextInput size="xs" label="Why" value={comment} maxLength={1000} onChange={(event) => setComment(event.currentTarget.value)} />
      {!signedIn && <TextInput size="xs" label="Your name" description="Remembered in this browser" value={author} maxLength={200} onChange={(event) => setAuthor(event.currentTarget.value)} />}
      {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
      <Button type="submit" size="xs" loading={action.isPending} disabled={!ready}>{kept ? 'Save' : 'Silence'}</Button>
    </form>
  );
}
