import { Button, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useAlertAction, useMatchingAlerts } from '../../api/alerts.js';
import { plural } from '../../format/name.js';
import { shortClock } from '../../format/time.js';
import { useActor } from '../../shell/use-actor.js';
import { serverNow } from '../../time/server-now.js';
import { useNow } from '../../time/use-now.js';
import { matchersIn } from './matchers.js';
import styles from './alerts.module.css';

const HOUR = 3_600_000;
const LENGTHS = [{ value: String(HOUR / 2), label: '30 min' }, { value: String(HOUR), label: '1 h' }, { value: String(4 * HOUR), label: '4 h' }, { value: String(24 * HOUR), label: '1 d' }, { value: String(168 * HOUR), label: '7 d' }];

interface SilenceFormProps {
  readonly matchers: string;
  readonly onClose: () => void;
}

/** The window in which a silence is written; closed while there are no matchers to begin with. */
export function SilenceWindow({ matchers, onClose }: Omit<SilenceFormProps, 'matchers'> & { readonly matchers: string | null }): ReactElement {
  return (
    <Modal opened={matchers !== null} onClose={onClose} title="Silence alerts" size="lg" closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 100 }}>
      {matchers !== null && <SilenceForm matchers={matchers} onClose={onClose} />}
    </Modal>
  );
}

/** A silence to be, from the matchers given. Says how many alerts it would hold back. */
function SilenceForm({ matchers: given, onClose }: SilenceFormProps): ReactElement {
  const [text, setText] = useState(given);
  const [length, setLength] = useState(String(HOUR));
  const [comment, setComment] = useState('');
  const [name, setName, signedIn] = useActor();
  const [author, setAuthor] = useState(name);
  const action = useAlertAction();
  const matchers = matchersIn(text);
  const found = useMatchingAlerts(matchers === null ? '' : text);
  const now = useNow();
  const ready = matchers !== null && !found.error && comment.trim() !== '' && author.trim() !== '';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!ready) return;
    setName(author.trim());
    const startsAt = serverNow();
    action.mutate({ kind: 'silence', draft: { matchers, startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + Number(length)).toISOString(), createdBy: author.trim(), comment: comment.trim() } }, { onSuccess: onClose });
  }

  return (
    <form onSubmit={submit} className={styles['form']}>
      <Textarea
        size="xs" label="Alerts with all of" description={'Matchers, such as alertname="Down", job=~"api|web". Leave one out to silence more.'} autosize minRows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus
        error={text.trim() !== '' && matchers === null ? 'This is not a list of matchers' : (found.error?.message ?? null)}
      />
      <p className="dim" role="status">{matchers === null ? 'Nothing would be silenced.' : `${plural(found.data?.length ?? 0, 'alert')} that ${found.data?.length === 1 ? 'fires' : 'fire'} now would be silenced.`}</p>
      <div className="row">
        <SegmentedControl size="xs" aria-label="For how long" data={LENGTHS} value={length} onChange={setLength} />
        <span className="faint">until {shortClock(now + Number(length), now)}</span>
      </div>
      <TextInput size="xs" label="Why" value={comment} maxLength={1000} onChange={(event) => setComment(event.currentTarget.value)} />
      {!signedIn && <TextInput size="xs" label="Your name" description="Remembered in this browser" value={author} maxLength={200} onChange={(event) => setAuthor(event.currentTarget.value)} />}
      {action.error && <p role="alert" className={styles['failure']}>Not done: {action.error.message}</p>}
      <Button type="submit" size="xs" loading={action.isPending} disabled={!ready}>Silence</Button>
    </form>
  );
}
