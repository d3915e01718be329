import { Autocomplete, Button, Select } from '@mantine/core';
import { useState, type FormEvent, type ReactElement } from 'react';
import type { NamedCause } from '#core/feedback.js';
import type { CauseDetail } from '#core/types.js';
import styles from './verdict-bar.module.css';

interface CauseFormProps {
  readonly candidates: readonly NamedCause[];
  /** What people named in similar incidents; '' for nothing. */
  readonly suggested: string;
  readonly onDone: (cause: string, detail: CauseDetail | null) => void;
  readonly onSkip: () => void;
}

const KINDS: Readonly<Record<CauseDetail['kind'], string>> = { change: 'Changes', operation: 'Operations', instance: 'Instances', metric: 'Metrics' };
const MOST_LISTED = 50;

/** What was to blame: a service, and what of it. */
export function CauseForm({ candidates, suggested, onDone, onSkip }: CauseFormProps): ReactElement {
  const [service, setService] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const services = [...new Set([...(suggested === '' ? [] : [suggested]), ...candidates.map((one) => one.service)])];
  const details = candidates.flatMap((one) => (one.service === service.trim() && one.detail ? [one.detail] : []));
  const groups = Object.entries(KINDS).map(([kind, group]) => ({ group, items: details.flatMap((one, index) => (one.kind === kind ? [{ value: String(index), label: one.name }] : [])) }));
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (service.trim() !== '') onDone(service.trim(), (chosen === null ? undefined : details[Number(chosen)]) ?? null);
  }
  return (
    <form className={styles['form']} onSubmit={submit}>
      <Autocomplete size="xs" label="What was to blame?" description="A service, also one that shows nothing here" data={services} limit={MOST_LISTED} value={service} maxLength={500} autoFocus onChange={(next) => (setService(next), setChosen(null))} />
      {details.length > 0 && <Select size="xs" label="What of it" description="If known" placeholder="the service as such" clearable searchable data={groups.filter(({ items }) => items.length > 0)} value={chosen} onChange={setChosen} />}
      <Button type="submit" size="xs" disabled={service.trim() === ''}>Tell</Button>
      <Button size="xs" variant="subtle" onClick={onSkip}>Not known</Button>
    </form>
  );
}
