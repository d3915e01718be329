import { Checkbox, TextInput } from '@mantine/core';
import type { ReactElement } from 'react';
import type { Recurring, Weekday } from '#core/feedback.js';
import styles from './mutes.module.css';

const DAYS: readonly (readonly [Weekday, string])[] = [[1, 'Mon'], [2, 'Tue'], [3, 'Wed'], [4, 'Thu'], [5, 'Fri'], [6, 'Sat'], [7, 'Sun']];
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
export const isWhen = ({ from, to, timeZone }: Recurring): boolean => TIME.test(from) && TIME.test(to) && from !== to && timeZone !== '';

/** A part of the day, on some days. */
export function WhenField({ value, onChange }: { readonly value: Recurring; readonly onChange: (value: Recurring) => void }): ReactElement {
  const { from, to, days, timeZone } = value;
  return (
    <div className="stack">
      <div className={styles['row']}>
        <TextInput size="xs" type="time" label="From" value={from} onChange={(event) => onChange({ ...value, from: event.currentTarget.value })} />
        <TextInput size="xs" type="time" label="To" value={to} onChange={(event) => onChange({ ...value, to: event.currentTarget.value })} />
        <TextInput size="xs" label="Time zone" value={timeZone} onChange={(event) => onChange({ ...value, timeZone: event.currentTarget.value })} />
      </div>
      <div className={styles['row']} role="group" aria-label="Days; none is every day">
        {DAYS.map(([day, name]) => <Checkbox key={day} size="xs" label={name} checked={days.includes(day)} onChange={() => onChange({ ...value, days: days.includes(day) ? days.filter((one) => one !== day) : [...days, day] })} />)}
        <span className="faint small">{days.length === 0 ? 'every day' : ''}</span>
      </div>
    </div>
  );
}
