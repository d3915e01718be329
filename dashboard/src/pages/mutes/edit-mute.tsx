import { Button, Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { MuteState } from '#core/feedback.js';
import type { Direction } from '#core/types.js';
import { useEffectOf, useFeedbackChange } from '../../api/feedback.js';
import { serverNow } from '../../time/server-now.js';
import { EffectNote } from '../incidents/effect-note.js';
import { isWhen, localZone, WhenField } from './when-field.js';
import styles from './mutes.module.css';

const DAY_MS = 86_400_000;
const TYPING_MS = 500;
const DIRECTIONS: readonly { readonly value: Direction | 'any'; readonly label: string }[] = [{ value: 'any', label: 'any direction' }, { value: 'up', label: 'up' }, { value: 'down', label: 'down' }, { value: 'absent', label: 'absent' }];

/** Narrower, wider, longer: with what it would have changed. */
export function EditMute({ mute, onDone }: { readonly mute: MuteState; readonly onDone: () => void }): ReactElement {
  const [match, setMatch] = useState(mute.match);
  /** As typed: `3.` is on its way to `3.5`. */
  const [below, setBelow] = useState<number | string>(mute.match.below ?? '');
  const [reason, setReason] = useState(mute.reason);
  const [days, setDays] = useState<number | null>(null);
  const change = useFeedbackChange();
  const valid = reason.trim() !== '' && (match.when === null || isWhen(match.when));
  const [replayed] = useDebouncedValue(match, TYPING_MS);
  // While it changes nothing is known of it, nor asked: a replay reads all anomalies of days.
  const answer = useEffectOf(valid && replayed === match ? [{ match, reason: 'preview', incident: '' }] : []);
  const real = (answer.data?.effect.removedReal.length ?? 0) > 0;
  function submit(event: FormEvent): void {
    event.preventDefault();
    const until = days === null ? {} : { expiresAt: serverNow() + days * DAY_MS };
    change.mutate({ kind: 'change', id: mute.id, change: { match, reason: reason.trim(), ...until }, force: real }, { onSuccess: onDone });
  }
  return (
    <form className={styles['form']} onSubmit={submit}>
      <p><strong>{match.service || 'any service'}</strong>{match.operation !== '' && ` · ${match.operation}`} {match.metric}</p>
      <TextInput size="xs" label="Why" value={reason} maxLength={1000} onChange={(event) => setReason(event.currentTarget.value)} />
      <div className={styles['row']}>
        <Select size="xs" label="Direction" data={[...DIRECTIONS]} allowDeselect={false} value={match.direction ?? 'any'} onChange={(value) => setMatch({ ...match, direction: value === 'up' || value === 'down' || value === 'absent' ? value : null })} />
        <NumberInput size="xs" label="Only scores below" placeholder="any" min={0.1} step={0.5} value={below} onChange={(value) => (setBelow(value), setMatch({ ...match, below: Number(value) > 0 ? Number(value) : null }))} />
        <NumberInput size="xs" label="Ends in days" placeholder="unchanged" min={1} max={3650} value={days ?? ''} onChange={(value) => setDays(typeof value === 'number' && value > 0 ? value : null)} />
      </div>
      <Checkbox size="xs" label="Only at a time of day" checked={match.when !== null} onChange={() => setMatch({ ...match, when: match.when === null ? { from: '02:00', to: '02:30', days: [], timeZone: localZone() } : null })} />
      {match.when && <WhenField value={match.when} onChange={(when) => setMatch({ ...match, when })} />}
      {valid && <EffectNote answer={answer} />}
      <div className={styles['row']}>
        <Button type="submit" size="xs" {...(real ? { variant: 'default', className: styles['danger'] ?? '' } : {})} disabled={!valid} loading={change.isPending}>{real ? 'Save although it would have hidden a real incident' : 'Save'}</Button>
      </div>
      {change.error && <p role="alert" className={styles['failure']}>Not saved: {change.error.message}</p>}
    </form>
  );
}
