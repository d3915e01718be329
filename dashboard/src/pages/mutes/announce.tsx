import { Button, SegmentedControl, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { ExpectedWindow, Recurring } from '#core/feedback.js';
import { useFeedbackChange } from '../../api/feedback.js';
import { useServices } from '../../api/hooks.js';
import { fromLocal, toLocal } from '../../shell/local-time.js';
import { useActor } from '../../shell/use-actor.js';
import { serverNow } from '../../time/server-now.js';
import { isWhen, localZone, WhenField } from './when-field.js';
import styles from './mutes.module.css';

const HOUR_MS = 3_600_000;

/** A new event, or an old one changed. */
export function Announce({ event, onDone }: { readonly event: ExpectedWindow | null; readonly onDone: () => void }): ReactElement {
  const [opened] = useState(() => serverNow());
  const once = event && 'once' in event.schedule ? event.schedule.once : { from: opened, to: opened + HOUR_MS };
  const [name, setName] = useState(event?.name ?? '');
  const [services, setServices] = useState<string[]>([...(event?.services ?? [])]);
  const [repeats, setRepeats] = useState(event !== null && 'recurring' in event.schedule);
  const [from, setFrom] = useState(toLocal(once.from));
  const [to, setTo] = useState(toLocal(once.to));
  const [when, setWhen] = useState<Recurring>(event && 'recurring' in event.schedule ? event.schedule.recurring : { from: '02:00', to: '03:00', days: [], timeZone: localZone() });
  const [by, setBy, signedIn] = useActor();
  const change = useFeedbackChange();
  const [typed, setTyped] = useState('');
  const [named] = useDebouncedValue(typed, 150);
  const known = useServices({ q: named, limit: 50 }).data?.services.map(({ service }) => service) ?? [];
  const [begins, ends] = [fromLocal(from), fromLocal(to)];
  const valid = name.trim() !== '' && by.trim() !== '' && (repeats ? isWhen(when) : begins < ends);
  function submit(submitted: FormEvent): void {
    submitted.preventDefault();
    const schedule = repeats ? { recurring: when } : { once: { from: begins, to: ends } };
    change.mutate({ kind: 'announce', id: event?.id ?? null, window: { name: name.trim(), services, schedule }, by: by.trim() }, { onSuccess: onDone });
  }
  return (
    <form className={styles['form']} onSubmit={submit}>
      <TextInput size="xs" label="What" placeholder="Database upgrade" value={name} maxLength={200} data-autofocus onChange={(changed) => setName(changed.currentTarget.value)} />
      <TagsInput size="xs" label="Services" description="None: all services" data={known} value={services} onChange={setServices} searchValue={typed} onSearchChange={setTyped} />
      <SegmentedControl size="xs" aria-label="How often" data={[{ value: 'once', label: 'Once' }, { value: 'repeats', label: 'Daily or weekly' }]} value={repeats ? 'repeats' : 'once'} onChange={(value) => setRepeats(value === 'repeats')} />
      {repeats ? (
        <WhenField value={when} onChange={setWhen} />
      ) : (
        <div className={styles['row']}>
          <TextInput size="xs" type="datetime-local" label="From" value={from} onChange={(changed) => setFrom(changed.currentTarget.value)} />
          <TextInput size="xs" type="datetime-local" label="To" value={to} onChange={(changed) => setTo(changed.currentTarget.value)} />
        </div>
      )}
      {!signedIn && <TextInput size="xs" label="Your name" description="Remembered in this browser" value={by} maxLength={200} onChange={(changed) => setBy(changed.currentTarget.value)} />}
      <div className={styles['row']}>
        <Button type="submit" size="xs" disabled={!valid} loading={change.isPending}>{event === null ? 'Announce' : 'Save'}</Button>
      </div>
      {change.error && <p role="alert" className={styles['failure']}>Not saved: {change.error.message}</p>}
    </form>
  );
}
