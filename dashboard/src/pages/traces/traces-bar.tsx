import { Button, Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { ApiServiceDetail } from '#core/api/services.js';
import { useAskInRange } from '../../api/hooks.js';
import { inPath } from '../../api/service-path.js';
import { duration } from '../../format/duration.js';
import { middle } from '../../format/name.js';
import { parseDuration } from '../../format/parse-duration.js';
import { FilterChip } from '../../parts/filter-chip.js';
import { SearchField } from '../../parts/search-field.js';
import { ServiceSelect } from '../../parts/service-select.js';
import type { TracesSearch } from './search.js';
import styles from './traces.module.css';

const route = getRouteApi('/traces');
const ANY: TracesSearch = { q: undefined, service: undefined, operation: undefined, status: undefined, attribute: undefined, minMs: undefined, maxMs: undefined };

/** Of a key and its value; all of it is in the title. */
const ATTRIBUTE_SHOWN = 48;

/** What traces to show. Every field lives in the URL. */
export function TracesBar(): ReactElement {
  const { q = '', service, operation, status, attribute, minMs, maxMs, own, pick } = route.useSearch();
  const navigate = useNavigate({ from: '/traces' });
  const detail = useAskInRange<ApiServiceDetail>(`/api/services/${encodeURIComponent(inPath(service ?? ''))}`, {}, { enabled: service !== undefined, everyMs: 60_000 }).data;
  const operations = detail && detail.service === service ? detail.operations.map((one) => one.operation) : [];
  const set = (next: TracesSearch): void => void navigate({ search: (old) => ({ ...old, ...next }) });
  const filtered = [q || undefined, service, operation, status, attribute, minMs, maxMs].some((value) => value !== undefined);
  return (
    <div className={`row wraps ${styles['bar']}`} role="search" aria-label="Traces">
      <ServiceSelect width={150} value={service} onChange={(next) => set({ service: next, operation: undefined })} />
      <Select
        size="xs" w={200} searchable clearable aria-label="Operation" placeholder={service === undefined ? 'Any operation' : `Any operation of ${service}`} disabled={service === undefined && operation === undefined} data={withOwn(operations, operation)} value={operation ?? null}
        onChange={(next) => set({ operation: next ?? undefined })}
      />
      <SegmentedControl size="xs" aria-label="Status" data={[{ value: 'any', label: 'Any' }, { value: 'error', label: 'Errors' }, { value: 'ok', label: 'No error' }]} value={status ?? 'any'} onChange={(next) => set({ status: next === 'ok' || next === 'error' ? next : undefined })} />
      <DurationField label="Longer than" ms={minMs} onChange={(next) => set({ minMs: next })} />
      <DurationField label="Shorter than" ms={maxMs} onChange={(next) => set({ maxMs: next })} />
      <SearchField label="Span name or attribute value" width={170} value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
      {attribute !== undefined && (
        <FilterChip remove="Traces with any attribute" onRemove={() => set({ attribute: undefined })}>
          <span className="mono" title={attribute}>{middle(attribute, ATTRIBUTE_SHOWN)}</span>
        </FilterChip>
      )}
      <SegmentedControl size="xs" aria-label="Which, where many match" data={[{ value: 'sample', label: 'Sample' }, { value: 'newest', label: 'Newest' }]} value={pick ?? 'sample'} onChange={(next) => set({ pick: next === 'newest' ? next : undefined })} />
      <Checkbox size="xs" label="Faultline’s own" title="Traces of Faultline itself, service faultline" checked={own === 'show'} onChange={(event) => set({ own: event.currentTarget.checked ? 'show' : undefined })} />
      {filtered && <Button size="compact-xs" variant="subtle" onClick={() => set(ANY)}>Clear</Button>}
    </div>
  );
}

/** Choices, with the chosen one even when it is none of them. */
function withOwn(names: readonly string[], own: string | undefined): string[] {
  return [...new Set([...names, ...(own === undefined ? [] : [own])])];
}

interface DurationFieldProps {
  readonly label: string;
  readonly ms: number | undefined;
  readonly onChange: (ms: number | undefined) => void;
}

/** Takes 340ms, 1.5s, 2m; says when it cannot read what was typed. */
function DurationField({ label, ms, onChange }: DurationFieldProps): ReactElement {
  const shown = ms === undefined ? '' : duration(ms).replaceAll('\u00a0', ' ');
  const [text, setText] = useState(shown);
  const [known, setKnown] = useState(ms);
  if (known !== ms) {
    setKnown(ms);
    setText(shown);
  }
  const wrong = text.trim() !== '' && text !== shown && parseDuration(text) === undefined;
  function commit(): void {
    if (text === shown || wrong) return;
    onChange(text.trim() === '' ? undefined : parseDuration(text));
  }
  return (
    <TextInput
      size="xs" w={106} aria-label={label} placeholder={label} title={`${label}: 340 ms, 1.5 s, 2 m`} value={text} error={wrong}
      onChange={(event) => setText(event.currentTarget.value)} onBlur={commit} onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
